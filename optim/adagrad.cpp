#include "adagrad.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct AdagradRule {
  T a, inside, outside;
  AdagradRule(const AdagradOptions& o, std::int64_t t)
      : a(T(o.lr / (1 + static_cast<double>(t - 1) * o.lr_decay))),
        inside(T(Eps::of(o).inside)),
        outside(T(Eps::of(o).outside)) {}
  void operator()(T& p, T g, T& s) const {
    s += g * g;
    p -= a * g / (kernels::sqrt(s + inside) + outside);
  }
};

}  // namespace

template class OptimizerWith<AdagradOptions>;

bool Adagrad::takes_sparse(const ParamGroup& group) const { return group.options<AdagradOptions>().weight_decay == 0; }

void Adagrad::update(GroupStep& step) {
  const auto& o = step.group.options<AdagradOptions>();
  run<AdagradRule, 0>(step, o, stages_of(o), {o.initial_accumulator_value});
}

}  // namespace descent::optim
