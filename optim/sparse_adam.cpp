#include "sparse_adam.h"

#include "driver-inl.h"

namespace descent::optim {
namespace {

template <class T>
struct SparseAdamRule {
  T rest1, rest2, a, eps;
  SparseAdamRule(const SparseAdamOptions& o, std::int64_t t)
      : rest1(T(1 - o.betas.first)), rest2(T(1 - o.betas.second)), eps(T(o.eps)) {
    const double steps = static_cast<double>(t);
    a = T(o.lr * kernels::sqrt(1 - kernels::pow(o.betas.second, steps)) / (1 - kernels::pow(o.betas.first, steps)));
  }
  void operator()(T& p, T g, T& m, T& v) const {
    m = kernels::flush(m + rest1 * (g - m));
    v = kernels::flush(v + rest2 * (g * g - v));
    p -= a * m / (kernels::sqrt(v) + eps);
  }
};

}  // namespace

template class OptimizerWith<SparseAdamOptions>;

void SparseAdam::update(GroupStep& step) {
  const auto& o = step.group.options<SparseAdamOptions>();
  for (std::size_t i = 0; step.phase == Phase::Prepare && i < step.group.params.size(); ++i) {
    const Tensor& g = step.group.params[i].grad();
    if (g.defined() && !detail::is_sparse(g)) {
      fail<Error>(name(), "the gradient of parameter {} of shape {} must be sparse: for dense ones there is Adam", i,
                  g.shape());
    }
  }
  run<SparseAdamRule, 0, 1>(step, o, {.scale = o.maximize ? -1.0 : 1.0});
}

}  // namespace descent::optim
