// Wrapper: an optimizer around another one.
#pragma once

#include "optimizer.h"

namespace descent::optim {

/// Base of the optimizers that change how another one steps: it is an optimizer itself, whose param groups, clipping
/// and measured norm are those of the one inside. So a schedule may be built on either, and wrappers may be stacked,
/// though not two of one kind. The optimizer inside must outlive the wrapper; step only through the outermost.
///
/// state_dict() is the inner one's with the wrapper's own entries added, `<Name>.<option>` and `<Name>.<state>`;
/// loading is all or nothing for both.
class Wrapper : public Optimizer {
 public:
  Optimizer& inner() noexcept { return *wrapped_; }
  const Optimizer& inner() const noexcept { return *wrapped_; }

  void zero_grad(bool set_to_none = true) override { wrapped_->zero_grad(set_to_none); }
  void eval() final { wrapped_->eval(); }
  void train() final { wrapped_->train(); }
  StateDict state_dict() const final;
  void load_state_dict(const StateDict& state) final;
  std::int64_t state_bytes() const override { return wrapped_->state_bytes(); }
  void set_clip_norm(double max_norm, const ClipGradNormOptions& options = {}) final {
    wrapped_->set_clip_norm(max_norm, options);
  }
  void set_clip_agc(double clipping, const ClipAgcOptions& options = {}) final {
    wrapped_->set_clip_agc(clipping, options);
  }
  void set_clip_value(double clip_value) final { wrapped_->set_clip_value(clip_value); }
  double grad_norm() const noexcept final { return wrapped_->grad_norm(); }
  double clip_factor(const Tensor& p) const final { return wrapped_->clip_factor(p); }
  bool needs_closure() const noexcept override { return wrapped_->needs_closure(); }

  /// The wrapper's options, of the type that it was built with.
  template <class O>
  const O& options() const {
    return static_cast<const OptionsOf<O>&>(*options_).value;
  }

 protected:
  /// Throws std::invalid_argument for an option out of its range, or a wrapper of the same name inside.
  Wrapper(const char* name, Optimizer& inner, std::shared_ptr<AnyOptions> options);

  void update(GroupStep&) final {}
  void do_step() override = 0;
  Tensor do_step(const std::function<Tensor()>& closure) override = 0;
  /// inner().step() with every gradient multiplied by `factor`.
  void step_scaled(double factor);
  /// The parameters of all groups in order.
  std::vector<Tensor> parameters() const;
  /// Throws Error where a gradient is sparse: for wrappers that compute with gradients.
  void refuse_sparse() const;
  /// `<Name>.<what>`, `<Name>.<what>.<i>`
  std::string key(const char* what) const;
  std::string key(const char* what, std::size_t i) const;
  /// For load_more: the entry, added to `known`. Throws Error when it is missing; the tensor one also, as a copy, when
  /// it does not have p's shape, the number one when it is not a whole number.
  std::int64_t load_count(const StateDict& state, const char* what, std::vector<std::string>& known) const;
  Tensor load_like(const StateDict& state, const std::string& name, const Tensor& p,
                   std::vector<std::string>& known) const;

 private:
  std::shared_ptr<AnyOptions> options_;
};

}  // namespace descent::optim
