// Scheduler: what all learning-rate schedules share.
#pragma once

#include <memory>

#include "optimizer.h"

namespace descent::optim {

/// Base of the schedules that set the rate of every param group once per epoch (or step, as the caller likes), in
/// PyTorch's chainable form: the next rate follows from the present one. The optimizer must outlive it.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// One epoch further: sets the rates. Throws std::invalid_argument when one is negative or not finite.
  virtual void step();

  /// The rates set last, one per param group.
  const std::vector<double>& get_last_lr() const noexcept { return last_lr_; }
  /// Epochs so far; 0 after construction.
  std::int64_t last_epoch() const noexcept { return last_epoch_; }

  /// `last_epoch`, `base_lrs`, `_last_lr`, `_step_count` and the options. The optimizer's own state holds the rates.
  virtual StateDict state_dict() const;
  /// All or nothing. Throws Error naming an entry that is missing, unexpected or of the wrong shape, or
  /// std::invalid_argument for an option out of its range.
  virtual void load_state_dict(const StateDict& state);

 protected:
  /// `options` describe the schedule; checked here. last_epoch other than −1 resumes: the groups must know their
  /// initial rate then (std::invalid_argument).
  Scheduler(const char* name, Optimizer& optimizer, std::shared_ptr<AnyOptions> options, std::int64_t last_epoch);

  /// The rate of epoch last_epoch(), from the rate of the one before and the initial one.
  virtual double next_lr(double lr, double base_lr) const = 0;
  /// True in the step that a constructor makes, when it resumes a run.
  bool starting() const noexcept { return step_count_ == 1; }
  /// The last thing that a constructor does.
  void start() { Scheduler::step(); }
  template <class O>
  const O& options() const {
    return static_cast<const OptionsOf<O>&>(*options_).value;
  }

 private:
  const char* name_;
  Optimizer* optimizer_;
  std::shared_ptr<AnyOptions> options_;
  std::int64_t last_epoch_;
  std::int64_t step_count_ = 0;
  std::vector<double> base_lrs_;
  std::vector<double> last_lr_;
};

}  // namespace descent::optim
