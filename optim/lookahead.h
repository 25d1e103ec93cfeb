// Lookahead: slow weights that follow the ones that another optimizer moves.
#pragma once

#include "wrapper.h"

namespace descent::optim {

/// Options of Lookahead, with the paper's defaults.
struct LookaheadOptions {
  std::int64_t k = 5;  ///< inner steps between two steps of the slow weights
  double alpha = 0.5;  ///< how far the slow weights go, in [0, 1]

  static constexpr const char* kName = "Lookahead";
  std::vector<Option> fields() { return {{"k", &k, Range::AtLeastOne}, {"alpha", &alpha, Range::UnitInterval}}; }
};

/// Every k steps of the wrapped optimizer on the fast weights p:   s ← s + alpha·(p − s),   p ← s
/// Lookahead, Zhang, Lucas, Hinton and Ba (2019), https://arxiv.org/abs/1907.08610. The slow weights s start where the
/// parameters stand before the first step; the wrapped optimizer's state is kept over a synchronisation. Wraps every
/// optimizer; one that needs a closure gets it.
class Lookahead final : public Wrapper {
 public:
  explicit Lookahead(Optimizer& inner, const LookaheadOptions& options = {});

  /// One per parameter of all groups, in order; empty before the first step.
  const std::vector<Tensor>& slow_weights() const noexcept { return slow_; }
  /// p ← s now, as before an evaluation in the middle of k steps.
  void copy_slow_weights();
  std::int64_t state_bytes() const override;

 private:
  void do_step() override;
  Tensor do_step(const std::function<Tensor()>& closure) override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;
  void prepare();
  void advance();

  std::int64_t count_ = 0;  // steps since the last synchronisation
  std::vector<Tensor> slow_;
};

}  // namespace descent::optim
