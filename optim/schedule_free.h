// Schedule-free SGD and AdamW: an average of the iterates takes the place of a schedule that ends.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of ScheduleFreeSGD, with the defaults of the paper's code.
struct ScheduleFreeSGDOptions {
  double lr = 1;
  double momentum = 0.9;          ///< β, in (0, 1): y lies so far on the way from z to x
  double weight_decay = 0;        ///< λ of an L2 penalty at y
  std::int64_t warmup_steps = 0;  ///< γ rises linearly to lr in so many steps
  double r = 0;                   ///< weights of the average grow as tʳ
  double weight_lr_power = 2;     ///< and as this power of the largest γ so far
  bool maximize = false;

  static constexpr const char* kName = "ScheduleFreeSGD";
  static constexpr std::array kSlots{"z", "weight_sum", "lr_max"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"momentum", &momentum, Range::ZeroToOne},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"warmup_steps", &warmup_steps, Range::AtLeastZero},
            {"r", &r, Range::AtLeastZero},
            {"weight_lr_power", &weight_lr_power, Range::AtLeastZero},
            {"maximize", &maximize}};
  }
  void check() const;
};

/// Options of ScheduleFreeAdamW, with the defaults of the paper's code.
struct ScheduleFreeAdamWOptions {
  double lr = 0.0025;
  std::pair<double, double> betas = {0.9, 0.999};  ///< β1 in (0, 1): y lies so far on the way from z to x
  double eps = 1e-8;
  double weight_decay = 0;        ///< λ, decoupled, at y
  std::int64_t warmup_steps = 0;  ///< γ rises linearly to lr in so many steps
  double r = 0;                   ///< weights of the average grow as tʳ
  double weight_lr_power = 2;     ///< and as this power of the largest γ so far
  bool maximize = false;
  bool correct_rate = false;  ///< γ ← γ·√(1 − β2ᵗ), weights included, in place of dividing v by 1 − β2ᵗ

  static constexpr const char* kName = "ScheduleFreeAdamW";
  static constexpr std::array kSlots{"z", "exp_avg_sq", "weight_sum", "lr_max"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"warmup_steps", &warmup_steps, Range::AtLeastZero},
            {"r", &r, Range::AtLeastZero},
            {"weight_lr_power", &weight_lr_power, Range::AtLeastZero},
            {"maximize", &maximize},
            {"correct_rate", &correct_rate}};
  }
  void check() const;
};

/// What both have: the parameters hold y, where gradients are taken, in training, and the average x after eval().
///
///     opt.eval();   evaluate(net);   opt.train();
///
/// A new optimizer is in training. Switching forth and back may change last bits of the parameters. The mode is part of
/// state_dict, for parameters saved along with it: save in either mode. step() after eval() throws Error.
template <class O>
class ScheduleFree : public OptimizerWith<O> {
 public:
  using OptimizerWith<O>::OptimizerWith;
  /// Puts y into the parameters, y = x + (1 − β)·(z − x). Nothing happens in training.
  void train() final { switch_to(true); }
  /// Puts x into the parameters, x = y + (1 − 1/β)·(z − y). Nothing happens after eval().
  void eval() final { switch_to(false); }
  bool is_training() const noexcept { return training_; }
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void switch_to(bool training);
  void do_step() override;
  void save_more(StateDict& out) const override;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) override;

  bool training_ = true;
};

/// γ = lr·min(1, t/warmup_steps),   w = tʳ·(max γ so far)^weight_lr_power,   c = w/Σw
/// x ← (1 − c)·x + c·z'   with z' = z − γ·u,   u = g + weight_decay·y
/// y ← (1 − β)·z' + β·x   which is   y + c·(z − y) + γ·(β·(1 − c) − 1)·u,   so that x need not be kept
///
/// Schedule-Free SGD, Defazio et al. (2024), https://arxiv.org/abs/2405.15682. Sums and counts are each parameter's
/// own.
class ScheduleFreeSGD final : public ScheduleFree<ScheduleFreeSGDOptions> {
 public:
  using ScheduleFree::ScheduleFree;

 private:
  void update(GroupStep& step) override;
};

/// As ScheduleFreeSGD with β = β1 and
/// v ← β2·v + (1 − β2)·g²,   u = g/(√(v/(1 − β2ᵗ)) + eps) + weight_decay·y
///
/// Schedule-Free AdamW, Defazio et al. (2024), https://arxiv.org/abs/2405.15682, as in the authors' code since version
/// 1.3; the runs of the paper had the bias correction of `correct_rate`.
class ScheduleFreeAdamW final : public ScheduleFree<ScheduleFreeAdamWOptions> {
 public:
  using ScheduleFree::ScheduleFree;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
