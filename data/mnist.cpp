#include <filesystem>

#include "../autograd/fail-inl.h"
#include "idx.h"
#include "images.h"

namespace descent::data {
namespace {

namespace fs = std::filesystem;

/// The file of that name in the folder, plain or gzipped.
std::string find_file(const char* op, const std::string& folder, const std::string& name, const char* hint) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) fail<IoError>(op, "no folder '{}'; {}", folder, hint);
  for (const char* suffix : {"", ".gz"}) {
    const fs::path path = fs::path(folder) / (name + suffix);
    if (fs::exists(path, ignored)) return path.string();
  }
  fail<IoError>(op, "no {} or {}.gz in '{}'; {}", name, name, folder, hint);
}

ImageDataset load(const char* op, const std::string& folder, const MNISTOptions& options,
                  std::vector<std::string> classes, const char* hint) {
  const std::string part = options.train ? "train" : "t10k";
  const std::string images_path = find_file(op, folder, part + "-images-idx3-ubyte", hint);
  const std::string labels_path = find_file(op, folder, part + "-labels-idx1-ubyte", hint);
  const Tensor labels = read_idx(labels_path);
  if (labels.dtype() != uint8 || labels.dim() != 1) {
    fail<IoError>(op, "'{}': labels must be bytes [n], got {} {}", labels_path, labels.dtype(), labels.shape());
  }
  const auto* label = labels.data<std::uint8_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (label[i] >= classes.size()) {
      fail<IoError>(op, "'{}': label {} of item {} is not in [0, {})", labels_path, label[i], i, classes.size());
    }
  }
  const Tensor images = read_idx(images_path);
  if (images.dtype() != uint8 || images.dim() != 3 || images.size(1) != 28 || images.size(2) != 28) {
    fail<IoError>(op, "'{}': images must be bytes [n, 28, 28], got {} {}", images_path, images.dtype(), images.shape());
  }
  if (images.size(0) != labels.size(0)) {
    fail<IoError>(op, "'{}' holds {} images, but '{}' holds {} labels", images_path, images.size(0), labels_path,
                  labels.size(0));
  }
  return {images, labels.to(int64), std::move(classes), options.mean, options.std};
}

}  // namespace

MNIST::MNIST(const std::string& folder, const MNISTOptions& options)
    : ImageDataset(load("MNIST", folder, options, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                        "give the folder that holds the four IDX files of MNIST")) {}

FashionMNIST::FashionMNIST(const std::string& folder, const MNISTOptions& options)
    : ImageDataset(load(
          "FashionMNIST", folder, options,
          {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
          "the Debian package dataset-fashion-mnist installs the data set into "
          "/usr/share/datasets/fashion-mnist")) {}

}  // namespace descent::data
