// Polyak's step: as long as the loss says.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of PolyakSGD.
struct PolyakSGDOptions {
  double lr = 1;      ///< a factor
  double f_star = 0;  ///< f*, the least loss there is, or a bound below it
  double max_lr = 0;  ///< the largest γ, 0 for none

  static constexpr const char* kName = "PolyakSGD";
  static constexpr std::array<const char*, 0> kSlots{};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero}, {"f_star", &f_star}, {"max_lr", &max_lr, Range::AtLeastZero}};
  }
};

/// γ = min((f − f*)/‖g‖², max_lr),   0 where f <= f* or g = 0,   with the norm over all parameters
/// p ← p − lr·γ·g
///
/// Polyak (1987), Introduction to Optimization; with max_lr for batches, SPS_max: Loizou et al. (2021),
/// https://arxiv.org/abs/2002.10542, whose c is 1/lr and whose bound γ_b is lr·max_lr. f* and max_lr are those of the
/// first group. The loss f comes from the closure:
///
///     opt.step([&] { opt.zero_grad();   Tensor l = f();   l.backward();   return l; });
///
/// Throws Error, with parameters as they were: a loss that is no finite number, step() without a closure, clipping.
class PolyakSGD final : public StagedOptimizer<PolyakSGDOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;
  bool needs_closure() const noexcept override { return true; }

 private:
  void update(GroupStep& step) override;
  void do_step() override;
  Tensor do_step(const std::function<Tensor()>& closure) override;

  double f_ = 0, squares_ = 0;
};

}  // namespace descent::optim
