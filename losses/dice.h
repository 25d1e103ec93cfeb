// The Dice loss, for masks of which little is set.
#pragma once

#include "loss.h"

namespace descent::losses {

/// Options of dice_loss.
struct DiceLossOptions {
  double smooth = 1.0;         ///< ε >= 0, in numerator and denominator
  bool squared = false;        ///< Σp² + Σt² in the denominator, as Milletari et al. have it
  std::int64_t start_dim = 1;  ///< sums run over this dim and all behind: 2 keeps the channels of [N, C, H, W] apart
  Reduction reduction = Reduction::Mean;
  Tensor sample_weight = {};  ///< [N] or more dims: factors of the unreduced loss
};

/// 1 − (2·Σ p·t + ε)/(Σ p + Σ t + ε), sums over the dims from start_dim on, then reduced: p = input and t = target are
/// probabilities of one shape. 0 where both sums and ε are 0. Milletari et al. 2016, "V-Net". Throws ShapeError,
/// DTypeError, IndexError for start_dim, Error naming the first probability outside [0, 1], std::invalid_argument.
Tensor dice_loss(const Tensor& input, const Tensor& target, const DiceLossOptions& options = {});

/// dice_loss as a module.
class DiceLoss : public FunctionLoss<DiceLossOptions, dice_loss> {
 public:
  using FunctionLoss::FunctionLoss;
};

}  // namespace descent::losses
