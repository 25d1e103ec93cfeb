#include "soap.h"

#include "kronecker-inl.h"
#include "staged-inl.h"

namespace descent::optim {
namespace {

using detail::kFactors;

/// One parameter's bases; those of dims without one are undefined.
class Bases {
 public:
  Bases(const SOAPOptions& o, detail::Item& item)
      : item_(item),
        shape_(detail::factored(item.p.shape())),
        beta_(o.shampoo_beta < 0 ? o.betas.second : o.shampoo_beta) {}

  /// x in the basis, or back from it.
  Tensor turned(const Tensor& x, bool back) const {
    Tensor y = x;
    for (int i = 0; i < shape_.dim(); ++i) {
      if (Q(i).defined()) y = detail::along(y, shape_, i, back ? Q(i) : Q(i).t());
    }
    return y;
  }
  /// Moves the averages GG.
  void average() {
    for (int i = 0; i < shape_.dim(); ++i) {
      if (GG(i).defined()) GG(i) = detail::average(GG(i), beta_, detail::outer(item_.g, shape_, i), 1 - beta_);
    }
  }
  /// The first bases.
  void decompose() {
    for (int i = 0; i < shape_.dim(); ++i) {
      if (GG(i).defined()) Q(i) = flip(eigh(GG(i)).eigenvectors, {1}).contiguous();
    }
  }
  /// One power iteration, largest eigenvalues first; v moves along.
  void follow(Tensor& v) {
    for (int i = 0; i < shape_.dim(); ++i) {
      if (!GG(i).defined()) continue;
      const Tensor moved = mm(GG(i), Q(i));
      const Tensor order = argsort((Q(i) * moved).sum({0}), {.descending = true, .stable = true});
      Q(i) = qr(index_select(moved, 1, order)).Q.contiguous();
      v = index_select(detail::around(v, shape_, i), 1, order).reshape(v.shape());
    }
  }

 private:
  Tensor& GG(int i) const { return item_.slots[static_cast<std::size_t>(2 + i)]; }
  Tensor& Q(int i) const { return item_.slots[static_cast<std::size_t>(2 + kFactors + i)]; }

  detail::Item& item_;
  Shape shape_;
  double beta_;
};

void step_of(const SOAPOptions& o, detail::Item& item) {
  Bases bases(o, item);
  if (item.first) {
    bases.average();
    bases.decompose();
    return;
  }
  const auto [beta1, beta2] = o.betas;
  const std::int64_t t = item.t - 1;
  Tensor &m = item.slots[0], &v = item.slots[1];
  m = detail::average(m, beta1, item.g, 1 - beta1);
  v = detail::average(v, beta2, bases.turned(item.g, false).square(), 1 - beta2);
  const Tensor u = bases.turned(bases.turned(m, false) / (sqrt(v) + o.eps), true);
  double rate = o.lr;
  if (o.correct_bias) {
    const double steps = static_cast<double>(t);
    rate *= std::sqrt(1 - std::pow(beta2, steps)) / (1 - std::pow(beta1, steps));
  }
  item.p = (item.p - rate * u) * (1 - o.lr * o.weight_decay);
  bases.average();
  if (t % o.precondition_frequency == 0) bases.follow(v);
}

}  // namespace

template class OptimizerWith<SOAPOptions>;

void SOAPOptions::check() const {
  if (shampoo_beta >= 1) fail<std::invalid_argument>(kName, "shampoo_beta must be below 1, got {}", shampoo_beta);
}

SlotSpec SOAP::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot < 2) return {p.shape(), p.dtype()};
  const Shape shape = detail::factored(p.shape());
  const std::size_t i = (slot - 2) % kFactors;
  const auto& o = group.options<SOAPOptions>();
  const bool used = i < shape.size() && shape[i] <= o.max_precond_dim && (p.dim() >= 2 || o.precondition_1d);
  return used ? SlotSpec{Shape({shape[i], shape[i]}), p.dtype()} : SlotSpec{Shape(), p.dtype(), false};
}

void SOAP::update(GroupStep& step) {
  const auto& o = step.group.options<SOAPOptions>();
  detail::staged(staged_).run(step, o.maximize ? -1 : 1, [&](std::span<detail::Item> items, bool) {
    for (detail::Item& item : items) {
      if (item.p.numel() > 0) step_of(o, item);
    }
  });
}

}  // namespace descent::optim
