// SAM: steps with the gradient from the worst point nearby.
#pragma once

#include "wrapper.h"

namespace descent::optim {

/// What SAM and ASAM share. A step evaluates the loss twice: p ← p + e, the gradient there, p back to where it was, and
/// the wrapped optimizer's step with that gradient. Either
///
///     Tensor loss = sam.step([&] { sam.zero_grad(); Tensor l = f(); l.backward(); return l; });
///
/// which returns the loss at the beginning, or
///
///     loss.backward();   sam.first_step(true);   f().backward();   sam.second_step(true);
///
/// Clipping acts on the second gradient. A closure, or what stands between first_step and second_step, that updates
/// running statistics does so twice. Wraps every optimizer but LBFGS, which evaluates the loss itself, and
/// GradientAccumulation, which keeps gradients from one evaluation to the next: those throw std::invalid_argument.
class SharpnessAware : public Wrapper {
 public:
  /// Moves the parameters that have a gradient to the worst point nearby, p + e. Throws before anything has changed:
  /// Error on a norm that is not finite, a sparse gradient, or when second_step() is due.
  void first_step(bool zero_grad = false);
  /// Brings them back, to the bit, and steps with the gradients that are there. Throws Error without first_step(), and
  /// what the wrapped optimizer throws, after bringing them back.
  void second_step(bool zero_grad = false);
  bool needs_closure() const noexcept final { return true; }

 protected:
  SharpnessAware(const char* name, Optimizer& inner, std::shared_ptr<AnyOptions> options);

 private:
  virtual double radius() const = 0;
  /// T of a parameter, undefined for 1.
  virtual Tensor scale_of(const Tensor& p) const = 0;
  void do_step() final;
  Tensor do_step(const std::function<Tensor()>& closure) final;
  void save_more(StateDict& out) const final;
  std::function<void()> load_more(const StateDict& state, std::vector<std::string>& known) final;
  void restore() noexcept;

  bool moved_ = false;
  std::vector<std::pair<Tensor, Tensor>> before_;  // parameter and its value before first_step
};

/// Options of SAM.
struct SAMOptions {
  double rho = 0.05;  ///< radius of the neighbourhood

  static constexpr const char* kName = "SAM";
  std::vector<Option> fields() { return {{"rho", &rho, Range::AtLeastZero}}; }
};

/// e = rho·g/‖g‖₂, the norm over all parameters together; 0 where it is 0. Sharpness-aware minimization, Foret,
/// Kleiner, Mobahi and Neyshabur (2021), https://arxiv.org/abs/2010.01412.
class SAM final : public SharpnessAware {
 public:
  explicit SAM(Optimizer& inner, const SAMOptions& options = {});

 private:
  double radius() const override;
  Tensor scale_of(const Tensor&) const override { return {}; }
};

}  // namespace descent::optim
