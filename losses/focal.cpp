#include "focal.h"

#include "../autograd/ops/index.h"
#include "../autograd/ops/pointwise.h"
#include "../autograd/ops/shape.h"
#include "../autograd/ops/softmax.h"
#include "../autograd/ops/special.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

constexpr const char* kName = "focal_loss";

/// q^γ of q in [0, 1]. Where q is next to 0 the loss is 0 as well, and its derivative, which 0^(γ − 1) would spoil.
Tensor modulation(const Tensor& q, double gamma) {
  const Tensor none = q < (q.dtype() == float32 ? 1e-37 : 1e-300);
  return where(none, 0.0, pow(where(none, 1.0, q), gamma));
}

Tensor of_probabilities(const Tensor& x, const Tensor& t, const FocalLossOptions& options) {
  check_pair(kName, x, t);
  check_unit_interval(kName, "target", t);
  // log σ(x) and log σ(−x) are exact for all x, and so is 1 − p_t = t·σ(−x) + (1 − t)·σ(x).
  const Tensor u = 1.0 - t;
  Tensor losses = -(t * logsigmoid(x) + u * logsigmoid(-x));
  if (options.gamma > 0) losses = losses * modulation(t * sigmoid(-x) + u * sigmoid(x), options.gamma);
  if (options.alpha >= 0) losses = losses * (t * options.alpha + u * (1 - options.alpha));
  return reduce(kName, losses, options.reduction, options.sample_weight);
}

Tensor of_classes(const Tensor& x, const Tensor& target, const FocalLossOptions& options) {
  const Tensor weight = class_weight(kName, options.weight, x);
  const ClassTarget classes = check_classes(kName, x, target, weight, options.ignore_index);
  const int dim = class_dim(kName, x);
  const Tensor log_p = gather(log_softmax(x, dim), dim, classes.index.unsqueeze(dim)).reshape(target.shape());
  Tensor losses = -log_p;
  if (options.gamma > 0) losses = losses * modulation(-expm1(log_p), options.gamma);
  if (weight.defined()) {
    losses = losses * weight.index_select(0, classes.index.reshape({target.numel()})).reshape(target.shape());
  }
  if (classes.ignored.defined()) losses = where(classes.ignored, 0.0, losses);
  return reduce(kName, losses, classes, options.reduction, options.sample_weight);
}

}  // namespace

Tensor focal_loss(const Tensor& input, const Tensor& target, const FocalLossOptions& options) {
  check_reduction(kName, options.reduction);
  check_option(kName, "gamma", options.gamma, 0);
  if (!(options.alpha <= 1)) {
    throw std::invalid_argument(fmt::format("{}: alpha must be at most 1, got {}", kName, options.alpha));
  }
  check_floating(kName, "input", input);
  if (!target.defined()) fail<Error>(kName, "target is undefined");
  return target.is_floating_point() ? of_probabilities(input, target, options) : of_classes(input, target, options);
}

}  // namespace descent::losses
