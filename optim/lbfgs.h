// L-BFGS: a quasi-Newton method for full batches.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of LBFGS, as in PyTorch.
struct LBFGSOptions {
  double lr = 1;
  std::int64_t max_iter = 20;                           ///< most iterations in a step
  std::optional<std::int64_t> max_eval = std::nullopt;  ///< most evaluations in a step, without one max_iter·5/4
  double tolerance_grad = 1e-7;                         ///< done when no element of the gradient is larger
  double tolerance_change = 1e-9;                       ///< done when neither loss nor any parameter changes by more
  std::int64_t history_size = 100;
  std::string line_search_fn = "";  ///< or "strong_wolfe"
  bool maximize = false;

  static constexpr const char* kName = "LBFGS";
  static constexpr std::array<const char*, 0> kSlots{};
  static constexpr const char* kLineSearches[] = {"", "strong_wolfe"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"max_iter", &max_iter, Range::AtLeastOne},
            {"max_eval", &max_eval, Range::AtLeastOne},
            {"tolerance_grad", &tolerance_grad, Range::AtLeastZero},
            {"tolerance_change", &tolerance_change, Range::AtLeastZero},
            {"history_size", &history_size, Range::AtLeastOne},
            {"line_search_fn", &line_search_fn, kLineSearches},
            {"maximize", &maximize}};
  }
};

/// p ← p + t·d,   d = −H·g, H from the last history_size pairs s = Δp, y = Δg by the two-loop recursion, starting from
/// H = (sᵀy/yᵀy)·1; t = lr, in the first iteration min(1, 1/‖g‖₁)·lr, or from a line search.
///
/// L-BFGS, Nocedal (1980), https://doi.org/10.1090/S0025-5718-1980-0572855-7, Liu and Nocedal (1989); line search with
/// the strong Wolfe conditions: Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, in the form
/// of PyTorch. All parameters together are one vector, so there is one param group; parameters without a gradient
/// count as having a gradient of zero. A step needs the closure:
/// `Tensor loss = lbfgs.step([&] { lbfgs.zero_grad(); Tensor l = f(); l.backward(); return l; });`
/// and returns the loss at its beginning. Where the line search meets a loss that is not finite it halves the step.
/// Throws Error, with parameters and state as they were before the step: a loss that is not finite at the beginning or
/// after a step without line search, step() without a closure, clipping; and what the closure throws.
class LBFGS final : public OptimizerWith<LBFGSOptions> {
 public:
  explicit LBFGS(const std::vector<Tensor>& params, const LBFGSOptions& options = {})
      : OptimizerWith(params, options) {}
  void add_param_group(const Group<LBFGSOptions>& group) = delete;
  std::int64_t state_bytes() const override;
  bool needs_closure() const noexcept override { return true; }

 private:
  /// What is kept between steps, under PyTorch's names; tensors are never written, so that copies can share them.
  struct Memory {
    std::int64_t func_evals = 0, n_iter = 0;
    Tensor d, prev_flat_grad;  // [n], of all parameters
    double t = 0, H_diag = 1, prev_loss = 0;
    std::vector<Tensor> old_dirs, old_stps;  // y and s, oldest first
    std::vector<double> ro;                  // 1/sᵀy
  };
  class Run;  // one step

  void update(GroupStep& step) override;
  void do_step() override;
  Tensor do_step(const std::function<Tensor()>& closure) override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;

  Memory memory_;
};

}  // namespace descent::optim
