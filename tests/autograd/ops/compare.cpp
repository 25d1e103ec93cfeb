// Comparisons: booleans, no gradient.
#include "refusals.h"

namespace descent::testing {
namespace {

template <class F, class G>
Row compares(const char* name, F tensors, G number) {
  const auto halves = [](const Shape& shape) { return Arg{shape, -2, 2, Arg::Kind::Index, false}; };
  Row row{name, {}, {}, sample(tensors, {real({3, 40001}), real({40001})}), {.differentiable = false}};
  row.samples = {
      sample(tensors, {real({3, 4}), real({3, 4})}),
      sample(tensors, {halves({3, 4}), halves({4})}),
      sample(tensors, {halves({2, 1, 3}), real({2, 1})}),
      sample(tensors, {real({}), real({})}),
      sample(tensors, {real({0, 3}), real({3})}),
      sample(number, {halves({3, 4})}),
      sample(number, {real({2})}),
  };
  const std::string prefix = std::string(name) + ": ";
  row.refusals = {shapes(prefix, {2, 3}, {2, 4}, tensors), shapes("[4, 3]", {2, 3}, {4, 3}, tensors),
                  undefined_input(tensors, 2)};
  return row;
}

}  // namespace

std::vector<Row> compare_rows() {
  return {
      compares(
          "eq", [](const Tensor& a, const Tensor& b) { return a == b; }, [](const Tensor& a) { return a == 1; }),
      compares(
          "ne", [](const Tensor& a, const Tensor& b) { return a != b; }, [](const Tensor& a) { return a != 1; }),
      compares(
          "lt", [](const Tensor& a, const Tensor& b) { return a < b; }, [](const Tensor& a) { return a < 1; }),
      compares(
          "le", [](const Tensor& a, const Tensor& b) { return a <= b; }, [](const Tensor& a) { return a <= 1; }),
      compares(
          "gt", [](const Tensor& a, const Tensor& b) { return a > b; }, [](const Tensor& a) { return a > 1; }),
      compares(
          "ge", [](const Tensor& a, const Tensor& b) { return a >= b; }, [](const Tensor& a) { return a >= 1; }),
  };
}

}  // namespace descent::testing
