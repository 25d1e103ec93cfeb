// Initialisers: fill a tensor in place without recording, also a leaf that requires grad, and return it.
// All throw DTypeError unless the tensor is floating; wrong option values throw std::invalid_argument.
#pragma once

#include <optional>
#include <string>

#include "../autograd/tensor.h"

namespace descent::nn::init {

/// Options of uniform_.
struct UniformOptions {
  double a = 0.0;
  double b = 1.0;
};
/// U[a, b), a <= b.
Tensor uniform_(Tensor tensor, const UniformOptions& options = {});
Tensor uniform_(Tensor tensor, double a, double b);

/// Options of normal_.
struct NormalOptions {
  double mean = 0.0;
  double std = 1.0;
};
/// N(mean, std²), std >= 0.
Tensor normal_(Tensor tensor, const NormalOptions& options = {});
Tensor normal_(Tensor tensor, double mean, double std);

/// Options of trunc_normal_.
struct TruncNormalOptions {
  double mean = 0.0;
  double std = 1.0;
  double a = -2.0;
  double b = 2.0;
};
/// N(mean, std²), std > 0, restricted to [a, b], a <= b.
Tensor trunc_normal_(Tensor tensor, const TruncNormalOptions& options = {});

Tensor constant_(Tensor tensor, double val);  ///< every element val
Tensor ones_(Tensor tensor);
Tensor zeros_(Tensor tensor);
Tensor eye_(Tensor tensor);  ///< the identity; throws ShapeError unless the tensor has 2 dims

/// Options of dirac_.
struct DiracOptions {
  std::int64_t groups = 1;
};
/// The weight [out, in, k…] of a convolution over 1 to 3 dims that keeps the channels of each group, as many as there
/// are; zeros elsewhere. Throws ShapeError for other dims, std::invalid_argument unless groups divides out.
Tensor dirac_(Tensor tensor, const DiracOptions& options = {});

/// Options of xavier_uniform_ and xavier_normal_.
struct XavierOptions {
  double gain = 1.0;
};
/// U(−a, a) with a = gain·√(6 / (fan_in + fan_out)). Throws ShapeError for less than 2 dims; fan_in = size(1)·k and
/// fan_out = size(0)·k, where k is the product of the further sizes. Glorot & Bengio 2010, "Understanding the
/// difficulty of training deep feedforward neural networks".
Tensor xavier_uniform_(Tensor tensor, const XavierOptions& options = {});
/// N(0, gain²·2 / (fan_in + fan_out)), likewise.
Tensor xavier_normal_(Tensor tensor, const XavierOptions& options = {});

/// Options of kaiming_uniform_ and kaiming_normal_.
struct KaimingOptions {
  double a = 0.0;                           ///< slope of leaky_relu, unused otherwise
  std::string mode = "fan_in";              ///< or "fan_out"
  std::string nonlinearity = "leaky_relu";  ///< see calculate_gain
};
/// U(−b, b) with b = gain·√(3 / fan). Throws ShapeError for less than 2 dims. He et al. 2015, "Delving Deep into
/// Rectifiers".
Tensor kaiming_uniform_(Tensor tensor, const KaimingOptions& options = {});
/// N(0, gain² / fan), likewise.
Tensor kaiming_normal_(Tensor tensor, const KaimingOptions& options = {});

/// Options of orthogonal_.
struct OrthogonalOptions {
  double gain = 1.0;
};
/// gain times a random matrix [size(0), rest] with orthonormal rows or, where there are more rows than columns,
/// columns. Throws ShapeError for less than 2 dims. Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear
/// dynamics of learning in deep linear neural networks".
Tensor orthogonal_(Tensor tensor, const OrthogonalOptions& options = {});

/// Options of sparse_.
struct SparseOptions {
  double std = 0.01;
};
/// A matrix (ShapeError) of N(0, std²) with ⌈sparsity·rows⌉ zeros at random places of each column; sparsity in [0, 1].
/// Martens 2010, "Deep learning via Hessian-free optimization".
Tensor sparse_(Tensor tensor, double sparsity, const SparseOptions& options = {});

/// Options of calculate_gain.
struct CalculateGainOptions {
  std::optional<double> param = std::nullopt;  ///< leaky_relu's slope, 0.01 unless given
};
/// 1 for linear, conv1d … conv_transpose3d and sigmoid, 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for leaky_relu,
/// 3/4 for selu. Other names throw std::invalid_argument.
double calculate_gain(const std::string& nonlinearity, const CalculateGainOptions& options = {});
double calculate_gain(const std::string& nonlinearity, double param);

}  // namespace descent::nn::init
