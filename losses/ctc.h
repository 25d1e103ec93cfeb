// Connectionist temporal classification: sequences of labels without an alignment.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of ctc_loss.
struct CTCLossOptions {
  std::int64_t blank = 0;  ///< the class that stands for no label
  Reduction reduction = Reduction::Mean;
  bool zero_infinity = false;  ///< a sample that no alignment fits gives 0 instead of infinity
  Tensor sample_weight = {};   ///< [N]
};

/// −log Σ_π Π_t exp(log_probs[t, n, π_t]) over all alignments π of length input_lengths[n] that give the target when
/// repeated labels are joined and then blanks removed. Graves et al. 2006, "Connectionist temporal classification".
///   log_probs       [T, N, C], log probabilities; unbatched [T, C]
///   targets         int64 classes, not the blank: [N, S] padded with anything, or [Σ target_lengths] one after
///   another;
///                   unbatched [S]
///   input_lengths   int64 [N], at most T;   target_lengths  int64 [N], at most S;   unbatched []
/// None gives [N]; Mean divides each sample by its target length (at least 1) first. A target that is longer, with a
/// blank between equal neighbours, than its input fits no alignment: its loss is infinite and its gradient 0.
/// The gradient is the true derivative by log_probs, −P(π_t = c); PyTorch's own assumes log_softmax in front, and
/// agrees through it. Any order of gradient. Throws ShapeError, DTypeError, IndexError naming the first length or class
/// out of range, std::invalid_argument for blank.
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CTCLossOptions& options = {});

/// ctc_loss as a module: `criterion(log_probs, targets, input_lengths, target_lengths)`.
class CTCLoss : public nn::Module {
 public:
  explicit CTCLoss(const CTCLossOptions& options = {}) : options_(options) { register_sample_weight(*this, options_); }
  Tensor operator()(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                    const Tensor& target_lengths) const {
    return with_hooks(log_probs, [&](const Tensor& x) { return forward(x, targets, input_lengths, target_lengths); });
  }
  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                 const Tensor& target_lengths) const {
    return ctc_loss(log_probs, targets, input_lengths, target_lengths, options_);
  }

 private:
  Tensor forward(const Tensor& x) final { return nn::Module::forward(x); }  // throws: this loss takes four tensors

  CTCLossOptions options_;
};

}  // namespace descent::losses
