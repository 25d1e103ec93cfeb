#include "ema.h"

#include <algorithm>

#include "../autograd/fail-inl.h"
#include "../kernels/rule_math.h"

namespace descent::optim {

void EMAOptions::check() const {
  if (bias_correction && warmup) fail<std::invalid_argument>(kName, "bias_correction and warmup exclude each other");
}

EMA::EMA(const std::vector<Tensor>& params, const EMAOptions& options)
    : ParameterAverage(EMAOptions::kName, "num_updates", params, std::make_shared<OptionsOf<EMAOptions>>(options)) {}

void EMA::update() {
  check_update();
  const auto& o = options<EMAOptions>();
  const double n = static_cast<double>(count_);
  double weight = 1 - o.decay;
  if (o.warmup) weight = 1 - std::min(o.decay, (1 + n) / (10 + n));
  if (o.bias_correction) weight = count_ == 0 ? 1 : weight / (1 - kernels::pow(o.decay, n + 1));
  take(weight);
  ++count_;
}

}  // namespace descent::optim
