#include "shampoo.h"

#include "kronecker-inl.h"
#include "staged-inl.h"

namespace descent::optim {
namespace {

using detail::kFactors;

/// H^power for what H may be, a matrix or the diagonal of one. No eigenvalue is below epsilon but for rounding.
Tensor root(const Tensor& H, double power, double epsilon) {
  if (H.dim() == 1) return pow(H, power);
  const EighResult e = eigh(H);
  return mm(e.eigenvectors * pow(clamp_min(e.eigenvalues, epsilon), power), e.eigenvectors.t());
}

void step_of(const ShampooOptions& o, detail::Item& item) {
  const Shape shape = detail::factored(item.p.shape());
  Tensor g = item.g;
  if (o.weight_decay != 0) g = g + o.weight_decay * item.p;
  const Tensor wide = g.to(float64).reshape(shape);
  Tensor u = wide;
  const bool anew = (item.t - 1) % o.update_freq == 0;
  for (int i = 0; i < shape.dim(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    Tensor &H = item.slots[1 + k], &inverse = item.slots[1 + kFactors + k];
    if (H.dim() == 1) {
      const Tensor sums = detail::around(wide.square(), shape, i).sum({0, 2});
      H = (item.first ? full(H.shape(), o.epsilon, {.dtype = float64}) : H) + sums;
    } else {
      H = (item.first ? o.epsilon * eye(H.size(0), {.dtype = float64}) : H) + detail::outer(wide, shape, i);
    }
    if (anew) inverse = root(H, -0.5 / static_cast<double>(shape.dim()), o.epsilon);
    if (H.dim() == 1) {
      u = (detail::around(u, shape, i) * inverse.reshape({1, -1, 1})).reshape(shape);
    } else {
      u = detail::along(u, shape, i, inverse);
    }
  }
  u = u.reshape(item.p.shape()).to(item.p.dtype());
  if (o.momentum != 0) {
    Tensor& B = item.slots[0];
    B = detail::average(B, o.momentum, u, 1);
    u = B;
  }
  item.p = item.p - o.lr * u;
}

}  // namespace

template class OptimizerWith<ShampooOptions>;

SlotSpec Shampoo::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const {
  if (slot == 0) return {p.shape(), p.dtype()};
  const Shape shape = detail::factored(p.shape());
  const std::size_t i = (slot - 1) % kFactors;
  if (i >= shape.size()) return {Shape(), float64, false};
  return {
      shape[i] > group.options<ShampooOptions>().max_preconditioner_dim ? Shape(shape[i]) : Shape({shape[i], shape[i]}),
      float64};
}

void Shampoo::update(GroupStep& step) {
  const auto& o = step.group.options<ShampooOptions>();
  detail::staged(staged_).run(step, o.maximize ? -1 : 1, [&](std::span<detail::Item> items, bool) {
    for (detail::Item& item : items) {
      if (item.p.numel() > 0) step_of(o, item);
    }
  });
}

}  // namespace descent::optim
