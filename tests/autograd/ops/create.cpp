// Ops that make a tensor like another.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

template <class F>
Row like(const char* name, F f, double tolerance32 = 0) {
  Row row{name,
          {},
          {undefined_input(f), no_graph(f, real({2, 3}))},
          sample(f, {real({3, 40001})}),
          {.differentiable = false, .tolerance32 = tolerance32}};
  for (const Shape& shape : {Shape{3, 4}, Shape{}, Shape{0, 3}}) row.samples.push_back(sample(f, {real(shape)}));
  return row;
}

}  // namespace

std::vector<Row> create_rows() {
  return {
      like("zeros_like", [](const Tensor& a) { return zeros_like(a); }),
      like("ones_like", [](const Tensor& a) { return ones_like(a); }),
      like("full_like", [](const Tensor& a) { return full_like(a, -2.5); }),
      // Each precision draws its own values.
      like(
          "rand_like", [](const Tensor& a) { return manual_seed(3), rand_like(a); }, INFINITY),
      like(
          "randn_like", [](const Tensor& a) { return manual_seed(3), randn_like(a); }, INFINITY),
  };
}

}  // namespace descent::testing
