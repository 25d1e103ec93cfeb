// Connectionist temporal classification of each sample; losses::ctc_loss reduces it.
#pragma once

#include "../tensor.h"

namespace descent {

/// −log of the probability of each target under log_probs [t, n, classes] -> [n], as losses::ctc_loss with
/// Reduction::None computes it. targets: int64 [n, s], or one after another [Σ target_lengths]; lengths: int64 [n].
/// Infinite, with a gradient of 0, where no alignment fits. Throws ShapeError, DTypeError, std::invalid_argument for
/// blank, and IndexError naming the first length or class out of range, or the blank in a target.
Tensor ctc_rows(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, std::int64_t blank = 0);

}  // namespace descent
