#include "muon.h"

#include "staged-inl.h"

namespace descent::optim {
namespace {

/// About U·Vᵀ of the singular value decomposition of m.
Tensor orthogonalized(const Tensor& m, std::int64_t steps) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  const bool tall = m.size(0) > m.size(1);
  Tensor x = tall ? m.t().contiguous() : m;
  x = x / (std::sqrt(detail::squares(x)) + 1e-7);
  for (std::int64_t i = 0; i < steps; ++i) {
    const Tensor A = mm(x, x.t());
    x = a * x + mm(b * A + c * mm(A, A), x);
  }
  return tall ? x.t() : x;
}

void matrix_step(const MuonOptions& o, detail::Item& item) {
  Tensor& B = item.slots[0];
  B = detail::average(B, o.momentum, item.g, 1);
  const std::int64_t rows = item.p.size(0), cols = item.p.numel() / rows;
  const Tensor M = (o.nesterov ? item.g + o.momentum * B : B).reshape({rows, cols});
  const double scale = std::sqrt(std::max(1.0, static_cast<double>(rows) / static_cast<double>(cols)));
  const Tensor X = orthogonalized(M, o.ns_steps).reshape(item.p.shape());
  item.p = item.p * (1 - o.lr * o.weight_decay) - (o.lr * scale) * X;
}

void adamw_step(const MuonOptions& o, detail::Item& item) {
  const double lr = o.lr * o.adamw_lr_ratio, t = static_cast<double>(item.t);
  const auto [beta1, beta2] = o.adamw_betas;
  Tensor &m = item.slots[1], &v = item.slots[2];
  m = detail::average(m, beta1, item.g, 1 - beta1);
  v = detail::average(v, beta2, item.g.square(), 1 - beta2);
  const Tensor denominator = sqrt(v) * (1 / std::sqrt(1 - std::pow(beta2, t))) + o.adamw_eps;
  item.p = item.p * (1 - lr * o.weight_decay) - (lr / (1 - std::pow(beta1, t))) * m / denominator;
}

}  // namespace

template class OptimizerWith<MuonOptions>;

SlotSpec Muon::slot_spec(std::size_t slot, const Tensor& p, const ParamGroup&) const {
  return {p.shape(), p.dtype(), (p.dim() >= 2) == (slot == 0)};
}

void Muon::update(GroupStep& step) {
  const auto& o = step.group.options<MuonOptions>();
  detail::staged(staged_).run(step, o.maximize ? -1 : 1, [&](std::span<detail::Item> items, bool) {
    for (detail::Item& item : items) {
      if (item.p.numel() == 0) continue;
      item.p.dim() >= 2 ? matrix_step(o, item) : adamw_step(o, item);
    }
  });
}

}  // namespace descent::optim
