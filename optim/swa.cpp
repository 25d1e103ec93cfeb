#include "swa.h"

namespace descent::optim {

SWA::SWA(const std::vector<Tensor>& params, const SWAOptions& options)
    : ParameterAverage(SWAOptions::kName, "n_averaged", params, std::make_shared<OptionsOf<SWAOptions>>(options)) {
  calls_name_ = "calls";
}

void SWA::update() {
  check_update();
  const auto& o = options<SWAOptions>();
  const std::int64_t since = calls_++ - o.start;
  if (since < 0 || since % o.freq != 0) return;
  take((1 + o.gamma) / (static_cast<double>(count_ + 1) + o.gamma));
  ++count_;
}

}  // namespace descent::optim
