// DoG: the distance gone over the gradients' size as the rate.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of DoG, with the defaults of the paper's code.
struct DoGOptions {
  double lr = 1;            ///< a factor; leave it at 1
  double reps_rel = 1e-6;   ///< the first step's length is about reps_rel·(1 + ‖p‖)
  double eps = 1e-8;        ///< added to the sum of squares
  double weight_decay = 0;  ///< λ of an L2 penalty, added to the gradient
  bool maximize = false;

  static constexpr const char* kName = "DoG";
  static constexpr std::array kSlots{"init_buffer"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"reps_rel", &reps_rel, Range::AboveZero},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
};

/// r̄ ← max(r̄, ‖p − p0‖),   r̄ = reps_rel·(1 + ‖p0‖) at first,   with p0 where p began
/// G ← G + ‖g‖²,   G = eps at first;   norms over all of a group that has had a gradient
/// p ← p − lr·r̄/√G·g
///
/// DoG, Ivgi, Hinder and Carmon (2023), https://arxiv.org/abs/2302.12022. The parameters keep moving: its authors
/// evaluate an average of them, `optim::SWA(params, {.gamma = 8})`. A group for each layer gives the layer-wise
/// variant.
class DoG final : public StagedOptimizer<DoGOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;

 private:
  struct Numbers {
    double rbar = 0, G = 0;  // 0 before the first step
  };
  void update(GroupStep& step) override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;

  std::vector<Numbers> now_, next_;  // per group, may be shorter
};

}  // namespace descent::optim
