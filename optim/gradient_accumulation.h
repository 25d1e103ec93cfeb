// GradientAccumulation: one step for several backward passes.
#pragma once

#include "wrapper.h"

namespace descent::optim {

/// Options of GradientAccumulation.
struct GradientAccumulationOptions {
  std::int64_t steps = 1;  ///< backward passes for each step of the wrapped optimizer
  bool mean = true;        ///< step with the mean of their gradients; else with the sum

  static constexpr const char* kName = "GradientAccumulation";
  std::vector<Option> fields() { return {{"steps", &steps, Range::AtLeastOne}, {"mean", &mean}}; }
};

/// A loop over small batches, `opt.zero_grad(); loss.backward(); opt.step();`, stays as it is: zero_grad() does nothing
/// while gradients are being gathered, and only every `steps`-th step() reaches the wrapped optimizer, with
/// g = Σᵢ gᵢ/steps, or Σᵢ gᵢ. Clipping acts on that. The factor is applied on the way: `.grad` holds the sum. Where the
/// wrapped optimizer throws, the gathered gradients are given up: the next zero_grad() drops them. Saved in the middle,
/// state_dict() holds the gradients gathered so far.
///
/// Wraps every optimizer that steps from gradients; LBFGS and SAM, which evaluate the loss again, throw
/// std::invalid_argument.
class GradientAccumulation final : public Wrapper {
 public:
  explicit GradientAccumulation(Optimizer& inner, const GradientAccumulationOptions& options = {});

  void zero_grad(bool set_to_none = true) override;
  /// Backward passes gathered so far; 0 after a step of the wrapped optimizer.
  std::int64_t gathered() const noexcept { return count_; }
  /// Steps with what has been gathered, as at the end of an epoch; the mean is over that many. False without any.
  bool flush();

 private:
  void do_step() override;
  Tensor do_step(const std::function<Tensor()>& closure) override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;

  std::int64_t count_ = 0;
};

}  // namespace descent::optim
