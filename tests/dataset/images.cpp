#include "data/images.h"

#include <filesystem>
#include <cmath>

#include "../fixture.h"
#include "idx_files.h"

using namespace descent;
using namespace descent::data;
using namespace descent::testing;

namespace {

constexpr const char* kInstalled = "/usr/share/datasets/fashion-mnist";

/// n images of 28 x 28 whose pixels are all the image's number.
std::string images(int n, int side = 28) {
  std::string pixels;
  for (int i = 0; i < n; ++i) pixels += std::string(static_cast<std::size_t>(28 * side), static_cast<char>(i));
  return idx(0x08, {static_cast<std::uint32_t>(n), 28, static_cast<std::uint32_t>(side)}, pixels);
}

std::string labels(const std::string& values) { return idx(0x08, {static_cast<std::uint32_t>(values.size())}, values); }

}  // namespace

BOOST_AUTO_TEST_SUITE(data)
BOOST_AUTO_TEST_SUITE(images_)

BOOST_AUTO_TEST_CASE(reads_a_folder_plain_or_gzipped) {
  const TempDir dir;
  write_file(dir / "train-images-idx3-ubyte", images(3));
  write_file(dir / "train-labels-idx1-ubyte.gz", gzip(labels(std::string("\0\x09\x02", 3))));
  write_file(dir / "t10k-images-idx3-ubyte.gz", gzip(images(1)));
  write_file(dir / "t10k-labels-idx1-ubyte", labels("\x07"));
  const MNIST train(dir.path().string(), {.train = true});
  BOOST_TEST(train.size() == 3);
  BOOST_TEST((train.data.shape() == Shape{3, 28, 28}));
  BOOST_TEST(train.data.dtype() == uint8);
  BOOST_TEST(train.targets.dtype() == int64);
  BOOST_TEST((train.targets.to_vector<int>() == std::vector<int>{0, 9, 2}));
  BOOST_TEST(train.classes[9] == "9");
  const FashionMNIST test(dir.path().string(), {.train = false});
  BOOST_TEST(test.size() == 1);
  BOOST_TEST(test.classes[9] == "Ankle boot");
  const auto [x, y] = test[0];
  BOOST_TEST((x.shape() == Shape{1, 28, 28}));
  BOOST_TEST(y.dim() == 0);
  BOOST_TEST(y.item<int>() == 7);
}

BOOST_AUTO_TEST_CASE(items_are_scaled_and_normalised) {
  std::vector<std::uint8_t> pixels(256 * 2);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i % 256);
  const Tensor bytes = from_vector(pixels, {2, 16, 16});
  const Tensor targets = tensor({1, 0});
  const ImageDataset plain(bytes, targets, {"a", "b"});
  const auto [x, y] = plain.get_batch({1, 0, 1});
  BOOST_TEST((x.shape() == Shape{3, 1, 16, 16}));
  BOOST_TEST(x.dtype() == float32);
  BOOST_TEST((y.to_vector<int>() == std::vector<int>{0, 1, 0}));
  const auto values = x.to_vector<float>();
  for (int i = 0; i < 3 * 256; ++i) {
    BOOST_TEST_REQUIRE(values[static_cast<std::size_t>(i)] == static_cast<float>(i % 256) / 255.0F);
  }
  const ImageDataset scaled(bytes, targets, {"a", "b"}, 0.5, 0.25);
  const auto scaled_values = scaled.get_batch({0})[0].to_vector<float>();
  BOOST_TEST(scaled_values.front() == -2.0F);
  BOOST_TEST(scaled_values.back() == 2.0F);
}

BOOST_AUTO_TEST_CASE(takes_any_layout) {
  std::vector<std::uint8_t> pixels(24);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i);
  const Tensor bytes = from_vector(pixels, {2, 3, 4});
  const ImageDataset set(bytes.transpose(1, 2), tensor({0, 0, 0, 0}).slice(0, 0, 4, 2), {"a"});
  const auto values = set.get_batch({1})[0].to_vector<float>();
  BOOST_TEST(values[0] == 12.0F / 255.0F);
  BOOST_TEST(values[1] == 16.0F / 255.0F);
  BOOST_TEST(values[3] == 13.0F / 255.0F);
}

BOOST_AUTO_TEST_CASE(folders_that_are_missing_or_wrong) {
  const TempDir dir;
  const auto train = [&] { FashionMNIST(dir.path().string()); };
  require_throws<IoError>([&] { FashionMNIST(dir / "nowhere"); }, "dataset-fashion-mnist");
  require_throws<IoError>([&] { MNIST(dir / "nowhere"); }, "no folder");
  require_throws<IoError>(train, "no train-images-idx3-ubyte or train-images-idx3-ubyte.gz");
  write_file(dir / "train-images-idx3-ubyte", images(2));
  require_throws<IoError>(train, "no train-labels-idx1-ubyte");
  const std::string label_file = dir / "train-labels-idx1-ubyte";
  write_file(label_file, labels("\x01\x02\x03"));
  require_throws<IoError>(train, "holds 2 images");
  write_file(label_file, labels("\x01\x0A"));
  require_throws<IoError>(train, "label 10 of item 1 is not in [0, 10)");
  write_file(label_file, images(2));
  require_throws<IoError>(train, "labels must be bytes [n]");
  write_file(label_file, idx(0x09, {2}, "\x01\x02"));
  require_throws<IoError>(train, "labels must be bytes [n]");
  write_file(label_file, labels("\x01\x02"));
  write_file(dir / "train-images-idx3-ubyte", images(2, 27));
  require_throws<IoError>(train, "images must be bytes [n, 28, 28]");
  write_file(dir / "train-images-idx3-ubyte", images(2).substr(0, 999));
  require_throws<IoError>(train, "cut off");
}

BOOST_AUTO_TEST_CASE(arguments_that_do_not_fit) {
  const Tensor bytes = zeros({2, 4, 4}, {.dtype = uint8});
  const auto make = [](const Tensor& x, const Tensor& y, double mean = 0, double std = 1) {
    ImageDataset(x, y, {"a", "b"}, mean, std);
  };
  require_throws<ShapeError>([&] { make(bytes, tensor({0})); }, "got [2, 4, 4] and [1]");
  require_throws<ShapeError>([&] { make(bytes.flatten(1), tensor({0, 1})); }, "got [2, 16]");
  require_throws<DTypeError>([&] { make(bytes.to(float32), tensor({0, 1})); }, "must be uint8");
  require_throws<DTypeError>([&] { make(bytes, tensor({0.0, 1.0})); }, "must be int64");
  require_throws<IndexError>([&] { make(bytes, tensor({0, 2})); }, "target 2 of item 1");
  require_throws<IndexError>([&] { make(bytes, tensor({-1, 0})); }, "target -1");
  require_throws<std::invalid_argument>([&] { make(bytes, tensor({0, 1}), 0, 0); }, "std");
  require_throws<std::invalid_argument>([&] { make(bytes, tensor({0, 1}), std::nan(""), 1); }, "mean");
  const ImageDataset set(bytes, tensor({0, 1}), {"a", "b"});
  require_throws<IndexError>([&] { set.get_batch({0, 2}); }, "index 2 is not in [0, 2)");
  require_throws<IndexError>([&] { set.get_batch({-1}); }, "index -1");
  BOOST_TEST((set.get_batch({})[0].shape() == Shape{0, 1, 4, 4}));
  ImageDataset changed = set;
  changed.data = bytes.slice(0, 0, 1);
  require_throws<ShapeError>([&] { changed.get_batch({1}); }, "do not fit: [1, 4, 4] and [2]");
}

BOOST_AUTO_TEST_CASE(synthetic_images_are_fixed_and_distinct) {
  const SyntheticImages a({.size = 200, .seed = 7}), b({.size = 200, .seed = 7}), c({.size = 200, .seed = 8});
  const SyntheticImages test({.train = false, .size = 200, .seed = 7});
  BOOST_TEST(same_bits(a.data, b.data));
  BOOST_TEST(same_bits(a.targets, b.targets));
  BOOST_TEST(!same_bits(a.data, c.data));
  BOOST_TEST(!same_bits(a.data, test.data));
  BOOST_TEST(a.classes.size() == 10u);
  std::vector<int> counts(10);
  for (const auto label : a.targets.to_vector<int>()) ++counts[static_cast<std::size_t>(label)];
  BOOST_TEST((counts == std::vector<int>(10, 20)));
  BOOST_TEST(SyntheticImages({.size = 0}).size() == 0);
  require_throws<std::invalid_argument>([] { SyntheticImages({.size = -1}); }, "size");
  require_throws<std::invalid_argument>([] { SyntheticImages({.std = -1}); }, "std");
}

BOOST_AUTO_TEST_CASE(synthetic_images_can_be_told_apart) {
  // The nearest of 1000 training images names the class of a test image far more often than one time in ten.
  const SyntheticImages train({.size = 1000}), test({.train = false, .size = 100});
  const Tensor a = train.data.to(float32).flatten(1), b = test.data.to(float32).flatten(1);
  // |a − b|² up to a term of b alone
  const Tensor distance = a.square().sum({1}).unsqueeze(0) - 2.0 * b.matmul(a.t());
  const Tensor found = train.targets.index_select(0, distance.argmin(1));
  BOOST_TEST((found == test.targets).sum().item<int>() >= 60);
}

BOOST_AUTO_TEST_CASE(the_installed_data_set,
                     *boost::unit_test::precondition([](auto) { return std::filesystem::exists(kInstalled); })) {
  const FashionMNIST train(kInstalled), test(kInstalled, {.train = false});
  BOOST_TEST(train.size() == 60000);
  BOOST_TEST(test.size() == 10000);
  std::vector<int> counts(10);
  for (const auto label : test.targets.to_vector<int>()) ++counts[static_cast<std::size_t>(label)];
  BOOST_TEST((counts == std::vector<int>(10, 1000)));
  BOOST_TEST((train.targets.slice(0, 0, 5).to_vector<int>() == std::vector<int>{9, 0, 0, 3, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
