// Hogwild: stochastic gradient descent by several threads on the same parameters, without locks.
#pragma once

#include <functional>
#include <vector>

#include "../autograd/state_dict.h"
#include "options.h"

namespace descent::optim {

/// Options of Hogwild.
struct HogwildOptions {
  double lr = 1e-2;
  std::int64_t workers = 2;
  bool simulate = false;  ///< one thread plays all workers in an order drawn from `seed`: the same bits every time
  std::int64_t seed = 0;

  static constexpr const char* kName = "Hogwild";
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"workers", &workers, Range::AtLeastOne},
            {"simulate", &simulate},
            {"seed", &seed}};
  }
};

/// What a run of Hogwild reports.
struct HogwildReport {
  std::int64_t updates = 0;
  double mean_staleness = 0;       ///< updates by others between a worker's read and its write, on average
  std::int64_t max_staleness = 0;  ///< and at most
  std::vector<double> losses{};    ///< by step
};

/// Each worker, again and again: reads the parameters x into a copy x̂, element by element while others write; computes
/// g = ∇f(x̂); and for each element with gᵢ ≠ 0 does xᵢ ← xᵢ − lr·gᵢ atomically. Hogwild, Niu, Recht, Ré and Wright
/// (2011), https://arxiv.org/abs/1106.5730. All accesses to shared elements are relaxed atomics, so there is no data
/// race; it works well where each gradient is sparse or the staleness small. With one worker it is SGD, to the bit. The
/// rate is its own: other optimizers keep state that would have to be shared, too, so it wraps none.
///
///     optim::Hogwild hogwild(net.parameters(), {.lr = 0.1, .workers = 4});
///     hogwild.run(1000, [&](const std::vector<Tensor>& p, std::int64_t step) { return loss_of(p, batch(step)); });
class Hogwild {
 public:
  /// The loss at these parameters, copies that belong to the worker, in step 0 <= step < steps. Called by several
  /// threads at once, with recording on.
  using Loss = std::function<Tensor(const std::vector<Tensor>& params, std::int64_t step)>;

  /// Throws std::invalid_argument: no parameters; one that is undefined, given twice, no leaf, not contiguous or not of
  /// floats; an option out of its range.
  explicit Hogwild(const std::vector<Tensor>& params, const HogwildOptions& options = {});

  /// `steps` updates in all. Returns once every worker is done; until then nothing else may use the parameters.
  /// Parameters that need no gradient are given to the loss and not changed. What the loss throws in any worker stops
  /// all of them and is thrown here, the updates so far staying; so is ShapeError for a loss of more than one element.
  /// Throws std::invalid_argument for steps < 0.
  HogwildReport run(std::int64_t steps, const Loss& loss);

  double lr() const noexcept { return options_.lr; }
  /// Throws std::invalid_argument unless finite and at least 0.
  void set_lr(double lr);
  /// Updates in all runs.
  std::int64_t updates() const noexcept { return updates_; }

  /// The options and `updates`. A simulated run draws its order from seed and updates: it continues to the same bits.
  StateDict state_dict() const;
  /// All or nothing. Throws Error naming an entry that is missing or unexpected, std::invalid_argument for a wrong
  /// value.
  void load_state_dict(const StateDict& state);

 private:
  class Shared;
  class Worker;

  std::vector<Tensor> params_;
  HogwildOptions options_;
  std::int64_t updates_ = 0;
};

}  // namespace descent::optim
