// For train/'s .cpp files: loss and accuracy as means over the items seen so far.
#pragma once

#include "history.h"
#include "metrics.h"

namespace descent::train {

/// True when `accuracy` takes these two: logits and class indices.
inline bool are_classes(const Tensor& output, const Tensor& target) {
  if (!target.defined() || target.dtype() != int64 || !output.is_floating_point() || output.dim() < 2) return false;
  Shape positions = output.shape();
  positions.erase(1);
  return positions == target.shape();
}

class Means {
 public:
  /// One batch of `items`, its mean loss, its outputs and targets.
  void add(double loss, const Tensor& output, const Tensor& target, std::int64_t items) {
    const auto weight = static_cast<double>(items);
    items_ += items;
    loss_ += loss * weight;
    if (items > 0 && are_classes(output, target)) {
      correct_ += train::accuracy(output, target) * weight;
      classified_ += items;
    }
  }

  std::int64_t items() const { return items_; }
  double loss() const { return items_ > 0 ? loss_ / static_cast<double>(items_) : kNone; }
  double accuracy() const { return classified_ > 0 ? correct_ / static_cast<double>(classified_) : kNone; }

 private:
  std::int64_t items_ = 0, classified_ = 0;
  double loss_ = 0, correct_ = 0;
};

}  // namespace descent::train
