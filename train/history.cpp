#include "history.h"

#include <fmt/core.h>

#include <cmath>

#include "../io/atomic_file.h"

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

}  // namespace descent::train
