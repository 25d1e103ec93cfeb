// Scheduler: what all learning-rate schedules share.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "optimizer.h"

namespace descent::optim {

/// Base of the schedules that set the rate of every param group once per epoch (or step, as the caller likes), most in
/// PyTorch's chainable form: the next rate follows from the present one. Groups that are added to the optimizer later
/// are left alone. The optimizer must outlive it.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// One epoch further: sets the rates. Throws std::invalid_argument when one is negative or not finite, and leaves
  /// everything as it was.
  virtual void step();
  /// True for a schedule whose step takes a metric, ReduceLROnPlateau.
  virtual bool needs_metric() const noexcept { return false; }
  /// For loops that take any schedule: step(metric) where it needs one, else step().
  virtual void step_with(double /*metric*/) { step(); }

  /// The rates set last, one per param group.
  const std::vector<double>& get_last_lr() const noexcept { return last_lr_; }
  /// Epochs so far; 0 after construction.
  std::int64_t last_epoch() const noexcept { return last_epoch_; }

  /// `last_epoch`, `base_lrs`, `_last_lr`, `_step_count`, the options and what else the schedule counts; functions are
  /// not saved. The optimizer's own state holds the rates.
  virtual StateDict state_dict() const;
  /// All or nothing. Throws Error naming an entry that is missing, unexpected or of the wrong shape, or
  /// std::invalid_argument for an option out of its range.
  void load_state_dict(const StateDict& state) { prepare_load(state)(); }

 protected:
  /// `options` describe the schedule; checked here. last_epoch other than −1 resumes: the groups must know their
  /// initial rate then (std::invalid_argument).
  Scheduler(const char* name, Optimizer& optimizer, std::shared_ptr<AnyOptions> options, std::int64_t last_epoch);

  /// The rate of epoch last_epoch() for a group, from the rate of the epoch before and the initial one.
  virtual double next_lr(std::size_t group, double lr, double base_lr) const = 0;
  /// The rate of epoch 0 where a SequentialLR hands over: lr is the rate that the schedule before has left.
  virtual double first_lr(std::size_t group, double, double base_lr) const { return next_lr(group, base_lr, base_lr); }
  /// The momentum (or beta1) of epoch last_epoch(), for schedules that cycle it.
  virtual std::optional<double> next_momentum(std::size_t) const { return std::nullopt; }

  /// The last thing that a constructor does, and the first that changes the optimizer: the rates of epoch
  /// last_epoch() + 1. Also the beginning of a SequentialLR.
  virtual void start();
  /// Epoch 0 again, by first_lr.
  virtual void restart();
  /// One epoch back, without touching the rates.
  virtual void rewind() noexcept { --last_epoch_; }
  /// What brings the schedule (not the rates) back to where it is now.
  virtual std::function<void()> undo();
  /// Checks a state and returns what puts it in place, which does not throw.
  virtual std::function<void()> prepare_load(const StateDict& state);

  /// True in the step that a constructor makes, when it resumes a run.
  bool starting() const noexcept { return step_count_ == 1; }
  /// Sets last_epoch() and the rates of that epoch.
  void go_to(std::int64_t epoch, bool first = false);
  /// Numbers that state_dict saves under this name, besides the options; call it before start(). A range of nullopt
  /// takes infinities, too. A list keeps its length unless `resizable`.
  void keep(const char* name, double& number, std::optional<Range> range);
  void keep(const char* name, std::vector<double>& list, Range range, bool resizable = false);

  template <class O>
  const O& options() const {
    return static_cast<const OptionsOf<O>&>(*options_).value;
  }
  Optimizer& optimizer() const noexcept { return *optimizer_; }
  const char* name() const noexcept { return name_; }
  std::size_t groups() const noexcept { return base_lrs_.size(); }
  double base_lr(std::size_t group) const { return base_lrs_[group]; }
  /// For constructors: another initial rate than the one that the group has.
  void set_base_lr(std::size_t group, double lr) { base_lrs_[group] = lr; }
  /// True unless every group has a momentum or betas.
  bool lacks_momentum() const;

 private:
  friend class CompositeScheduler;
  struct Kept {
    const char* name;
    double* number;  // or
    std::vector<double>* list;
    std::optional<Range> range;
    bool resizable;
  };

  const char* name_;
  Optimizer* optimizer_;
  std::shared_ptr<AnyOptions> options_;
  std::int64_t last_epoch_;
  std::int64_t step_count_ = 0;
  std::vector<double> base_lrs_;
  std::vector<double> last_lr_;
  std::vector<Kept> kept_;
};

}  // namespace descent::optim
