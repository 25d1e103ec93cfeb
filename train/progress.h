// The progress of a training run: one line redrawn on a terminal, plain lines anywhere else.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "history.h"

namespace descent::train {

/// Options of Progress.
struct ProgressOptions {
  std::ostream* out = nullptr;                  ///< std::cout unless given
  std::optional<bool> terminal = std::nullopt;  ///< whether out is one: asked of the system unless given
  std::optional<int> columns = std::nullopt;    ///< the terminal's width, likewise
  std::function<double()> clock{};              ///< seconds, from any start; the system's steady clock unless given
};

/// Shows epoch, step, loss, accuracy, learning rate, steps per second and the time left. On a terminal the line is
/// redrawn at most 10 times a second. Elsewhere each epoch gives one line, a long one up to three more on the way, and
/// never more than 10 a second come out, the last epoch's always.
class Progress {
 public:
  /// Throws std::invalid_argument when a number is negative.
  Progress(std::int64_t epochs, std::int64_t steps_per_epoch, const ProgressOptions& options = {});
  /// Ends the line that an exception may have left open.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// One more step is done; loss and accuracy are the epoch's so far, accuracy NaN if there is none.
  void step(double loss, double accuracy, double lr);
  /// The epoch is done.
  void epoch(const Epoch& result);

 private:
  void redraw(const std::string& text);
  bool may_print(double now);
  std::string line(double loss, double accuracy, double lr, double now) const;

  std::int64_t epochs_, steps_;
  std::int64_t epoch_ = 1, step_ = 0;
  std::ostream& out_;
  bool terminal_;
  int columns_;
  std::function<double()> clock_;
  double start_, epoch_start_, last_;
  std::vector<double> printed_;  // when the last lines came out
  bool open_ = false;            // a line without its end stands on the terminal
};

}  // namespace descent::train
