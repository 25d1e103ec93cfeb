// Activations that are made of other ops: gates along a dim, and those with random numbers.
#include "activation-inl.h"

namespace descent {

using namespace autograd;

Tensor softsign(const Tensor& a) {
  floats_only("softsign", a);
  return a / (abs(a) + 1);
}

Tensor tanhshrink(const Tensor& a) {
  floats_only("tanhshrink", a);
  return a - tanh(a);
}

Tensor threshold(const Tensor& a, Scalar threshold, Scalar value) {
  a.checked("threshold");
  no_booleans("threshold", a.dtype(), "convert to a number first");
  const Tensor other = full({}, value, {.dtype = a.dtype()});
  return where(a.detach() <= threshold, other, a);
}

Tensor rrelu(const Tensor& a, const RreluOptions& options) {
  floats_only("rrelu", a);
  const double lower = options.lower, upper = options.upper;
  finite_option("rrelu", "lower", lower);
  finite_option("rrelu", "upper", upper);
  if (lower > upper) {
    throw std::invalid_argument(fmt::format("rrelu: lower must not exceed upper, got {} and {}", lower, upper));
  }
  if (!options.training) return leaky_relu(a, LeakyReluOptions{(lower + upper) / 2});
  const Tensor slope = [&] {
    const NoGradGuard no_grad;
    return where(a <= 0, rand(a.shape(), {.dtype = a.dtype()}) * (upper - lower) + lower, 1);
  }();
  return a * slope;
}

Tensor glu(const Tensor& a, std::int64_t dim) {
  floats_only("glu", a);
  if (a.dim() == 0) fail<ShapeError>("glu", "needs at least 1 dim, got {}", a.shape());
  const int d = wrap_dim(dim, a.dim(), "glu");
  const std::int64_t half = a.size(d) / 2;
  if (a.size(d) % 2 != 0) {
    fail<ShapeError>("glu", "the size of dim {} must be even, got {} in {}", dim, a.size(d), a.shape());
  }
  return slice(a, d, 0, half) * sigmoid(slice(a, d, half, 2 * half));
}

Tensor softmin(const Tensor& a, std::int64_t dim) {
  floats_only("softmin", a);
  wrap_dim(dim, a.dim(), "softmin");
  return softmax(-a, dim);
}

Tensor gumbel_softmax(const Tensor& logits, const GumbelSoftmaxOptions& options) {
  constexpr const char* op = "gumbel_softmax";
  floats_only(op, logits);
  const int dim = wrap_dim(options.dim, logits.dim(), op);
  if (!(options.tau > 0) || std::isinf(options.tau)) {
    throw std::invalid_argument(fmt::format("gumbel_softmax: tau must be positive and finite, got {}", options.tau));
  }
  const Tensor noise = [&] {  // in float64, bounded away from U = 0, so that it is finite
    const NoGradGuard no_grad;
    const Tensor u = rand(logits.shape(), {.dtype = float64});
    return (-log(clamp(-log(1 - u), 0x1p-54))).to(logits.dtype());
  }();
  const Tensor soft = softmax((logits + noise) / options.tau, dim);
  if (!options.hard) return soft;
  const Tensor one_hot = [&]() -> Tensor {
    const NoGradGuard no_grad;
    if (soft.dim() == 0 || soft.numel() == 0) return ones_like(soft);
    Shape along(std::vector<std::int64_t>(static_cast<std::size_t>(soft.dim()), 1));
    along[static_cast<std::size_t>(dim)] = soft.size(dim);
    return (reshape(arange(soft.size(dim)), along) == argmax(soft, dim, true)).to(soft.dtype());
  }();
  return one_hot - soft.detach() + soft;
}

}  // namespace descent
