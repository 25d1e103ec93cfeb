#include "evaluate.h"

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/shape.h"
#include "means-inl.h"

namespace descent::train {

Evaluation evaluate(const Learner& learner, data::DataLoader& loader) {
  const ModeGuard modes(learner);
  const NoGradGuard no_grad;
  if (learner.set_training) learner.set_training(false);
  Means means;
  for (auto [x, y] : loader) {
    const Tensor output = learner.forward(x);
    means.add(learner.criterion(output, y).item<double>(), output, y, x.size(0));
  }
  return {means.loss(), means.accuracy(), means.items()};
}

Tensor predict(const Learner& learner, data::DataLoader& loader) {
  const ModeGuard modes(learner);
  const NoGradGuard no_grad;
  if (learner.set_training) learner.set_training(false);
  std::vector<Tensor> outputs;
  for (auto [x, y] : loader) outputs.push_back(learner.forward(x));
  if (outputs.empty()) fail<Error>("predict", "the loader has no batches");
  return cat(outputs, 0);
}

}  // namespace descent::train
