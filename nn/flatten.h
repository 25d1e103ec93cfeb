// Dims joined into one, and one cut into several.
#pragma once

#include "module.h"

namespace descent::nn {

/// Joins dims start_dim … end_dim, by default all but the batch: [n, c, h, w] -> [n, c·h·w].
/// forward throws IndexError for a dim out of range.
class Flatten : public Module {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t start_dim_;
  std::int64_t end_dim_;
};

/// Cuts a dim into several, of these sizes; one may be −1. forward throws IndexError for a dim out of range, ShapeError
/// for sizes that do not fit.
class Unflatten : public Module {
 public:
  Unflatten(std::int64_t dim, const Shape& unflattened_size);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t dim_;
  Shape unflattened_size_;
};

}  // namespace descent::nn
