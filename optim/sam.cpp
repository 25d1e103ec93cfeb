#include "sam.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"
#include "asam.h"
#include "gradient_accumulation.h"

namespace descent::optim {

SharpnessAware::SharpnessAware(const char* name, Optimizer& inner, std::shared_ptr<AnyOptions> options)
    : Wrapper(name, inner, std::move(options)) {
  if (inner.needs_closure()) {
    fail<std::invalid_argument>(name, "cannot wrap {}, which evaluates the loss itself", inner.name());
  }
  for (const Optimizer* o = &inner; o;) {
    if (dynamic_cast<const GradientAccumulation*>(o)) {
      fail<std::invalid_argument>(name, "cannot wrap GradientAccumulation: its gradients outlive an evaluation");
    }
    const auto* wrapper = dynamic_cast<const Wrapper*>(o);
    o = wrapper ? &wrapper->inner() : nullptr;
  }
}

void SharpnessAware::first_step(bool clear) {
  if (moved_) fail<Error>(name(), "first_step must be followed by second_step");
  refuse_sparse();
  const NoGradGuard no_grad;
  struct Move {
    Tensor p, before, direction;
  };
  std::vector<Move> moves;
  std::vector<Tensor> measured;
  for (const Tensor& p : parameters()) {
    if (!p.grad().defined()) continue;
    const Tensor scale = scale_of(p), g = p.grad().detach();
    Tensor of_norm = scale.defined() ? scale * g : g;
    moves.push_back({p, p.detach().clone(), scale.defined() ? scale * of_norm : g});
    Tensor holder = zeros_like(p.detach());
    holder.set_grad(of_norm);
    measured.push_back(holder);
  }
  const double norm = optim::grad_norm(measured, {.error_if_nonfinite = false});
  if (!std::isfinite(norm)) fail<Error>(name(), "the norm of the gradients must be finite, got {}", norm);
  if (norm > 0) {
    for (Move& move : moves) move.direction = move.before + move.direction * (radius() / norm);
  }
  before_.reserve(moves.size());
  for (Move& move : moves) {
    before_.emplace_back(move.p, move.before);
    if (norm > 0) move.p.copy_(move.direction);
  }
  moved_ = true;
  if (clear) zero_grad();
}

void SharpnessAware::restore() noexcept {
  const NoGradGuard no_grad;
  for (auto& [p, value] : before_) p.copy_(value);
  before_.clear();
  moved_ = false;
}

void SharpnessAware::second_step(bool clear) {
  if (!moved_) fail<Error>(name(), "second_step must come after first_step");
  restore();
  inner().step();
  if (clear) zero_grad();
}

void SharpnessAware::do_step() {
  fail<Error>(name(), "step needs a closure that evaluates the loss and its gradients, or first_step and second_step");
}

Tensor SharpnessAware::do_step(const std::function<Tensor()>& closure) {
  if (moved_) fail<Error>(name(), "first_step must be followed by second_step");
  const GradModeGuard recording(true);
  const Tensor loss = closure();
  first_step();
  try {
    closure();
  } catch (...) {
    restore();
    throw;
  }
  second_step();
  return loss;
}

void SharpnessAware::save_more(StateDict&) const {
  if (moved_) fail<Error>(name(), "state_dict must not come between first_step and second_step");
}

std::function<void()> SharpnessAware::load_more(const StateDict&, std::vector<std::string>&) {
  if (moved_) fail<Error>(name(), "load_state_dict must not come between first_step and second_step");
  return {};
}

SAM::SAM(Optimizer& inner, const SAMOptions& options)
    : SharpnessAware(SAMOptions::kName, inner, std::make_shared<OptionsOf<SAMOptions>>(options)) {}

double SAM::radius() const { return options<SAMOptions>().rho; }

ASAM::ASAM(Optimizer& inner, const ASAMOptions& options)
    : SharpnessAware(ASAMOptions::kName, inner, std::make_shared<OptionsOf<ASAMOptions>>(options)) {}

double ASAM::radius() const { return options<ASAMOptions>().rho; }

Tensor ASAM::scale_of(const Tensor& p) const { return abs(p.detach()) + options<ASAMOptions>().eta; }

}  // namespace descent::optim
