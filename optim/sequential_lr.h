// SequentialLR: one schedule after the other.
#pragma once

#include "composite_scheduler.h"

namespace descent::optim {

/// Options of SequentialLR, as in PyTorch. A run is resumed by load_state_dict, not by a last_epoch.
struct SequentialLROptions {
  std::vector<Scheduler*> schedulers = {};    ///< all of the same optimizer; they must outlive the SequentialLR
  std::vector<std::int64_t> milestones = {};  ///< increasing: the epochs at which the next schedule takes over

  static constexpr const char* kName = "SequentialLR";
  std::vector<Option> fields() { return {}; }
  /// Throws std::invalid_argument unless there is one milestone between any two schedules, each larger than the last.
  void check() const;
};

/// Schedule i drives epochs milestones[i − 1] … milestones[i] − 1 and begins with its own epoch 0, in closed form where
/// it has one (MultiplicativeLR goes on from the present rate). Construction sets the rates to the first schedule's
/// epoch 0, whatever the constructors of the others have set. Step and save only the SequentialLR.
class SequentialLR final : public CompositeScheduler {
 public:
  /// Throws std::invalid_argument: see SequentialLROptions and CompositeScheduler.
  SequentialLR(Optimizer& optimizer, const SequentialLROptions& options);

  void step() override;

 private:
  void start() override;
  void restart() override;
  void rewind() noexcept override;
  std::function<void()> prepare_load(const StateDict& state) override;

  std::vector<double> milestones_;
};

}  // namespace descent::optim
