// Padding, and sliding windows (unfold, fold).
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

auto padded(std::vector<int64_t> sizes, const char* mode = "constant", double value = 0) {
  return [=](const Tensor& a) { return pad(a, sizes, {.mode = mode, .value = value}); };
}

Row pad_row() {
  Row row{"pad", {}, {undefined_input(padded({1, 1}))}, sample(padded({1, 2, 3, 4}), {real({301, 400})})};
  row.samples = {sample(padded({1, 2}), {real({2, 3})}),
                 sample(padded({1, 0, 2, 1}, "constant", 1.5), {real({2, 3})}),
                 sample(padded({-1, 2}), {real({2, 3})}),
                 sample(padded({-1, -1, 1, -1}), {real({2, 2, 3})}),
                 sample(padded({0, 0, 0, 0, 1, 1}), {real({2, 1, 2})}),
                 sample(padded({}), {real({})}),
                 sample(padded({1, 1}), {real({0, 2})}),
                 sample(padded({1, 1}), {real({2, 0})}),
                 sample(padded({-2, -1}), {real({2, 3})})};
  row.samples[7].constant = true;
  row.refusals.push_back(one(Type::Shape, "pad: ", {2, 3}, padded({1})));
  row.refusals.push_back(one(Type::Shape, "pad: ", {3}, padded({1, 1, 1, 1})));
  row.refusals.push_back(one(Type::Shape, "take away", {2, 3}, padded({-2, -2})));
  row.refusals.push_back(one(Type::Shape, "take away", {2, 3}, padded({-4, 5})));
  row.refusals.push_back(one(Type::Shape, "overflow", {2, 3}, padded({int64_t{1} << 62, int64_t{1} << 62})));
  row.refusals.push_back(one(Type::Shape, "take away", {2, 3}, padded({std::numeric_limits<int64_t>::min(), 0})));
  row.refusals.push_back(one(Type::Argument, "mode", {2, 3}, padded({1, 1}, "mirror")));
  return row;
}

Row pad_border_row() {
  Row row{"pad_border", {}, {undefined_input(padded({1, 1}, "reflect"))}, {}, {.scalar = false}};
  row.large = sample(padded({3, 2, 1, 4}, "reflect"), {real({3, 201, 201})});
  for (const char* mode : {"reflect", "replicate", "circular"}) {
    row.samples.push_back(sample(padded({2, 1}, mode), {real({2, 3})}));
    row.samples.push_back(sample(padded({1, 2, 1, 0}, mode), {real({1, 2, 2, 3})}));
    row.samples.push_back(sample(padded({1, 1, 0, 1, 1, 1}, mode), {real({1, 2, 2, 2})}));
    row.samples.push_back(sample(padded({-1, 2}, mode), {real({2, 4})}));
    row.samples.push_back(sample(padded({2, -2}, mode), {real({1, 2, 5})}));
    row.samples.push_back(sample(padded({1, 1}, mode), {real({0, 2, 3})}));
    row.refusals.push_back(one(Type::Shape, "[3]", {3}, padded({1, 1}, mode)));
    row.refusals.push_back(one(Type::Shape, "needs elements", {2, 0}, padded({1, 1}, mode)));
    row.refusals.push_back(one(Type::Shape, "pad: ", {2, 3}, padded({1, 1, 1, 1}, mode)));
    row.refusals.push_back(one(Type::Shape, "nothing", {2, 3}, padded({-2, -1}, mode)));
  }
  row.samples.push_back(sample(padded({5, 4}, "replicate"), {real({2, 3})}));
  row.samples.push_back(sample(padded({3, 3}, "circular"), {real({2, 3})}));
  row.refusals.push_back(one(Type::Shape, "at most 2", {2, 3}, padded({3, 0}, "reflect")));
  row.refusals.push_back(one(Type::Shape, "at most 3", {2, 3}, padded({0, 4}, "circular")));
  return row;
}

Row pad_border_grad_row() {
  const auto f = padded({2, 1, 1, 1}, "reflect");
  Row row{"pad_border_grad", {}, {undefined_input(f), foreign_cotangent(f, real({1, 3, 3}))}, {}, {.scalar = false}};
  row.samples = {gradient_sample(f, {real({1, 3, 3})}, real({1, 5, 6})),
                 gradient_sample(padded({2, 1}, "circular"), {real({2, 3})}, real({2, 6})),
                 gradient_sample(padded({2, 1}, "replicate"), {real({0, 2, 3})}, real({0, 2, 6}))};
  row.large = gradient_sample(f, {real({3, 201, 201})}, real({3, 203, 204}));
  return row;
}

Row windows_row() {
  const auto f = [](int64_t dim, int64_t size, int64_t step) {
    return [=](const Tensor& a) { return a.unfold(dim, size, step); };
  };
  Row row{"windows", {}, {undefined_input(f(0, 1, 1))}, sample(f(1, 3, 3), {real({3, 40001})})};
  row.samples = {sample(f(0, 3, 1), {real({6})}),       sample(f(-1, 2, 3), {real({2, 6})}),
                 sample(f(1, 2, 1), {real({2, 3, 2})}), sample(f(0, 1, 1), {real({})}),
                 sample(f(1, 2, 1), {real({0, 3})}),    sample(f(0, 2, 100), {real({3, 2})}),
                 sample(f(1, 0, 1), {real({2, 3})})};
  row.refusals.push_back(one(Type::Shape, "unfold: ", {2, 3}, f(1, 4, 1)));
  row.refusals.push_back(one(Type::Argument, "unfold: ", {2, 3}, f(1, 2, 0)));
  row.refusals.push_back(one(Type::Argument, "-1", {2, 3}, f(1, -1, 1)));
  row.refusals.push_back(one(Type::Index, "unfold: ", {2, 3}, f(2, 1, 1)));
  return row;
}

Row windows_grad_row() {
  const auto f = [](const Tensor& a) { return a.unfold(1, 3, 2); };
  Row row{"windows_grad", {}, {undefined_input(f), foreign_cotangent(f, real({2, 6}))}, {}, {.scalar = false}};
  row.samples = {gradient_sample(f, {real({2, 6})}, real({2, 2, 3})),
                 gradient_sample(f, {real({1, 3, 2})}, real({1, 1, 2, 3})),
                 gradient_sample(f, {real({0, 6})}, real({0, 2, 3}))};
  row.large = gradient_sample(f, {real({3, 40001})}, real({3, 20000, 3}));
  return row;
}

Row unfold_row() {
  const auto f = [](Extent kernel, UnfoldOptions options = {}) {
    return [=](const Tensor& a) { return unfold(a, kernel, options); };
  };
  Row row{"unfold", {}, {undefined_input(f(1))}, sample(f({3, 2}), {real({2, 3, 60, 60})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({1, 2, 3, 3})}),
                 sample(f({2, 1}, {.padding = 1, .stride = {2, 1}}), {real({2, 2, 3})}),
                 sample(f(2, {.dilation = {1, 2}, .padding = {0, 1}}), {real({2, 1, 2, 3})}),
                 sample(f(1), {real({0, 2, 3, 3})}), sample(f({3, 3}, {.padding = 2, .stride = 3}), {real({1, 2, 4})})};
  row.refusals.push_back(one(Type::Shape, "unfold: ", {2, 3}, f(1)));
  row.refusals.push_back(one(Type::Shape, "does not fit", {1, 3, 3}, f({4, 1})));
  row.refusals.push_back(one(Type::Shape, "kernel_size", {1, 3, 3}, f({1, 1, 1})));
  row.refusals.push_back(one(Type::Argument, "stride", {1, 3, 3}, f(1, {.stride = 0})));
  row.refusals.push_back(one(Type::Argument, "padding", {1, 3, 3}, f(1, {.padding = {0, -1}})));
  row.refusals.push_back(one(Type::Argument, "dilation", {1, 3, 3}, f(1, {.dilation = 0})));
  row.refusals.push_back(one(Type::Argument, "kernel_size", {1, 3, 3}, f({1, 0})));
  row.refusals.push_back(one(Type::Shape, "too large", {1, 3, 3}, f(1, {.padding = int64_t{1} << 62})));
  row.refusals.push_back(one(Type::Shape, "[1, 0, 3]", {1, 0, 3}, f(1)));
  row.refusals.push_back(one(Type::DType, "int64", {1, 3, 3}, f(1), int64));
  return row;
}

Row fold_row() {
  const auto f = [](Extent size, Extent kernel, FoldOptions options = {}) {
    return [=](const Tensor& a) { return fold(a, size, kernel, options); };
  };
  Row row{"fold", {}, {undefined_input(f(3, 2))}, sample(f(50, 3), {real({2, 9 * 3, 48 * 48})}), {.scalar = false}};
  row.samples = {sample(f(3, 2), {real({1, 8, 4})}),
                 sample(f({2, 3}, {2, 1}, {.padding = 1, .stride = {2, 1}}), {real({4, 10})}),
                 sample(f({2, 3}, 2, {.dilation = {1, 2}, .padding = {0, 1}}), {real({2, 4, 3})}),
                 sample(f(2, 1), {real({0, 2, 4})})};
  row.refusals.push_back(one(Type::Shape, "fold: ", {2, 3, 4, 5}, f(3, 2)));
  row.refusals.push_back(one(Type::Shape, "multiple", {1, 7, 4}, f(3, 2)));
  row.refusals.push_back(one(Type::Shape, "2 x 2 windows", {1, 8, 5}, f(3, 2)));
  row.refusals.push_back(one(Type::Shape, "does not fit", {1, 8, 4}, f(1, 2)));
  row.refusals.push_back(one(Type::Argument, "output_size", {1, 8, 4}, f(0, 2)));
  row.refusals.push_back(one(Type::DType, "fold: ", {1, 8, 4}, f(3, 2), boolean));
  return row;
}

Row pixel_shuffle_row() {
  const auto f = [](int64_t r) { return [r](const Tensor& a) { return pixel_shuffle(a, r); }; };
  Row row{"pixel_shuffle", {}, {undefined_input(f(1))}, sample(f(2), {real({8, 120, 130})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({1, 8, 2, 1})}), sample(f(3), {real({9, 1, 2})}), sample(f(1), {real({2, 2, 2})}),
                 sample(f(2), {real({0, 4, 2, 2})}), sample(f(2), {real({1, 2, 4, 1, 1})})};
  row.refusals.push_back(one(Type::Shape, "pixel_shuffle: ", {2, 2}, f(1)));
  row.refusals.push_back(one(Type::Shape, "multiple", {6, 2, 2}, f(2)));
  row.refusals.push_back(one(Type::Argument, "pixel_shuffle: ", {4, 2, 2}, f(0)));
  row.refusals.push_back(one(Type::Shape, "pixel_shuffle: ", {4, 2, 2}, f(int64_t{1} << 62)));
  return row;
}

Row pixel_unshuffle_row() {
  const auto f = [](int64_t r) { return [r](const Tensor& a) { return pixel_unshuffle(a, r); }; };
  Row row{"pixel_unshuffle", {}, {undefined_input(f(1))}, sample(f(2), {real({2, 240, 260})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({1, 2, 4, 2})}), sample(f(3), {real({1, 3, 3})}), sample(f(1), {real({2, 2, 2})}),
                 sample(f(2), {real({0, 1, 2, 2})})};
  row.refusals.push_back(one(Type::Shape, "pixel_unshuffle: ", {2, 2}, f(1)));
  row.refusals.push_back(one(Type::Shape, "multiple", {1, 4, 3}, f(2)));
  row.refusals.push_back(one(Type::Argument, "pixel_unshuffle: ", {4, 2, 2}, f(-1)));
  return row;
}

Row channel_shuffle_row() {
  const auto f = [](int64_t groups) { return [=](const Tensor& a) { return channel_shuffle(a, groups); }; };
  Row row{"channel_shuffle", {}, {undefined_input(f(1))}, sample(f(4), {real({2, 8, 90, 90})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({1, 4, 2, 1})}), sample(f(3), {real({2, 6, 1})}), sample(f(1), {real({2, 2, 2})}),
                 sample(f(2), {real({0, 4, 2, 2})})};
  row.refusals.push_back(one(Type::Shape, "channel_shuffle: ", {2, 2}, f(1)));
  row.refusals.push_back(one(Type::Shape, "multiple", {1, 4, 3}, f(3)));
  row.refusals.push_back(one(Type::Argument, "groups", {4, 2, 2}, f(0)));
  return row;
}

}  // namespace

std::vector<Row> pad_rows() {
  return {pad_row(),    pad_border_row(), pad_border_grad_row(), windows_row(),         windows_grad_row(),
          unfold_row(), fold_row(),       pixel_shuffle_row(),   pixel_unshuffle_row(), channel_shuffle_row()};
}

}  // namespace descent::testing
