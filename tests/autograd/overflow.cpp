// Absurd sizes: whatever overflows, is negative or cannot be is refused by name before memory is asked for, and what
// makes sense in spite of an absurd number is computed.
#include <limits>
#include <cmath>

#include "../fixture.h"

namespace descent::testing {
namespace {

constexpr std::int64_t kBig = std::int64_t{1} << 40, kMost = std::numeric_limits<std::int64_t>::max(),
                       kLeast = std::numeric_limits<std::int64_t>::min(), kRoot = std::int64_t{1} << 32;

Tensor vec() { return arange(1, 5).to(float32); }
Tensor matrix() { return ones({2, 3}); }
Tensor image(int dims = 2) {
  return dims == 1 ? ones({1, 4, 6}) : dims == 2 ? ones({1, 4, 6, 5}) : ones({1, 4, 3, 4, 5});
}
Tensor lazy(const Shape& shape) { return ones({1}).expand(shape); }

/// Calls that must throw, each naming its function (or the op in it that finds the fault).
class Calls {
 public:
  void add(const char* name, std::function<void()> call) { calls_.emplace_back(name, std::move(call)); }
  void check() const {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const auto& [name, call] = calls_[i];
      BOOST_TEST_CONTEXT(name << ", call " << i) {
        std::string what;
        try {
          call();
        } catch (const Error& error) {
          what = error.what();
        } catch (const std::invalid_argument& error) {
          what = error.what();
        } catch (const std::exception& error) {
          BOOST_ERROR("neither Error nor std::invalid_argument: " << error.what());
          continue;
        }
        if (what.empty())
          BOOST_ERROR("nothing was thrown");
        else if (!what.starts_with(std::string(name) + ": ") && !what.starts_with("Shape: "))
          BOOST_ERROR("the message names neither the function nor the shape: " << what);
      }
    }
  }

 private:
  std::vector<std::pair<const char*, std::function<void()>>> calls_;
};

/// Either computed or refused by name.
void check_stride(const char* name, const std::function<Tensor()>& call, const Shape& shape) {
  std::string what;
  try {
    BOOST_TEST((call().shape() == shape), name);
    return;
  } catch (const Error& error) {
    what = error.what();
  } catch (const std::invalid_argument& error) {
    what = error.what();
  }
  BOOST_TEST(what.starts_with(std::string(name) + ": "), what);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(overflow)

BOOST_AUTO_TEST_CASE(creation) {
  Calls calls;
  for (const Shape& shape : {Shape{kBig, kBig}, Shape{kRoot, kRoot}, Shape{kMost}, Shape{kMost, 1}, Shape{kMost, 2},
                             Shape{-2}, Shape{2, -3}, Shape{kLeast}, Shape{0, -2}, Shape{kLeast, kLeast},
                             Shape{kBig, 0, kBig}, Shape{0, kMost, kMost}, Shape{kRoot, kRoot, 0}}) {
    calls.add("empty", [=] { empty(shape); });
    calls.add("zeros", [=] { zeros(shape, {.dtype = boolean}); });
    calls.add("ones", [=] { ones(shape); });
    calls.add("full", [=] { full(shape, 3); });
    calls.add("rand", [=] { rand(shape); });
    calls.add("randn", [=] { randn(shape); });
    calls.add("randint", [=] { randint(5, shape); });
    calls.add("from_vector", [=] { from_vector(std::vector<float>{1, 2}, shape); });
    calls.add("expand", [=] { expand(ones({1, 1}), shape); });
    calls.add("reshape", [=] { reshape(ones({4}), shape); });
    calls.add("reshape", [=] { reshape(ones({0}), shape); });
    calls.add("view", [=] { view(ones({4}), shape); });
  }
  calls.check();
  Calls more;
  more.add("arange", [] { arange(1e18); });
  more.add("arange", [] { arange(kMost); });
  more.add("arange", [] { arange(kLeast, kMost); });
  more.add("arange", [] { arange(0, 1e300, 1e-300); });
  more.add("arange", [] { arange(0.0, 1.0, 1e-17); });
  more.add("arange", [] { arange(0, std::numeric_limits<double>::infinity()); });
  more.add("arange", [] { arange(std::nan(""), 3); });
  more.add("arange", [] { arange(0, 3, 0); });
  more.add("arange", [] { arange(kLeast); });
  more.add("linspace", [] { linspace(0, 1, -1); });
  more.add("linspace", [] { linspace(0, 1, kMost); });
  more.add("linspace", [] { linspace(0, 1, kLeast); });
  more.add("eye", [] { eye(-1); });
  more.add("eye", [] { eye(kBig); });
  more.add("eye", [] { eye(kRoot); });
  more.add("eye", [] { eye(2, -1); });
  more.add("eye", [] { eye(kLeast, 2); });
  more.add("randperm", [] { randperm(-1); });
  more.add("randperm", [] { randperm(kMost); });
  more.add("randint", [] { randint(3, 3, {2}); });
  more.add("randint", [] { randint(kMost, kLeast, {2}); });
  more.add("multinomial", [] { multinomial(vec(), -1); });
  more.add("multinomial", [] { multinomial(vec(), kMost); });
  more.add("multinomial", [] { multinomial(vec(), kMost, true); });
  more.add("bincount", [] { bincount(tensor({1, 2}), {.minlength = -1}); });
  more.add("bincount", [] { bincount(tensor({1, 2}), {.minlength = kMost}); });
  more.add("bincount", [] { bincount(full({1}, kMost)); });
  more.add("bincount", [] { bincount(tensor({-1})); });
  more.add("histc", [] { histc(vec(), {.bins = 0}); });
  more.add("histc", [] { histc(vec(), {.bins = -5}); });
  more.add("histc", [] { histc(vec(), {.bins = kMost}); });
  more.add("one_hot", [] { one_hot(tensor({0, 1}), kMost); });
  more.add("one_hot", [] { one_hot(tensor({0, 1}), -2); });
  more.add("one_hot", [] { one_hot(full({1}, kMost)); });
  more.check();
}

BOOST_AUTO_TEST_CASE(rearranging) {
  Calls more;
  more.add("reshape", [] { matrix().reshape({-1, -1}); });
  more.add("reshape", [] { matrix().reshape({0, -1}); });
  more.add("reshape", [] { matrix().reshape({kMost, -1}); });
  more.add("reshape", [] { zeros({0}).reshape({kBig, kBig, 0}); });
  more.add("reshape", [] { zeros({0}).reshape({0, kBig, kBig}); });
  more.add("unflatten", [] { unflatten(vec(), 0, {kBig, kBig}); });
  more.add("unflatten", [] { unflatten(vec(), 0, {-1, -1}); });
  more.add("expand", [] { vec().expand({kBig, kBig, 4}); });
  more.add("expand", [] { vec().expand({-2}); });
  more.add("repeat", [] { repeat(matrix(), {kBig, kBig}); });
  more.add("repeat", [] { repeat(vec(), {kMost}); });
  more.add("repeat", [] { repeat(vec(), {kRoot, kRoot, 1}); });
  more.add("repeat", [] { repeat(vec(), {-1}); });
  more.add("repeat", [] { repeat(vec(), {kLeast}); });
  more.add("repeat", [] { repeat(zeros({0}), {kBig, kBig, 1}); });
  more.add("tile", [] { tile(matrix(), {kMost}); });
  more.add("tile", [] { tile(matrix(), {-1}); });
  more.add("repeat_interleave", [] { repeat_interleave(vec(), kMost); });
  more.add("repeat_interleave", [] { repeat_interleave(matrix(), kMost, 0); });
  more.add("repeat_interleave", [] { repeat_interleave(vec(), -1); });
  more.add("repeat_interleave", [] { repeat_interleave(vec(), full({4}, kMost)); });
  more.add("repeat_interleave", [] { repeat_interleave(vec(), full({4}, std::int64_t{1} << 62)); });
  more.add("repeat_interleave", [] { repeat_interleave(vec(), full({4}, -1)); });
  more.add("split", [] { split(vec(), 0); });
  more.add("split", [] { split(vec(), -1); });
  more.add("split", [] { split(vec(), std::vector<std::int64_t>{kMost, kMost, 6}); });
  more.add("split", [] { split(vec(), std::vector<std::int64_t>{kMost, 5, kLeast}); });
  more.add("chunk", [] { chunk(vec(), 0); });
  more.add("chunk", [] { chunk(vec(), kLeast); });
  more.add("narrow", [] { narrow(vec(), 0, kMost, kMost); });
  more.add("narrow", [] { narrow(vec(), 0, kLeast, 1); });
  more.add("narrow", [] { narrow(vec(), 0, 1, kMost); });
  more.add("narrow", [] { narrow(vec(), 0, 1, -1); });
  more.add("select", [] { select(vec(), 0, kMost); });
  more.add("select", [] { select(vec(), 0, kLeast); });
  more.add("slice", [] { slice(vec(), 0, 0, 2, kLeast); });
  more.add("select", [] { vec()[4]; });
  more.add("pad", [] { pad(vec(), {kMost, kMost}); });
  more.add("pad", [] { pad(vec(), {kMost, 0}); });
  more.add("pad", [] { pad(vec(), {kLeast, 0}); });
  more.add("pad", [] { pad(vec(), {kLeast, kMost}); });
  more.add("pad", [] { pad(vec(), {-3, -3}); });
  more.add("pad", [] { pad(matrix(), {kBig, kBig, kBig, kBig}); });
  more.add("pad", [] { pad(matrix(), {kMost, kMost}, {.mode = "circular"}); });
  more.add("pad", [] { pad(matrix(), {kMost, kMost}, {.mode = "reflect"}); });
  more.add("pad", [] { pad(matrix(), {kMost, kMost}, {.mode = "replicate"}); });
  more.add("unfold", [] { unfold(vec(), 0, kMost, 1); });
  more.add("unfold", [] { unfold(vec(), 0, -1, 1); });
  more.add("unfold", [] { unfold(vec(), 0, 2, 0); });
  more.add("unfold", [] { unfold(vec(), 0, 2, kLeast); });
  more.add("diag_embed", [] { diag_embed(vec(), {.offset = kMost}); });
  more.add("diag_embed", [] { diag_embed(vec(), {.offset = kLeast}); });
  more.add("diag_embed", [] { diag(vec(), kMost); });
  more.add("diag_embed", [] { diag(vec(), kLeast); });
  more.add("pixel_shuffle", [] { pixel_shuffle(image(), kMost); });
  more.add("pixel_shuffle", [] { pixel_shuffle(image(), kRoot); });
  more.add("pixel_shuffle", [] { pixel_shuffle(image(), 0); });
  more.add("pixel_unshuffle", [] { pixel_unshuffle(image(), kRoot); });
  more.add("pixel_unshuffle", [] { pixel_unshuffle(image(), kLeast); });
  more.add("channel_shuffle", [] { channel_shuffle(image(), kMost); });
  more.add("channel_shuffle", [] { channel_shuffle(image(), 0); });
  more.add("cat", [] { cat({lazy({kBig, 1 << 18}), lazy({kBig, 1 << 18}), lazy({kBig, 1 << 18})}, 1); });
  more.add("stack", [] { stack({lazy({kBig, 1 << 18}), lazy({kBig, 1 << 18}), lazy({kBig, 1 << 18})}); });
  more.add("topk", [] { topk(vec(), kMost); });
  more.add("topk", [] { topk(vec(), -1); });
  more.add("kthvalue", [] { kthvalue(vec(), kMost); });
  more.add("kthvalue", [] { kthvalue(vec(), kLeast); });
  more.check();
}

// Operands that take no memory, results that would take too much.
BOOST_AUTO_TEST_CASE(products_of_small_operands) {
  const Tensor column = lazy({kBig, 1}), row = lazy({1, kBig}), line = lazy({kBig});
  const Tensor tall = zeros({kBig, 0}), wide = zeros({0, kBig});
  Calls calls;
  calls.add("add", [=] { column + row; });
  calls.add("mul", [=] { column* line; });
  calls.add("sub", [=] { zeros({0, 1, 1}) - lazy({1, kBig, 1}) - row; });
  calls.add("maximum", [=] { maximum(column, row); });
  calls.add("pow", [=] { pow(column, row); });
  calls.add("atan2", [=] { atan2(column, row); });
  calls.add("eq", [=] { static_cast<void>(column == row); });
  calls.add("copy_", [=] { zeros({0, 1}).copy_(lazy({kBig, 1, 1})); });
  calls.add("mul", [=] { outer(line, line); });
  calls.add("matmul", [=] { matmul(tall, wide); });
  calls.add("mm", [=] { mm(tall, wide); });
  calls.add("bmm", [=] { bmm(tall.unsqueeze(0), wide.unsqueeze(0)); });
  calls.add("linear", [=] { linear(tall, tall); });
  calls.add("mul", [=] { einsum("i,j->ij", {line, line}); });
  calls.add("einsum", [=] { einsum("ik,jk->ij", {tall, tall}); });
  calls.add("cdist", [=] { cdist(tall, tall); });
  calls.add("expand", [=] { meshgrid({line, line}); });
  calls.check();
}

BOOST_AUTO_TEST_CASE(windows) {
  for (const std::int64_t absurd : {kMost, kMost / 2, kLeast, kLeast + 1, kRoot}) {
    Calls calls;
    const Tensor w1 = ones({2, 4, 3}), w2 = ones({2, 4, 3, 3}), w3 = ones({2, 4, 2, 2, 2});
    calls.add("conv1d", [=] { conv1d(image(1), w1, {}, {.dilation = absurd}); });
    calls.add("conv2d", [=] { conv2d(image(), w2, {}, {.dilation = absurd}); });
    calls.add("conv3d", [=] { conv3d(image(3), w3, {}, {.dilation = absurd}); });
    calls.add("conv2d", [=] { conv2d(image(), w2, {}, {.padding = absurd}); });
    calls.add("conv2d", [=] { conv2d(image(), w2, {}, {.groups = absurd}); });
    calls.add("conv_transpose2d", [=] { conv_transpose2d(image(), ones({4, 2, 3, 3}), {}, {.stride = absurd}); });
    calls.add("conv_transpose2d", [=] { conv_transpose2d(image(), ones({4, 2, 3, 3}), {}, {.padding = absurd}); });
    calls.add("conv_transpose2d", [=] {
      conv_transpose2d(image(), ones({4, 2, 3, 3}), {}, {.output_padding = absurd});
    });
    calls.add("conv_transpose2d", [=] { conv_transpose2d(image(), ones({4, 2, 3, 3}), {}, {.dilation = absurd}); });
    calls.add("max_pool1d", [=] { max_pool1d(image(1), absurd); });
    calls.add("max_pool2d", [=] { max_pool2d(image(), absurd); });
    calls.add("max_pool3d", [=] { max_pool3d(image(3), absurd); });
    calls.add("max_pool2d", [=] { max_pool2d(image(), 2, {.padding = absurd}); });
    calls.add("max_pool2d", [=] { max_pool2d(image(), 2, {.dilation = absurd}); });
    calls.add("max_pool2d", [=] { max_pool2d(image(), absurd, {.stride = 1, .padding = absurd / 2}); });
    calls.add("avg_pool2d", [=] { avg_pool2d(image(), absurd); });
    calls.add("avg_pool2d", [=] { avg_pool2d(image(), 2, {.padding = absurd}); });
    calls.add("lp_pool2d", [=] { lp_pool2d(image(), 2.0, absurd); });
    calls.add("adaptive_avg_pool2d", [=] { adaptive_avg_pool2d(image(), absurd); });
    calls.add("adaptive_max_pool2d", [=] { adaptive_max_pool2d(image(), absurd); });
    calls.add("interpolate", [=] { interpolate(image(), {.size = absurd}); });
    calls.add("unfold", [=] { unfold(image(), Extent(absurd)); });
    calls.add("unfold", [=] { unfold(image(), Extent(2), {.dilation = absurd}); });
    calls.add("unfold", [=] { unfold(image(), Extent(2), {.padding = absurd}); });
    calls.add("fold", [=] { fold(ones({1, 16, 20}), Extent(absurd), Extent(2)); });
    calls.add("fold", [=] { fold(ones({1, 16, 20}), Extent(5), Extent(absurd)); });
    calls.add("fold", [=] { fold(ones({1, 16, 20}), Extent(5), Extent(2), {.padding = absurd}); });
    if (absurd < 0) {
      calls.add("conv2d", [=] { conv2d(image(), w2, {}, {.stride = absurd}); });
      calls.add("max_pool2d", [=] { max_pool2d(image(), 2, {.stride = absurd}); });
      calls.add("avg_pool2d", [=] { avg_pool2d(image(), 2, {.stride = absurd}); });
      calls.add("unfold", [=] { unfold(image(), Extent(2), {.stride = absurd}); });
      calls.add("local_response_norm", [=] { local_response_norm(image(), absurd); });
    } else {  // a stride beyond the end leaves one window
      check_stride("conv2d", [&] { return conv2d(image(), w2, {}, {.stride = absurd}); }, {1, 2, 1, 1});
      check_stride("max_pool2d", [&] { return max_pool2d(image(), 2, {.stride = absurd}); }, {1, 4, 1, 1});
      check_stride("avg_pool2d", [&] { return avg_pool2d(image(), 2, {.stride = absurd}); }, {1, 4, 1, 1});
      check_stride("unfold", [&] { return unfold(image(), Extent(2), {.stride = absurd}); }, {1, 16, 1});
    }
    calls.add("group_norm", [=] { group_norm(image(), absurd); });
    calls.check();
  }
  Calls more;
  more.add("interpolate", [] { interpolate(image(), {.scale_factor = 1e300}); });
  more.add("interpolate", [] { interpolate(image(), {.scale_factor = 1e18}); });
  more.add("interpolate", [] { interpolate(image(), {.scale_factor = std::nan("")}); });
  more.add("interpolate", [] { interpolate(image(), {.scale_factor = -1.0}); });
  more.add("interpolate", [] { interpolate(image(), {.scale_factor = 1e-9}); });
  more.add("max_unpool2d", [] {
    max_unpool2d(ones({1, 1, 2, 2}), zeros({1, 1, 2, 2}, {.dtype = int64}), 2, {.stride = kMost});
  });
  more.add("max_unpool2d", [] {
    max_unpool2d(ones({1, 1, 2, 2}), zeros({1, 1, 2, 2}, {.dtype = int64}), 2, {.output_size = {kMost, 4}});
  });
  more.check();
}

// Numbers that look absurd and have a meaning.
BOOST_AUTO_TEST_CASE(what_makes_sense_is_computed) {
  const auto floats = [](const Tensor& t) { return t.to_vector<float>(); };
  using Floats = std::vector<float>;
  BOOST_TEST((floats(vec().slice(0, kLeast, kMost)) == Floats{1, 2, 3, 4}));
  BOOST_TEST((floats(vec().slice(0, 1, kMost, kMost)) == Floats{2}));
  BOOST_TEST((floats(matrix().slice(0, 0, kMost, kMost)) == Floats{1, 1, 1}));
  BOOST_TEST(vec().slice(0, kMost, kLeast).numel() == 0);
  BOOST_TEST((floats(roll(vec(), {kMost}, {0})) == floats(roll(vec(), {kMost % 4}, {0}))));
  BOOST_TEST((floats(roll(vec(), {kLeast}, {0})) == floats(vec())));
  BOOST_TEST((floats(rot90(matrix(), kLeast)) == floats(matrix())));
  BOOST_TEST(split(vec(), kMost).size() == 1U);
  BOOST_TEST(chunk(vec(), kMost).size() == 4U);
  BOOST_TEST((floats(tril(matrix(), kMost)) == Floats(6, 1)));
  BOOST_TEST((floats(tril(matrix(), kLeast)) == Floats(6, 0)));
  BOOST_TEST((floats(triu(matrix(), kMost)) == Floats(6, 0)));
  BOOST_TEST((floats(triu(matrix(), kLeast)) == Floats(6, 1)));
  BOOST_TEST((floats(unfold(vec(), 0, 2, kMost)) == Floats{1, 2}));
  BOOST_TEST((arange(kMost - 2, kMost).to_vector<std::int64_t>() == std::vector<std::int64_t>{kMost - 2, kMost - 1}));
  BOOST_TEST(
      (arange(kLeast, kMost, kMost).to_vector<std::int64_t>() == std::vector<std::int64_t>{kLeast, -1, kMost - 1}));
  BOOST_TEST(repeat(zeros({0}), {kMost}).numel() == 0);
  BOOST_TEST(repeat(vec(), {0}).numel() == 0);
  BOOST_TEST((zeros({0, kBig}).t().shape() == Shape{kBig, 0}));
  BOOST_TEST((zeros({0, kBig}).unsqueeze(1).sum().item<float>() == 0));
  BOOST_TEST((zeros({kBig, 0}).reshape({0, 3, kBig}).select(2, kBig - 1).shape() == Shape{0, 3}));
}

// Strides are products of sizes, of those that are not 0 too.
BOOST_AUTO_TEST_CASE(strides_of_what_has_no_elements) {
  BOOST_TEST((contiguous_strides({3, 0, 4}) == Shape{4, 4, 1}));
  BOOST_TEST((contiguous_strides({0, kBig, kBig}) == Shape{0, kBig, 1}));
  BOOST_TEST((contiguous_strides({5, kBig, 2, kBig}) == Shape{0, 2 * kBig, kBig, 1}));
  require_throws<ShapeError>([] { (Shape{0, kBig, kBig}).numel(); }, "overflows");
  require_throws<ShapeError>([] { (Shape{kBig, kBig, 0}).numel(); }, "overflows");
  BOOST_TEST((Shape{kBig, 0, 1 << 19}).numel() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent::testing
