// The training loop.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "../data/loader.h"
#include "history.h"
#include "learner.h"

namespace descent::optim {
class Optimizer;
class Scheduler;
}  // namespace descent::optim

namespace descent::train {

class Diagnostics;

/// Options of fit.
struct FitOptions {
  std::int64_t epochs = 1;
  data::DataLoader* validation = nullptr;  ///< evaluated after each epoch
  optim::Scheduler* scheduler = nullptr;
  /// When the scheduler steps: after each "epoch", or after each "step", as OneCycleLR and warm-ups want.
  std::string scheduler_interval = "epoch";
  /// What a schedule that needs a metric gets of each epoch. Unless given: the validation loss, without validation the
  /// training loss. `[](const train::Epoch& e) { return e.validation_accuracy; }` goes with mode = "max".
  std::function<double(const Epoch&)> metric{};
  std::optional<double> clip_norm = std::nullopt;  ///< largest norm of all gradients together
  Diagnostics* diagnostics = nullptr;              ///< told of every step
  bool progress = true;                            ///< show it
  std::ostream* log = nullptr;                     ///< where; std::cout unless given
};

History fit(const Learner& learner, optim::Optimizer& opt, data::DataLoader& loader, const FitOptions& options);

/// Trains: for every batch (x, y) of every epoch, one step of `opt` on the gradients of criterion(net(x), y), a mean
/// over the batch. The network, any callable, is in training mode meanwhile, in evaluation mode for validation, and has
/// its modes back afterwards, also when something throws. Validation is at the parameters of `opt.eval()`; afterwards
/// they are those of `opt.train()`. With clip_norm the optimizer clips (Optimizer::set_clip_norm) and no longer does
/// afterwards.
/// Throws std::invalid_argument: epochs < 0, clip_norm not positive, another scheduler_interval, or "step" for a
/// schedule that needs a metric; Error: a loader without batches, batches without a
/// target, a loss that is not finite (before the step that would spread it); ShapeError: a loss that is no single
/// number; and what the network, the criterion, the data set and the optimizer throw.
template <class Net, class Criterion>
History fit(Net&& net, Criterion&& criterion, optim::Optimizer& opt, data::DataLoader& loader,
            const FitOptions& options = {}) {
  return fit(make_learner(net, criterion), opt, loader, options);
}

}  // namespace descent::train
