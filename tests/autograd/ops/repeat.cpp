// Ops that repeat, split, roll and flip.
#include "refusals.h"

namespace descent::testing {

std::vector<Row> split_rows();

namespace {

using Type = Refusal::Type;

Row repeat_row() {
  const auto f = [](const Shape& s) { return [s](const Tensor& a) { return repeat(a, s); }; };
  Row row{"repeat", {}, {undefined_input(f({1, 1}))}, sample(f({2, 3}), {real({101, 301})})};
  row.samples = {sample(f({2, 3}), {real({2, 3})}),
                 sample(f({2, 1, 3}), {real({1, 2})}),
                 sample(f({1, 1}), {real({2, 3})}),
                 sample(f({}), {real({})}),
                 sample(f({3}), {real({})}),
                 sample(f({2, 2}), {real({0, 3})}),
                 sample(f({0, 2}), {real({2, 3})}),
                 sample(f({2, 1, 2}), {real({2, 3, 2})}),
                 sample(f({2, 1, 2, 1, 2, 2, 2}), {real({2, 1, 2, 1, 2, 1, 2})})};
  row.refusals.push_back(one(Type::Shape, "repeat: ", {2, 3}, f({2})));
  row.refusals.push_back(one(Type::Shape, "negative", {2, 3}, f({2, -1})));
  row.refusals.push_back(one(Type::Shape, "repeat: ", {2, 3}, f({int64_t{1} << 62, 1})));
  row.refusals.push_back(one(Type::Shape, "overflows", {2, 3}, f({1 << 30, 1 << 30})));
  return row;
}

Row repeat_in_two_passes_row() {  // more dims when cut than a tensor can have
  const auto f = [](const Tensor& a) { return repeat(a, {2, 1, 2, 1, 1, 1, 2, 1, 1, 2}); };
  Row row{"repeat_passes",
          {},
          {undefined_input(f), one(Type::Shape, "repeat: ", Shape(std::vector<int64_t>(11, 1)), f)},
          {}};
  row.samples = {sample(f, {real({2, 1, 2, 1, 1, 1, 2, 1, 1, 2})}), sample(f, {real({2, 1, 0, 1, 1, 1, 2, 1, 1, 2})}),
                 sample(f, {real({})})};
  row.large = sample(f, {real({2, 1, 2, 1, 1, 1, 2, 1, 1, 2000})});
  return row;
}

Row tile_row() {
  const auto f = [](const Shape& s) { return [s](const Tensor& a) { return tile(a, s); }; };
  Row row{"tile", {}, {undefined_input(f({1}))}, sample(f(3), {real({101, 301})})};
  row.samples = {sample(f({2}), {real({2, 3})}), sample(f({2, 1, 3}), {real({1, 2})}), sample(f({}), {real({2, 3})}),
                 sample(f({2, 2}), {real({})}), sample(f(2), {real({0})})};
  row.refusals.push_back(one(Type::Shape, "tile: ", {2, 3}, f({-1})));
  row.refusals.push_back(one(Type::Shape, "tile: ", {2, 3}, f({int64_t{1} << 62})));
  return row;
}

Row repeat_interleave_row() {
  const auto f = [](int64_t n, std::optional<int64_t> dim) {
    return [=](const Tensor& a) { return repeat_interleave(a, n, dim); };
  };
  const auto by = [](std::vector<int64_t> counts, std::optional<int64_t> dim) {
    return [=](const Tensor& a) { return repeat_interleave(a, from_vector(counts), dim); };
  };
  Row row{"repeat_interleave", {}, {undefined_input(f(1, 0)), undefined_input(by({1}, 0))}, {}};
  row.large = sample(f(3, 1), {real({101, 301})});
  row.samples = {sample(f(2, 0), {real({2, 3})}),
                 sample(f(2, -1), {real({2, 3})}),
                 sample(f(3, std::nullopt), {real({2, 2})}),
                 sample(f(1, 0), {real({2, 3})}),
                 sample(f(0, 1), {real({2, 3})}),
                 sample(f(2, 0), {real({})}),
                 sample(f(2, 1), {real({0, 3})}),
                 sample(f(2, 1), {real({2, 3, 2})}),
                 sample(by({2, 0, 1}, 1), {real({2, 3})}),
                 sample(by({1, 2, 0, 3}, std::nullopt), {real({2, 2})}),
                 sample(by({2}, -1), {real({2, 3})}),
                 sample(by({0, 0}, 0), {real({2, 3})}),
                 sample(by({}, 0), {real({0, 3})})};
  row.refusals.push_back(one(Type::Index, "repeat_interleave: ", {2, 3}, f(2, 2)));
  row.refusals.push_back(one(Type::Argument, "-1", {2, 3}, f(-1, 0)));
  row.refusals.push_back(one(Type::Shape, "repeat_interleave: ", {2, 3}, f(int64_t{1} << 62, 0)));
  row.refusals.push_back(one(Type::Shape, "[3]", {2, 3}, by({1, 2}, 1)));
  row.refusals.push_back(one(Type::Argument, "-2", {2, 3}, by({1, -2, 3}, 1)));
  row.refusals.push_back(one(Type::Shape, "repeat_interleave: ", {2, 3}, by({int64_t{1} << 62, int64_t{1} << 62}, 0)));
  row.refusals.push_back(
      one(Type::DType, "int64", {2, 3}, [](const Tensor& a) { return repeat_interleave(a, ones({3}), 1); }));
  return row;
}

Row roll_row() {
  const auto f = [](const Shape& shifts, const Shape& dims) {
    return [=](const Tensor& a) { return roll(a, shifts, dims); };
  };
  Row row{"roll", {}, {undefined_input(f(1, 0))}, sample(f({5, -7}, {0, 1}), {real({301, 400})})};
  row.samples = {sample(f(1, 0), {real({3, 4})}),
                 sample(f({-1, 2}, {0, -1}), {real({3, 4})}),
                 sample(f(3, {}), {real({2, 3})}),
                 sample(f(1, {}), {real({})}),
                 sample(f(2, 0), {real({0, 3})}),
                 sample(f(7, 1), {real({2, 3})}),
                 sample(f({1, 1}, {0, 0}), {real({4})}),
                 sample(f({0, 3}, {0, 1}), {real({2, 3})}),
                 sample(f({1, 1, 1}, {0, 1, 2}), {real({2, 3, 2})}),
                 sample(f(std::numeric_limits<int64_t>::min(), 0), {real({3})})};
  row.refusals.push_back(one(Type::Shape, "roll: ", {2, 3}, f({1, 2}, {0})));
  row.refusals.push_back(one(Type::Shape, "single", {2, 3}, f({1, 2}, {})));
  row.refusals.push_back(one(Type::Index, "roll: ", {2, 3}, f(1, 2)));
  row.refusals.push_back(one(Type::Index, "roll: ", {}, f(1, 0)));
  return row;
}

Row flip_row() {
  const auto f = [](const Shape& dims) { return [=](const Tensor& a) { return flip(a, dims); }; };
  Row row{"flip", {}, {undefined_input(f({0}))}, sample(f({0, 1}), {real({301, 400})})};
  row.samples = {sample(f({0}), {real({3, 4})}),    sample(f({-1}), {real({3, 4})}),
                 sample(f({0, 1}), {real({3, 4})}), sample(f({2, 0}), {real({2, 3, 2})}),
                 sample(f({}), {real({2, 3})}),     sample(f({0}), {real({})}),
                 sample(f({0, 1}), {real({0, 3})}), sample(f({0}), {real({40, 2})})};
  row.refusals.push_back(one(Type::Index, "flip: ", {2, 3}, f({2})));
  row.refusals.push_back(one(Type::Shape, "twice", {2, 3}, f({1, -1})));
  return row;
}

Row flip_kin_row() {
  const auto f = [](const Tensor& a) { return List{fliplr(a), flipud(a)}; };
  Row row{"fliplr", {}, {undefined_input(f)}, sample(f, {real({301, 400})}), {.scalar = false}};
  for (const Shape& shape : {Shape{2, 3}, Shape{0, 3}, Shape{2, 1, 2}}) row.samples.push_back(sample(f, {real(shape)}));
  row.refusals.push_back(one(Type::Shape, "fliplr: ", {3}, fliplr));
  row.refusals.push_back(one(Type::Shape, "flipud: ", {}, flipud));
  return row;
}

Row rot90_row() {
  const auto f = [](int64_t k, const Shape& dims) { return [=](const Tensor& a) { return rot90(a, k, dims); }; };
  Row row{"rot90", {}, {undefined_input(f(1, {0, 1}))}, sample(f(1, {0, 1}), {real({301, 400})}), {.scalar = false}};
  row.samples = {sample(f(1, {0, 1}), {real({2, 3})}),     sample(f(2, {0, 1}), {real({2, 3})}),
                 sample(f(-1, {1, 0}), {real({2, 3})}),    sample(f(4, {0, 1}), {real({2, 3})}),
                 sample(f(3, {-1, 0}), {real({2, 2, 3})}), sample(f(1, {0, 1}), {real({0, 3})})};
  row.refusals.push_back(one(Type::Shape, "rot90: ", {3}, f(1, {0, 1})));
  row.refusals.push_back(one(Type::Shape, "differ", {2, 3}, f(1, {1, -1})));
  row.refusals.push_back(one(Type::Index, "rot90: ", {2, 3}, f(1, {0, 2})));
  return row;
}

Row one_hot_row() {
  const auto f = [](int64_t n) { return [n](const Tensor& a) { return one_hot(a, n); }; };
  Row row{"one_hot", {}, {undefined_input(f(2))}, sample(f(30), {index_below({5001}, 30)}), {.differentiable = false}};
  row.samples = {sample(f(4), {index_below({2, 3}, 4)}), sample(f(-1), {index_below({5}, 4)}),
                 sample(f(2), {index_below({}, 2)}), sample(f(3), {index_below({0, 2}, 3)})};
  row.refusals.push_back(one(Type::DType, "one_hot: ", {2}, f(3)));
  row.refusals.push_back(one(Type::Index, "class 1", {2}, f(1), int64));
  row.refusals.push_back(one(Type::Argument, "num_classes", {2}, f(0), int64));
  row.refusals.push_back(one(Type::Shape, "num_classes", {0}, f(-1), int64));
  row.refusals.push_back(refuses(Type::Index, "-5", f(-1), [] { return List{tensor({2, -5})}; }));
  row.refusals.push_back(refuses(Type::Index, "-5", f(-1), [] { return List{tensor({-5})}; }));
  return row;
}

}  // namespace

std::vector<Row> repeat_rows() {
  std::vector<Row> rows = {repeat_row(),   repeat_in_two_passes_row(),
                           tile_row(),     repeat_interleave_row(),
                           roll_row(),     flip_row(),
                           flip_kin_row(), rot90_row(),
                           one_hot_row()};
  for (Row& row : split_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace descent::testing
