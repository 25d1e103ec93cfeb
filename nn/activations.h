// Activations of each element, as layers that keep the shape; formulas and errors stand at the functions of
// autograd/ops/activation.h. Constructors throw std::invalid_argument for wrong options.
#pragma once

#include <string>

#include "../autograd/ops/activation.h"
#include "module.h"

namespace descent::nn {

using LeakyReLUOptions = LeakyReluOptions;
using ELUOptions = EluOptions;
using CELUOptions = CeluOptions;
using GELUOptions = GeluOptions;
using descent::HardshrinkOptions;
using descent::HardtanhOptions;
using descent::SoftplusOptions;
using descent::SoftshrinkOptions;

/// max(x, 0).
class ReLU : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
/// min(max(x, 0), 6).
class ReLU6 : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
/// tanh(x).
class Tanh : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
/// 1 / (1 + e⁻ˣ).
class Sigmoid : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
/// log(1 / (1 + e⁻ˣ)).
class LogSigmoid : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class SELU : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class SiLU : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class Mish : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class Softsign : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class Tanhshrink : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class Hardsigmoid : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};
class Hardswish : public Module {
 public:
  Tensor forward(const Tensor& x) override;
};

/// x > 0 ? x : negative_slope·x.
class LeakyReLU : public Module {
 public:
  explicit LeakyReLU(const LeakyReLUOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  LeakyReLUOptions options_;
};

/// Options of PReLU.
struct PReLUOptions {
  std::int64_t num_parameters = 1;  ///< or one for each channel
  double init = 0.25;
  DType dtype = float32;
};
/// x > 0 ? x : weight·x with a learned weight. He et al., "Delving deep into rectifiers", 2015.
class PReLU : public Module {
 public:
  explicit PReLU(const PReLUOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;
  void reset_parameters();

  Tensor weight;  ///< [num_parameters]

 private:
  double init_;
};

/// Options of RReLU: lower <= upper.
struct RReLUOptions {
  double lower = 1.0 / 8;
  double upper = 1.0 / 3;
};
/// leaky_relu with a slope from U[lower, upper) for each element in training mode, else with their mean.
class RReLU : public Module {
 public:
  explicit RReLU(const RReLUOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  RReLUOptions options_;
};

class ELU : public Module {
 public:
  explicit ELU(const ELUOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  ELUOptions options_;
};

class CELU : public Module {
 public:
  explicit CELU(const CELUOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  CELUOptions options_;
};

class GELU : public Module {
 public:
  explicit GELU(const GELUOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  GELUOptions options_;
};

class Softplus : public Module {
 public:
  explicit Softplus(const SoftplusOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  SoftplusOptions options_;
};

class Hardtanh : public Module {
 public:
  explicit Hardtanh(const HardtanhOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  HardtanhOptions options_;
};

class Hardshrink : public Module {
 public:
  explicit Hardshrink(const HardshrinkOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  HardshrinkOptions options_;
};

class Softshrink : public Module {
 public:
  explicit Softshrink(const SoftshrinkOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  SoftshrinkOptions options_;
};

/// x > threshold ? x : value.
class Threshold : public Module {
 public:
  Threshold(double threshold, double value);
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  double threshold_, value_;
};

}  // namespace descent::nn
