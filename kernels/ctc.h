// The forward-backward recursions of connectionist temporal classification. Graves et al. 2006.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace descent::kernels {

/// A checked batch: lengths and classes are in range.
struct Ctc {
  DType dtype;  ///< of log_probs, nll and gradients
  std::int64_t steps, samples, classes, width;
  const void* log_probs;               ///< [steps, samples, classes]
  const std::int64_t* targets;         ///< [samples, width]
  const std::int64_t* input_lengths;   ///< [samples]
  const std::int64_t* target_lengths;  ///< [samples]
  std::int64_t blank;
};

/// alpha [samples, steps, 2·width + 1]: log of the probability of all beginnings that stand at a state after a step,
/// with that step's emission. nll [samples]: −log of the probability of the target, ∞ where no alignment fits.
void ctc_alpha(const Ctc& ctc, double* alpha, void* nll);

/// out [steps, samples, classes] = −g·P(class at step | target), 0 where no alignment fits; g [samples].
void ctc_grad(const Ctc& ctc, const double* alpha, const void* g, void* out);

}  // namespace descent::kernels
