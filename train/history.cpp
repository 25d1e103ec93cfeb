#include "history.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "../io/atomic_file.h"
#include "../plot/figure.h"

namespace descent::train {
namespace {

std::vector<double> column(const std::vector<Epoch>& epochs, double Epoch::*member) {
  std::vector<double> values;
  values.reserve(epochs.size());
  for (const Epoch& e : epochs) values.push_back(e.*member);
  return values;
}

}  // namespace

std::vector<double> History::train_loss() const { return column(epochs, &Epoch::train_loss); }
std::vector<double> History::train_accuracy() const { return column(epochs, &Epoch::train_accuracy); }
std::vector<double> History::validation_loss() const { return column(epochs, &Epoch::validation_loss); }
std::vector<double> History::validation_accuracy() const { return column(epochs, &Epoch::validation_accuracy); }
std::vector<double> History::lr() const { return column(epochs, &Epoch::lr); }
std::vector<double> History::seconds() const { return column(epochs, &Epoch::seconds); }

void History::save_csv(const std::string& path) const {
  io::AtomicFile file("History::save_csv", path);
  std::string text = "epoch,train_loss,train_accuracy,validation_loss,validation_accuracy,lr,seconds\n";
  for (const Epoch& e : epochs) {
    text += std::to_string(e.epoch);
    for (const double value :
         {e.train_loss, e.train_accuracy, e.validation_loss, e.validation_accuracy, e.lr, e.seconds}) {
      text += std::isnan(value) ? "," : fmt::format(",{}", value);  // the shortest text that reads back exactly
    }
    text += '\n';
  }
  file.write(text);
  file.commit();
}

void History::save_plot(const std::string& path) const {
  std::vector<double> ends, steps;  // both in epochs
  for (const Epoch& e : epochs) ends.push_back(static_cast<double>(e.epoch));
  const double each = static_cast<double>(epochs.size()) / static_cast<double>(step_loss.size());
  for (const double& loss : step_loss) steps.push_back(each * static_cast<double>(&loss - step_loss.data() + 1));
  const auto draw = [&](plot::Figure& figure, bool validation, const std::vector<double>& values) {
    if (std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v); })) return false;
    figure.line(ends, values,
                {.label = validation ? "validation" : "training",
                 .color = validation ? "#d55e00" : "#0072b2",
                 .marker = validation ? "s" : "o"});
    return true;
  };
  const auto positive = [](const std::vector<double>& values) {
    return std::none_of(values.begin(), values.end(), [](double v) { return v <= 0; });
  };
  const bool log = positive(step_loss) && positive(train_loss()) && positive(validation_loss());
  std::vector<plot::Figure> panels;
  plot::Figure& loss = panels.emplace_back(plot::FigureOptions{.title = "Loss", .x_label = "epoch", .log_y = log});
  loss.line(steps, step_loss, {.label = "each step", .color = "lightgray", .width = 1});
  draw(loss, false, train_loss());
  draw(loss, true, validation_loss());
  plot::Figure accuracy({.title = "Accuracy", .x_label = "epoch", .y_label = "fraction right"});
  const bool trained = draw(accuracy, false, train_accuracy()), validated = draw(accuracy, true, validation_accuracy());
  if (trained || validated) panels.push_back(std::move(accuracy));
  plot::save_grid(path, panels);
}

}  // namespace descent::train
