// Optimizer: what all optimizers share. It owns param groups, step counts and state, checks, saves and loads; what a
// step computes stands in one file per optimizer.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "../autograd/grad_mode.h"
#include "../autograd/state_dict.h"
#include "clip.h"
#include "param_group.h"

namespace descent::autograd {
struct Storage;
}

namespace descent::optim {

/// What an optimizer keeps for one parameter.
struct ParamState {
  std::int64_t step = 0;      ///< updates so far
  std::vector<Tensor> slots;  ///< one per name of the optimizer's slots; undefined until needed
  unsigned fresh = 0;         ///< bit i: slot i was made for the update to come

  // Slots were checked against a parameter of this type and shape: a step need not look at them again.
  std::uint64_t fits = 0;       ///< detail::fingerprint of it, 0: of none
  unsigned ready = 0;           ///< bit i: slot i was among them
  std::array<void*, 4> data{};  ///< where the elements of the first slots lie

  // What Phase::Prepare found, so that a step reads the headers of many small parameters once.
  DType dtype = DType::Float32;
  bool has_gradient = false;
  void* values = nullptr;  ///< the parameter's elements; null where it or its gradient has gaps or is sparse
  const void* gradient = nullptr;
  std::int64_t numel = 0;
  autograd::Storage* storage = nullptr;  ///< the parameter's
};

/// What a state tensor has to look like. A slot that is not `used` stays undefined for the parameter.
struct SlotSpec {
  Shape shape;
  DType dtype;
  bool used = true;
};

/// What Optimizer::update is called for. A step is Prepare for all groups, then Run for all: what can throw comes
/// before anything has changed.
enum class Phase {
  Slots,    ///< say which slots a parameter that was updated must have
  Prepare,  ///< check gradients, make state; may throw
  Run       ///< compute; does not throw
};

class Optimizer;
namespace detail {
class UsedGradients;
}

/// One param group of one step, as Optimizer::update sees it.
struct GroupStep {
  const Optimizer& optimizer;
  const char* owner;
  const std::vector<const char*>& slot_names;
  ParamGroup& group;
  std::vector<ParamState>& states;
  Phase phase;
  double scale = 1;                                        ///< multiplies every gradient: clipping
  double limit = std::numeric_limits<double>::infinity();  ///< then elements are cut to [−limit, limit]
  const std::vector<std::vector<double>>* factors{};       ///< of each parameter: none, one, or one for each row
  unsigned slots_used = 0;                                 ///< answer to Phase::Slots, bit i for slot i

  /// What the gradient of parameter i is to be multiplied by, and each of its rows (all dims but the first) on top.
  double scale_of(std::size_t i) const {
    return !factors || (*factors)[i].size() != 1 ? scale : scale * (*factors)[i][0];
  }
  std::span<const double> rows_of(std::size_t i) const {
    return !factors || (*factors)[i].size() < 2 ? std::span<const double>{} : (*factors)[i];
  }
};

/// Base of all optimizers. Not copyable or movable: schedulers point to it.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// Drops the gradients of all parameters, or fills them with zeros in place.
  virtual void zero_grad(bool set_to_none = true);

  /// One update from the gradients that are there. Parameters without one are skipped: their values, state and step
  /// count stay. Gradients are never written, nothing is recorded, in any grad mode. Throws before anything has
  /// changed: DTypeError or ShapeError when gradient or state do not fit a parameter, Error with clipping on a
  /// non-finite norm, Error for a sparse gradient that the optimizer does not take.
  void step();

  /// Calls `closure`, which evaluates the loss and its gradients, with recording on; then steps. Returns the loss.
  template <class F>
  requires std::convertible_to<std::invoke_result_t<F&>, Tensor> Tensor step(F&& closure) {
    return step_with([&closure]() -> Tensor { return closure(); });
  }

  /// Puts into the parameters what is to be evaluated, and back what is trained. Only the schedule-free ones tell them
  /// apart.
  virtual void eval() {}
  virtual void train() {}

  /// Of a wrapper, those of the optimizer inside.
  std::vector<ParamGroup>& param_groups() noexcept { return wrapped_ ? wrapped_->param_groups() : groups_; }
  const std::vector<ParamGroup>& param_groups() const noexcept { return wrapped_ ? wrapped_->param_groups() : groups_; }

  /// A copy of state and options, with PyTorch's names: `state.<i>.step` and one `state.<i>.<slot>` per state tensor,
  /// i counting the parameters of all groups in order; `param_groups.<g>.<option>` (0-dim float64, a pair as [2]) and
  /// `param_groups.<g>.params`, the indices (int64). Parameters that were never updated have no state.
  virtual StateDict state_dict() const;
  /// All or nothing: copies everything, options included, and throws Error naming each entry of the state that is
  /// missing, unexpected or of the wrong shape, std::invalid_argument for an option out of its range. Options that are
  /// missing keep their values, as in a state from before there was such an option; so may `params` be missing, and
  /// `step` where it does not matter (SGD, whose state in PyTorch has none).
  virtual void load_state_dict(const StateDict& state);

  /// Bytes of all state tensors.
  virtual std::int64_t state_bytes() const;
  /// What state tensor number `slot` looks like for a parameter with the group's options: like the parameter, unless an
  /// optimizer keeps numbers per tensor or per row. Throws std::invalid_argument where the options do not fit p.
  virtual SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const;

  /// From now on step() clips as clip_grad_norm_ would, over all parameters together, without writing gradients: the
  /// factor is applied on the way. An infinite max_norm switches it off.
  virtual void set_clip_norm(double max_norm, const ClipGradNormOptions& options = {});
  /// The norm that the last clipped step measured, before clipping; NaN before the first.
  virtual double grad_norm() const noexcept { return grad_norm_; }
  /// What clipping in the last step made of the length of p's gradient: below 1 where it cut, 1 before the first step.
  /// Adaptive clipping cuts rows, clipping by value elements: there it is measured on the gradient, which has to be
  /// there still.
  virtual double clip_factor(const Tensor& p) const;
  /// From now on step() clips as clip_grad_agc_ would, without writing gradients, and before set_clip_norm acts.
  /// Infinity switches it off.
  virtual void set_clip_agc(double clipping, const ClipAgcOptions& options = {});
  /// From now on step() clamps as clip_grad_value_ would, without writing gradients, after set_clip_agc and
  /// set_clip_norm have acted. Infinity switches it off.
  virtual void set_clip_value(double clip_value);
  /// From now on step() without a closure throws Error where a gradient is still that of the last step: nobody has
  /// written it since. Off by default; while on, the memory of each gradient is kept until the next step.
  void set_error_if_gradient_reused(bool on);
  /// Throws Error for a sparse gradient that step() would not take.
  void check_sparse() const;
  /// True where step() without a closure throws: LBFGS, SAM.
  virtual bool needs_closure() const noexcept { return false; }

  const char* name() const noexcept { return name_; }

 protected:
  Optimizer(const char* name, std::vector<const char*> slot_names);
  /// A wrapper, without groups of its own.
  Optimizer(const char* name, Optimizer& wrapped) : name_(name), wrapped_(&wrapped) {}

  /// Throws std::invalid_argument: an undefined or non-leaf tensor, one that is already there, an option out of range.
  void add_group(const std::vector<Tensor>& params, std::shared_ptr<AnyOptions> options);
  [[noreturn]] void empty_list() const;

  /// What one step does to one group. See GroupStep.
  virtual void update(GroupStep& step) = 0;
  virtual void do_step();
  virtual Tensor do_step(const std::function<Tensor()>& closure);
  /// State that is no slot, of optimizers that have such: adds it to `out`.
  virtual void save_more(StateDict& out) const;
  /// Reads what save_more wrote and adds its keys to `known`. Throws for wrong values and changes nothing; the result,
  /// if there is one, puts it in place and does not throw.
  virtual std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known);
  /// Does a step depend on how many there were before?
  virtual bool counts_steps() const { return true; }
  /// May the gradients of this group be sparse?
  virtual bool takes_sparse(const ParamGroup&) const { return false; }
  bool clips() const noexcept {
    constexpr double kOff = std::numeric_limits<double>::infinity();
    return max_norm_ != kOff || agc_ != kOff || clip_value_ != kOff;
  }
  /// Per group and parameter, for optimizers that do more than step.
  std::vector<std::vector<ParamState>>& states() noexcept { return states_; }
  const std::vector<std::vector<ParamState>>& states() const noexcept { return states_; }

 private:
  friend class Wrapper;
  Tensor step_with(const std::function<Tensor()>& closure);
  double clip();
  Optimizer& innermost() noexcept { return wrapped_ ? wrapped_->innermost() : *this; }

  const char* name_;
  std::vector<const char*> slot_names_;
  std::vector<ParamGroup> groups_;
  std::vector<std::vector<ParamState>> states_;  // per group and parameter
  double max_norm_ = std::numeric_limits<double>::infinity();
  ClipGradNormOptions clip_;
  double grad_norm_ = std::numeric_limits<double>::quiet_NaN();
  double clip_factor_ = 1;  // of all gradients together
  double agc_ = std::numeric_limits<double>::infinity();
  ClipAgcOptions agc_options_;
  double clip_value_ = std::numeric_limits<double>::infinity();
  double clip_limit_ = std::numeric_limits<double>::infinity();  // in the last step, of gradients before factor_
  Optimizer* wrapped_ = nullptr;
  double factor_ = 1;  // of all gradients in this step: a wrapper that averages them
  std::vector<std::vector<std::vector<double>>> factors_;  // per group and parameter: GroupStep::factors
  std::shared_ptr<detail::UsedGradients> used_;            // where set_error_if_gradient_reused is on
};

/// Parameters with options of their own: `change` edits a copy of the optimizer's defaults.
template <class O>
struct Group {
  std::vector<Tensor> params;
  std::function<void(O&)> change{};  // g++ 12 rejects `= {}` here
};

/// An optimizer with options of type O, which names it and its state: kName, kSlots. The bodies of its functions are
/// in driver-inl.h, and each optimizer's .cpp file instantiates them: programs that use one compile none of it.
template <class O>
class OptimizerWith : public Optimizer {
 public:
  /// One group. Parameters that need no gradient are allowed. Throws std::invalid_argument: no parameters, one of them
  /// undefined, not a leaf or given twice; an option out of its range.
  explicit OptimizerWith(const std::vector<Tensor>& params, const O& options = {});

  /// Several groups, each starting from `options`. Throws as above.
  explicit OptimizerWith(const std::vector<Group<O>>& groups, const O& options = {});

  /// One more group, starting from the optimizer's defaults. Throws as the constructor, leaving the optimizer as it
  /// was.
  void add_param_group(const Group<O>& group);

 private:
  O defaults_;
};

}  // namespace descent::optim
