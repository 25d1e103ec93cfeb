// For the .cpp files of optimizers that are written with the library's ops. New values and new state of all parameters
// are computed beside the old ones while an error may still occur, and put in place once nothing can go wrong.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "../autograd/ops.h"
#include "driver-inl.h"
#include "staged.h"

namespace descent::optim::detail {

/// One parameter in one step. Tensors that it holds are shared with parameter and state: a rule replaces them, and
/// writes into none.
struct Item {
  ParamGroup* group;
  ParamState* state;
  Tensor target;              ///< the parameter
  Tensor p;                   ///< its value, contiguous; afterwards the new one
  Tensor g;                   ///< the gradient, contiguous, clipped
  std::vector<Tensor> slots;  ///< the state, zeros where it is new; afterwards the new one. Unused ones are undefined
  std::int64_t t;             ///< this update's number, from 1
  bool first;                 ///< it has no state yet
};

/// The items of a step over all groups.
class StagedStep {
 public:
  /// One phase of Optimizer::update. In Phase::Prepare calls `compute(items, last)` with the items of the group, `last`
  /// when all groups' are there: see all(). True when the last group has been put in place.
  template <class F>
  bool run(GroupStep& step, double sign, F&& compute) {
    if (step.phase == Phase::Slots) {
      step.slots_used = (1u << step.slot_names.size()) - 1;
      return false;
    }
    const NoGradGuard no_grad;
    if (step.phase == Phase::Run) return commit(step);
    try {
      const std::size_t begin = collect(step, sign);
      compute(std::span<Item>(items_).subspan(begin), is_last(step));
    } catch (...) {
      items_.clear();
      throw;
    }
    return false;
  }
  std::vector<Item>& all() { return items_; }

 private:
  static bool is_last(const GroupStep& step) { return &step.group == &step.optimizer.param_groups().back(); }
  std::size_t collect(GroupStep& step, double sign);
  bool commit(GroupStep& step);

  std::vector<Item> items_;
};

/// The step of an optimizer, made when it is first needed.
inline StagedStep& staged(std::shared_ptr<StagedStep>& held) {
  if (!held) held = std::make_shared<StagedStep>();
  return *held;
}

/// Denormals become 0, in place: for a tensor that the caller has just made.
Tensor flushed(Tensor made);
/// a·old + b·x without denormals.
inline Tensor average(const Tensor& old, double a, const Tensor& x, double b) { return flushed(old * a + x * b); }
/// Σ x, in double.
inline double total(const Tensor& x) { return x.to(float64).sum().item<double>(); }
/// Σ x², in double.
inline double squares(const Tensor& x) { return total(x.to(float64).square()); }

/// A number of a whole group that is saved with it, as `param_groups.<group>.<name>`.
struct GroupNumber {
  std::size_t group;
  const char* name;
  double value;
};
void save_numbers(StateDict& out, const std::vector<GroupNumber>& numbers);
/// Sets each value to what was saved and adds its key to `known`. Throws Error naming what is missing or not finite.
void load_numbers(const char* owner, const StateDict& state, std::vector<std::string>& known,
                  std::vector<GroupNumber>& numbers);

}  // namespace descent::optim::detail
