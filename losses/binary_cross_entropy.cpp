#include "binary_cross_entropy.h"

#include "../autograd/grad_mode.h"
#include "../autograd/ops/pointwise.h"
#include "checks-inl.h"

namespace descent::losses {

namespace {

constexpr const char* kName = "binary_cross_entropy_with_logits";

void check_weight(const char* option, const Tensor& weight, const Tensor& input) {
  if (!weight.defined()) return;
  check_floating(kName, option, weight);
  const Shape& from = weight.shape();
  const Shape& to = input.shape();
  bool fits = from.size() <= to.size();
  for (std::size_t i = 1; fits && i <= from.size(); ++i) {
    fits = from[from.size() - i] == 1 || from[from.size() - i] == to[to.size() - i];
  }
  if (!fits) fail<ShapeError>(kName, "{} of shape {} must broadcast to the input's shape {}", option, from, to);
}

}  // namespace

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BCEWithLogitsLossOptions& options) {
  check_reduction(kName, options.reduction);
  check_pair(kName, input, target);
  check_weight("weight", options.weight, input);
  check_weight("pos_weight", options.pos_weight, input);
  const Tensor& x = input;
  const Tensor& t = target;

  // With h = [x >= 0] and L = log(1 + exp(−|x|)):  −log σ(x) = L + x·(h − 1),  −log(1 − σ(x)) = L + x·h,  so
  //   l = q·L + x·(q·h − a),  a = p·t,  q = a + 1 − t.
  // h is a constant, hence −|x| = (1 − 2h)·x has the derivative that makes all of l smooth, also at 0; where the loss
  // saturates, q·h − a is exactly 0 and the tiny rest of value and gradient comes from L alone.
  Tensor h, minus_sign;
  {
    const NoGradGuard no_grad;
    h = ge(x, 0).to(x.dtype());
    minus_sign = 1.0 - 2.0 * h;
  }
  const Tensor z = exp(minus_sign * x);
  const Tensor u = z + 1.0;
  Tensor rounded_off;  // log(1 + z) = log u + (z − (u − 1))/u: what is lost of a small z when u is rounded
  {
    const NoGradGuard no_grad;
    rounded_off = (z - (u - 1.0)) / u;
  }
  const Tensor L = log(u) + rounded_off;

  Tensor losses;
  if (options.pos_weight.defined()) {
    const Tensor a = options.pos_weight * t;
    const Tensor q = a + (1.0 - t);
    losses = q * L + x * (q * h - a);
  } else {
    losses = L + x * (h - t);
  }
  if (options.weight.defined()) losses = losses * options.weight;
  return reduce(losses, options.reduction);
}

BCEWithLogitsLoss::BCEWithLogitsLoss(const BCEWithLogitsLossOptions& options)
    : weight(register_buffer("weight", options.weight)),
      pos_weight(register_buffer("pos_weight", options.pos_weight)),
      reduction_(options.reduction) {}

Tensor BCEWithLogitsLoss::forward(const Tensor& input, const Tensor& target) const {
  return binary_cross_entropy_with_logits(input, target,
                                          {.weight = weight, .reduction = reduction_, .pos_weight = pos_weight});
}

}  // namespace descent::losses
