// Whether ops are recorded: one flag per thread, on at first.
#pragma once

namespace descent {

namespace autograd {

/// What the tape does on this thread, one byte that an op reads once.
enum TapeMode : unsigned char {
  kRecording = 1,  ///< ops are recorded
  kWatching = 2,   ///< an AnomalyGuard looks at what they compute
  kUnsaved = 4     ///< nodes save no tensors: a checkpoint computes them again
};
unsigned char tape_mode() noexcept;
void set_tape_mode(unsigned char mode) noexcept;

/// The tape is in `mode` while it lives.
class TapeModeGuard {
 public:
  explicit TapeModeGuard(unsigned char mode) noexcept : before_(tape_mode()) { set_tape_mode(mode); }
  ~TapeModeGuard() { set_tape_mode(before_); }
  TapeModeGuard(const TapeModeGuard&) = delete;
  TapeModeGuard& operator=(const TapeModeGuard&) = delete;

 private:
  unsigned char before_;
};

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
