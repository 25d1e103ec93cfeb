// Loss, accuracy and predictions of a network over a data set, without training it.
#pragma once

#include <concepts>
#include <type_traits>

#include "../data/loader.h"
#include "history.h"
#include "learner.h"

namespace descent::train {

/// What evaluate returns; both are means over the items, NaN over nothing.
struct Evaluation {
  double loss = kNone;
  double accuracy = kNone;  ///< NaN unless targets are class indices
  std::int64_t items = 0;
};

Evaluation evaluate(const Learner& learner, data::DataLoader& loader);
Tensor predict(const Learner& learner, data::DataLoader& loader);

/// Runs the network in evaluation mode over one epoch of the loader, recording nothing; its modes are restored, also
/// when something throws. `criterion(output, target)` gives the mean loss of a batch. Throws ShapeError when a loss is
/// no single number.
template <class Net, class Criterion>
Evaluation evaluate(Net&& net, Criterion&& criterion, data::DataLoader& loader) {
  return evaluate(make_learner(net, criterion), loader);
}

/// The network's outputs for one epoch of the loader, joined along the first dim; likewise in evaluation mode. Throws
/// Error when the loader has no batches.
template <class Net>
requires(!std::same_as<std::remove_cvref_t<Net>, Learner>) Tensor predict(Net&& net, data::DataLoader& loader) {
  const auto none = [](const Tensor& output, const Tensor&) { return output; };
  return predict(make_learner(net, none), loader);
}

}  // namespace descent::train
