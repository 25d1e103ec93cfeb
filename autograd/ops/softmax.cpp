// Softmax and cross entropy. Their gradients are fused ops as well, with formulas of their own.
#include "../../kernels/softmax.h"

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

struct Axes {  // [outer, n, inner] around a dim
  std::int64_t outer = 1, n = 1, inner = 1;
  Axes(const Shape& shape, int dim) {
    for (int i = 0; i < shape.dim(); ++i) {
      (i < dim ? outer : i == dim ? n : inner) *= shape[static_cast<std::size_t>(i)];
    }
  }
};

template <bool kLog>
struct SoftmaxGrad {  // of softmax y·(g − Σ g·y),  of its logarithm g − eʸ·Σ g
  static constexpr const char* name = kLog ? "log_softmax_grad" : "softmax_grad";
  static constexpr Uses uses = {input(1), input(0) | input(1)};
  int dim;
  Tensor forward(const Tensor& g, const Tensor& y) const {
    const Axes axes(y.shape(), dim);
    const Tensor gc = g.contiguous(), yc = y.contiguous();
    Tensor out = make_tensor(y.shape(), y.dtype());
    kernels::softmax_grad(y.dtype(), kLog, axes.outer, axes.n, axes.inner, data_of<char>(yc), data_of<char>(gc),
                          data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const {
    const Tensor y = s.in(1);
    if constexpr (kLog)
      return h - (h * exp(y)).sum(dim, true);
    else
      return apply(SoftmaxGrad{dim}, h, y);
  }
  Tensor vjp(In<1>, const Saved& s, const Tensor& h) const {
    const Tensor g = s.in(0), y = s.in(1);
    if constexpr (kLog)
      return -(h * exp(y)) * g.sum(dim, true);
    else
      return h * (g - (g * y).sum(dim, true)) - g * (h * y).sum(dim, true);
  }
};

template <bool kLog>
struct Softmax {
  static constexpr const char* name = kLog ? "log_softmax" : "softmax";
  static constexpr Uses uses = {output()};
  int dim;
  Tensor forward(const Tensor& a) const {
    const Axes axes(a.shape(), dim);
    const Tensor x = a.contiguous();
    Tensor out = make_tensor(a.shape(), a.dtype());
    kernels::softmax(a.dtype(), kLog, axes.outer, axes.n, axes.inner, data_of<char>(x), data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return apply(SoftmaxGrad<kLog>{dim}, g, s.out()); }
};

kernels::CrossEntropy cross_entropy_of(const Tensor& logits, const Tensor& target, const Tensor& weight,
                                       std::int64_t ignore_index, double smoothing) {
  return {.dtype = logits.dtype(),
          .rows = logits.size(0),
          .classes = logits.size(1),
          .logits = data_of<char>(logits),
          .target = data_of<std::int64_t>(target),
          .weight = weight.defined() ? data_of<char>(weight) : nullptr,
          .ignore_index = ignore_index,
          .label_smoothing = smoothing};
}

// With q_c = (1 − s)·w_t·[c = t] + s·w_c / C, Q = Σ q_c and p = softmax(x):  loss = Q·lse − Σ q_c·x_c.
struct CrossEntropyGrad {  // g·(Q·p − q). lse is a function of x: the formula of x accounts for it.
  static constexpr const char* name = "cross_entropy_grad";
  static constexpr std::uint32_t kAll = input(0) | input(1) | input(2) | input(3);
  static constexpr Uses uses = {kAll | input(4), 0, 0, 0, kAll};
  static constexpr std::uint32_t constant_inputs = input(1) | input(2) | input(3);
  std::int64_t ignore_index;
  double smoothing;
  Tensor forward(const Tensor& logits, const Tensor& target, const Tensor& weight, const Tensor& lse,
                 const Tensor& g) const {
    const Tensor x = logits.contiguous();
    Tensor out = make_tensor(x.shape(), x.dtype());
    const bool uniform = g.dim() > 0 && g.strides()[0] == 0;  // an expanded 1/n: not worth a copy
    const Tensor rows = uniform ? g : g.contiguous();
    kernels::cross_entropy_grad(cross_entropy_of(x, target, weight, ignore_index, smoothing), data_of<char>(lse),
                                data_of<char>(rows), uniform ? 0 : 1, data_of<char>(out));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const {  // g·Q·p·(h − Σ p·h)
    const Tensor target = s.in(1), weight = s.in(2), p = softmax(s.in(0), 1);
    const Tensor counted = target != ignore_index;
    const Tensor safe = where(counted, target, 0);
    Tensor q = counted.to(h.dtype());
    if (weight.defined()) {
      q = q * (index_select(weight, 0, safe) * (1 - smoothing) + weight.mean() * smoothing);
    }
    return (s.in(4) * q).unsqueeze(1) * (p * (h - (p * h).sum(1, true)));
  }
  Tensor vjp(In<4>, const Saved& s, const Tensor& h) const {  // Σ_c h·(Q·p − q)
    const Tensor one = ones({h.size(0)}, {.dtype = h.dtype()});
    return (h * apply(CrossEntropyGrad{*this}, s.in(0), s.in(1), s.in(2), s.in(3), one)).sum(1);
  }
};

struct CrossEntropy {  // -> loss, lse
  static constexpr const char* name = "cross_entropy";
  static constexpr Uses uses = {input(0) | input(1) | input(2) | output(1), 0, 0};
  static constexpr std::uint32_t constant_inputs = input(1) | input(2);
  std::int64_t ignore_index;
  double smoothing;
  std::pair<Tensor, Tensor> forward(const Tensor& logits, const Tensor& target, const Tensor& weight) const {
    const Tensor x = logits.contiguous();
    Tensor loss = make_tensor({x.size(0)}, x.dtype()), lse = make_tensor({x.size(0)}, x.dtype());
    kernels::cross_entropy(cross_entropy_of(x, target, weight, ignore_index, smoothing), data_of<char>(loss),
                           data_of<char>(lse));
    return {loss, lse};
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return apply(CrossEntropyGrad{ignore_index, smoothing}, s.in(0), s.in(1), s.in(2), s.out(1).detach(), g);
  }
};

template <bool kLog>
Tensor run_softmax(const char* op, const Tensor& a, std::int64_t dim) {
  a.checked(op);
  return apply(Softmax<kLog>{wrap_dim(dim, a.dim(), op)}, converted(a, real_type(a.dtype())));
}

}  // namespace

OpList softmax_ops() {
  return list_of<SoftmaxGrad<false>, SoftmaxGrad<true>, Softmax<false>, Softmax<true>, CrossEntropyGrad,
                 CrossEntropy>();
}

}  // namespace autograd

using namespace autograd;

Tensor softmax(const Tensor& a, std::int64_t dim) { return run_softmax<false>("softmax", a, dim); }
Tensor log_softmax(const Tensor& a, std::int64_t dim) { return run_softmax<true>("log_softmax", a, dim); }

Tensor cross_entropy_rows(const Tensor& logits, const Tensor& target, const Tensor& weight, std::int64_t ignore_index,
                          double label_smoothing) {
  constexpr const char* op = "cross_entropy";
  logits.checked(op);
  target.checked(op);
  if (!logits.is_floating_point()) fail<DTypeError>(op, "logits must be floats, got {}", logits.dtype());
  if (target.dtype() != int64) fail<DTypeError>(op, "class indices must be int64, got {}", target.dtype());
  if (logits.dim() != 2 || target.shape() != Shape{logits.shape()[0]}) {
    fail<ShapeError>(op, "needs logits [n, classes] and targets [n], got {} and {}", logits.shape(), target.shape());
  }
  const std::int64_t classes = logits.shape()[1];
  if (weight.defined() && (weight.shape() != Shape{classes} || weight.dtype() != logits.dtype())) {
    fail<ShapeError>(op, "weight must be {} [{}], got {} {}", logits.dtype(), classes, weight.dtype(), weight.shape());
  }
  if (!(label_smoothing >= 0 && label_smoothing <= 1)) {
    throw std::invalid_argument(
        fmt::format("cross_entropy: label_smoothing must be in [0, 1], got {}", label_smoothing));
  }
  const Tensor index = target.detach().contiguous();
  const std::int64_t* t = data_of<std::int64_t>(index);
  for (std::int64_t i = 0; i < index.numel(); ++i) {
    if (t[i] != ignore_index && (t[i] < 0 || t[i] >= classes)) {
      fail<IndexError>(op, "target {} at position {} is out of range for {} classes", t[i], i, classes);
    }
  }
  const Tensor w = weight.defined() ? weight.detach().contiguous() : weight;
  return apply(CrossEntropy{ignore_index, label_smoothing}, logits, index, w).first;
}

}  // namespace descent
