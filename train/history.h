// What a training run was like, epoch by epoch and step by step.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace descent::train {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// One epoch. Losses and accuracies are means over its items; NaN where there is none.
struct Epoch {
  std::int64_t epoch = 0;          ///< from 1 on
  double train_loss = kNone;       ///< while training, so before each step
  double train_accuracy = kNone;   ///< where targets are class indices
  double validation_loss = kNone;  ///< after the epoch
  double validation_accuracy = kNone;
  double lr = kNone;   ///< of the first param group, as the epoch began
  double seconds = 0;  ///< training and validation
};

/// What train::fit returns. Each list has one value per epoch, step_loss and step_lr one per step.
struct History {
  std::vector<Epoch> epochs;
  std::vector<double> step_loss;
  std::vector<double> step_lr;  ///< of the first param group

  std::vector<double> train_loss() const;
  std::vector<double> train_accuracy() const;
  std::vector<double> validation_loss() const;
  std::vector<double> validation_accuracy() const;
  std::vector<double> lr() const;
  std::vector<double> seconds() const;

  /// One line per epoch under a line of names; a value that is NaN is left empty. The file appears complete or not at
  /// all. Throws IoError.
  void save_csv(const std::string& path) const;
  /// A picture of the loss of each step, with the means of the epochs, on a logarithmic axis if all are positive, and
  /// beside it of the accuracies, where there are any. Throws IoError.
  void save_plot(const std::string& path) const;
};

}  // namespace descent::train
