// Layers along a dim: softmax and its kin, and the gated linear unit.
#pragma once

#include "module.h"

namespace descent::nn {

/// What they share. forward throws IndexError for a dim out of range.
class AlongDim : public Module {
 public:
  std::string extra_repr() const override;

 protected:
  explicit AlongDim(std::int64_t dim) : dim_(dim) {}
  std::int64_t dim_;
};

/// exp(x_i) / Σ exp(x_j) along dim.
class Softmax : public AlongDim {
 public:
  explicit Softmax(std::int64_t dim) : AlongDim(dim) {}
  Tensor forward(const Tensor& x) override;
};

/// log softmax(x) along dim.
class LogSoftmax : public AlongDim {
 public:
  explicit LogSoftmax(std::int64_t dim) : AlongDim(dim) {}
  Tensor forward(const Tensor& x) override;
};

/// softmax(−x) along dim.
class Softmin : public AlongDim {
 public:
  explicit Softmin(std::int64_t dim) : AlongDim(dim) {}
  Tensor forward(const Tensor& x) override;
};

/// softmax over the channels of [N, C, H, W] or [C, H, W] (ShapeError).
class Softmax2d : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};

/// x·sigmoid(y), x and y the halves of the input along dim.
class GLU : public AlongDim {
 public:
  explicit GLU(std::int64_t dim = -1) : AlongDim(dim) {}
  Tensor forward(const Tensor& x) override;
};

}  // namespace descent::nn
