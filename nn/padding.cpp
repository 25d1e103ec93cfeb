#include "padding.h"

#include <cstring>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/pad.h"
#include "repr-inl.h"

namespace descent::nn {

PadNd::PadNd(const char* layer, int dims, const Extent& padding, const char* mode, double value)
    : padding_(padding.expand(2 * dims, layer, "padding")), value_(value), layer_(layer), dims_(dims), mode_(mode) {}

Tensor PadNd::forward(const Tensor& x) {
  const bool borders = std::strcmp(mode_, "constant") != 0;
  if (borders && x.dim() != dims_ + 1 && x.dim() != dims_ + 2) {
    fail<ShapeError>(layer_, "takes an input of {} or, without a batch, {} dims, got {}", dims_ + 2, dims_ + 1,
                     x.shape());
  }
  return pad(x, padding_, {.mode = mode_, .value = value_});
}

std::string PadNd::extra_repr() const { return python(Shape(padding_)); }

std::string ConstantPadNd::extra_repr() const {
  return fmt::format("padding={}, value={}", python(Shape(padding_)), value_);
}

}  // namespace descent::nn
