// Sophia-G: momentum over an estimate of the Hessian's diagonal, clipped element by element.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of SophiaG, with the defaults of the paper's code.
struct SophiaGOptions {
  double lr = 1e-4;
  std::pair<double, double> betas = {0.965, 0.99};
  double rho = 0.04;          ///< ρ: smaller, and fewer elements are clipped; in the paper γ
  double weight_decay = 0.1;  ///< λ: parameters shrink by the factor 1 − lr·λ a step
  double bs = 5120;           ///< B, the number of examples (tokens) in the batch behind update_hessian
  bool maximize = false;

  static constexpr const char* kName = "SophiaG";
  static constexpr std::array kSlots{"exp_avg", "hessian"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero}, {"betas", &betas, Range::ZeroToOne},
            {"rho", &rho, Range::AboveZero}, {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"bs", &bs, Range::AboveZero},   {"maximize", &maximize}};
  }
};

/// m ← β1·m + (1 − β1)·g
/// p ← p·(1 − lr·weight_decay) − lr·sign(m)·min(|m|/(ρ·B·h + 1e-15), 1)
/// every k steps, by update_hessian():   h ← β2·h + (1 − β2)·ĝ²
///
/// B·ĝ² is the Gauss-Newton-Bartlett estimate: ĝ is the gradient of the mean loss of a batch on labels that are drawn
/// from the model's own predictions. So every 10 steps or so, after step():
///
///     opt.zero_grad();
///     const Tensor logits = net(x);
///     cross_entropy(logits, multinomial(softmax(logits.detach(), 1), 1).squeeze(1)).backward();
///     opt.update_hessian();
///     opt.zero_grad();
///
/// Without it h is 0 and every step is lr·sign(m). Sophia, Liu et al. (2023), https://arxiv.org/abs/2305.14342.
class SophiaG final : public OptimizerWith<SophiaGOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  /// Takes the gradients that are there into h; nothing else changes. Throws as step().
  void update_hessian();

 private:
  void update(GroupStep& step) override;
  void save_more(StateDict& out) const override;
};

}  // namespace descent::optim
