// Layers whose weight is computed from other parameters before each call: weight and spectral normalisation.
#pragma once

#include <concepts>
#include <optional>
#include <string>

#include "module.h"

namespace descent::nn::utils {

/// Options of weight_norm.
struct WeightNormOptions {
  std::string name = "weight";
  /// The dim whose slices have a norm each; std::nullopt (and, as in PyTorch, −1): one norm of the whole.
  std::optional<std::int64_t> dim = 0;
};

/// Options of spectral_norm.
struct SpectralNormOptions {
  std::string name = "weight";
  std::int64_t n_power_iterations = 1;
  double eps = 1e-12;
  std::optional<std::int64_t> dim = std::nullopt;  ///< of the outputs: 1 for transposed convolutions, 0 otherwise
};

namespace detail {
void weight_norm(Module& module, const WeightNormOptions& options);
void remove_weight_norm(Module& module, const std::string& name);
void spectral_norm(Module& module, const SpectralNormOptions& options);
void remove_spectral_norm(Module& module, const std::string& name);
}  // namespace detail

// These change the module in place, return its handle, and throw std::invalid_argument when it has no such parameter or
// an option is wrong. The computed weight stays where it was (`layer.weight`), in every copy of the handle; it is no
// parameter any more, and is computed anew by a hook whenever the module is called with (). Optimizers made before hold
// the old parameter.

/// w = g·v/‖v‖ with the parameters <name>_g and <name>_v in the place of <name>. Salimans & Kingma, "Weight
/// normalization", 2016.
template <std::derived_from<Module> M>
M weight_norm(M module, const WeightNormOptions& options = {}) {
  detail::weight_norm(module, options);
  return module;
}
/// Makes the weight of that moment a parameter again.
template <std::derived_from<Module> M>
M remove_weight_norm(M module, const std::string& name = "weight") {
  detail::remove_weight_norm(module, name);
  return module;
}

/// w = W/σ, σ = uᵀ·W·v the largest singular value of W as a matrix, by power iterations in training mode; the parameter
/// <name>_orig in the place of <name>, the buffers <name>_u and <name>_v. Miyato et al., "Spectral normalization for
/// generative adversarial networks", 2018.
template <std::derived_from<Module> M>
M spectral_norm(M module, const SpectralNormOptions& options = {}) {
  detail::spectral_norm(module, options);
  return module;
}
/// Makes the weight of that moment a parameter again.
template <std::derived_from<Module> M>
M remove_spectral_norm(M module, const std::string& name = "weight") {
  detail::remove_spectral_norm(module, name);
  return module;
}

}  // namespace descent::nn::utils
