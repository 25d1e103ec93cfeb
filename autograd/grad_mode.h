// Whether ops are recorded: one flag per thread, on at first.
#pragma once

namespace descent {

namespace autograd {

/// True when ops on this thread are recorded.
bool grad_enabled() noexcept;

/// Sets the flag for this thread.
void set_grad_enabled(bool enabled) noexcept;

}  // namespace autograd

/// Nothing is recorded while it lives; the former state comes back with the scope, also when an exception leaves it.
class NoGradGuard {
 public:
  NoGradGuard() noexcept : before_(autograd::grad_enabled()) { autograd::set_grad_enabled(false); }
  ~NoGradGuard() { autograd::set_grad_enabled(before_); }
  NoGradGuard(const NoGradGuard&) = delete;
  NoGradGuard& operator=(const NoGradGuard&) = delete;

 private:
  bool before_;
};

/// Recording is set to `enabled` while it lives.
class GradModeGuard {
 public:
  explicit GradModeGuard(bool enabled) noexcept : before_(autograd::grad_enabled()) {
    autograd::set_grad_enabled(enabled);
  }
  ~GradModeGuard() { autograd::set_grad_enabled(before_); }
  GradModeGuard(const GradModeGuard&) = delete;
  GradModeGuard& operator=(const GradModeGuard&) = delete;

 private:
  bool before_;
};

}  // namespace descent
