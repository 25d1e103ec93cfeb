#include "progress.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <stdexcept>

namespace descent::train {
namespace {

constexpr double kRedraw = 0.1;     // seconds between two updates on a terminal
constexpr double kPlain = 1.0;      // and between two lines within an epoch elsewhere
constexpr std::size_t kLines = 10;  // lines a second

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int descriptor_of(const std::ostream& out) {
  if (&out == &std::cout) return STDOUT_FILENO;
  return &out == &std::cerr || &out == &std::clog ? STDERR_FILENO : -1;
}

bool is_terminal(const std::ostream& out) {
  const int descriptor = descriptor_of(out);
  return descriptor >= 0 && ::isatty(descriptor) == 1;
}

int columns_of(const std::ostream& out) {
  winsize size{};
  const int descriptor = descriptor_of(out);
  return descriptor >= 0 && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

/// 75 -> "1:15", 3675 -> "1:01:15".
std::string duration(double seconds) {
  if (!(seconds < 1e9)) return "?";
  const auto s = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string scores(const char* prefix, double loss, double accuracy) {
  std::string text = std::isnan(loss) && *prefix != '\0' ? "" : fmt::format("  {}loss {:.4f}", prefix, loss);
  if (!std::isnan(accuracy)) text += fmt::format("  {}accuracy {:.2f}%", prefix, 100 * accuracy);
  return text;
}

}  // namespace

Progress::Progress(std::int64_t epochs, std::int64_t steps_per_epoch, const ProgressOptions& options)
    : epochs_(epochs),
      steps_(steps_per_epoch),
      out_(options.out != nullptr ? *options.out : std::cout),
      terminal_(options.terminal.value_or(is_terminal(out_))),
      columns_(std::max(options.columns.value_or(columns_of(out_)), 20)),
      clock_(options.clock ? options.clock : steady_seconds),
      start_(clock_()),
      epoch_start_(start_),
      last_(start_) {
  if (epochs < 0) throw std::invalid_argument(fmt::format("Progress: epochs must not be negative, got {}", epochs));
  if (steps_per_epoch < 0) {
    throw std::invalid_argument(fmt::format("Progress: steps_per_epoch must not be negative, got {}", steps_per_epoch));
  }
}

Progress::~Progress() {
  try {
    if (open_) out_ << std::endl;
  } catch (...) {  // a stream set to throw; nobody is left to tell
  }
}

std::string Progress::line(double loss, double accuracy, double lr, double now) const {
  const double elapsed = now - start_, in_epoch = now - epoch_start_;
  const std::int64_t done = (epoch_ - 1) * steps_ + step_;
  const double rate = in_epoch > 0 ? static_cast<double>(step_) / in_epoch : 0;
  const double left = done > 0 ? elapsed / static_cast<double>(done) * static_cast<double>(epochs_ * steps_ - done) : 0;
  std::string bar;
  if (terminal_) {
    constexpr std::int64_t kWidth = 20;
    const std::int64_t filled = steps_ > 0 ? kWidth * std::min(step_, steps_) / steps_ : 0;
    bar = " [" + std::string(static_cast<std::size_t>(filled), '=') +
          std::string(static_cast<std::size_t>(kWidth - filled), ' ') + "]";
  }
  return fmt::format("epoch {}/{}{} step {}/{}{}  lr {:.3g}  {:.{}f} steps/s  {} left", epoch_, epochs_, bar, step_,
                     steps_, scores("", loss, accuracy), lr, rate, rate < 10 ? 2 : 0, duration(left));
}

void Progress::redraw(const std::string& text) {
  // Back to the start of the line, the text cut to the width so that it never wraps, the rest of the line cleared.
  out_ << '\r' << text.substr(0, static_cast<std::size_t>(columns_ - 1)) << "\x1b[K" << std::flush;
  open_ = true;
}

bool Progress::may_print(double now) {
  while (!printed_.empty() && now - printed_.front() >= 1.0) printed_.erase(printed_.begin());
  if (printed_.size() >= kLines) return false;
  printed_.push_back(now);
  return true;
}

void Progress::step(double loss, double accuracy, double lr) {
  ++step_;
  const double now = clock_();
  if (terminal_) {
    if (now - last_ < kRedraw) return;
    last_ = now;
    redraw(line(loss, accuracy, lr, now));
    return;
  }
  // At a quarter, half and three quarters of an epoch.
  const bool quarter = step_ < steps_ && 4 * step_ / steps_ != 4 * (step_ - 1) / steps_;
  if (!quarter || now - last_ < kPlain || !may_print(now)) return;
  last_ = now;
  out_ << line(loss, accuracy, lr, now) << std::endl;
}

void Progress::epoch(const Epoch& result) {
  const double now = clock_();
  std::string text = fmt::format(
      "epoch {}/{}{}{}  lr {:.3g}  {:.1f} s", epoch_, epochs_, scores("", result.train_loss, result.train_accuracy),
      scores("validation ", result.validation_loss, result.validation_accuracy), result.lr, result.seconds);
  if (epoch_ >= epochs_ || may_print(now)) {
    if (terminal_) out_ << '\r';
    out_ << text << (terminal_ ? "\x1b[K" : "") << std::endl;
    open_ = false;
  }
  last_ = epoch_start_ = now;
  ++epoch_;
  step_ = 0;
}

}  // namespace descent::train
