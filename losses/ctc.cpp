#include "ctc.h"

#include <limits>

#include "../autograd/ops/ctc.h"
#include "../autograd/ops/logic.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/shape.h"
#include "checks-inl.h"

namespace descent::losses {

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CTCLossOptions& options) {
  constexpr const char* kName = "ctc_loss";
  check_reduction(kName, options.reduction);
  check_floating(kName, "log_probs", log_probs);
  const bool batched = log_probs.dim() == 3;
  Tensor losses;
  if (batched) {
    losses = ctc_rows(log_probs, targets, input_lengths, target_lengths, options.blank);
  } else {
    if (log_probs.dim() != 2) {
      fail<ShapeError>(kName, "log_probs must be [T, N, C] or [T, C], got {}", log_probs.shape());
    }
    for (const Tensor* t : {&targets, &input_lengths, &target_lengths}) {
      if (!t->defined()) fail<Error>(kName, "targets or lengths are undefined");
    }
    if (targets.dim() != 1) fail<ShapeError>(kName, "targets of one sample must be [S], got {}", targets.shape());
    if (input_lengths.numel() != 1 || target_lengths.numel() != 1) {
      fail<ShapeError>(kName, "lengths of one sample must have one element, got {} and {}", input_lengths.shape(),
                       target_lengths.shape());
    }
    losses = ctc_rows(log_probs.unsqueeze(1), targets.unsqueeze(0), input_lengths.reshape({1}),
                      target_lengths.reshape({1}), options.blank);
  }
  if (options.zero_infinity) losses = where(isinf(losses), 0.0, losses);
  if (options.reduction == Reduction::Mean) {
    const Tensor lengths = clamp(target_lengths.detach().reshape({losses.numel()}), 1.0).to(losses.dtype());
    losses = losses / lengths;
  }
  if (!batched) losses = losses.squeeze(0);
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

}  // namespace descent::losses
