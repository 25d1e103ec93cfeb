// EMA: an exponential moving average of parameters.
#pragma once

#include "parameter_average.h"

namespace descent::optim {

/// Options of EMA.
struct EMAOptions {
  double decay = 0.999;
  bool bias_correction = false;  ///< start from nothing, not from the first parameters, as Adam's averages do
  bool warmup = false;           ///< decay in update n = 0, 1, … at most (1 + n)/(10 + n), so that early ones fade

  static constexpr const char* kName = "EMA";
  std::vector<Option> fields() {
    return {{"decay", &decay, Range::ZeroToOne}, {"bias_correction", &bias_correction}, {"warmup", &warmup}};
  }
  void check() const;
};

/// a ← decay·a + (1 − decay)·p, a starting as a copy of p. With bias_correction, a starting at 0 and divided by
/// 1 − decayᵗ: the same as a ← a + (1 − decay)/(1 − decayᵗ)·(p − a), which is what is kept. Polyak and Juditsky (1992);
/// evaluating with it: Tarvainen and Valpola (2017), https://arxiv.org/abs/1703.01780.
///
///     optim::EMA ema(net.parameters(), {.decay = 0.999});
///     opt.step();   ema.update();
///     { const auto scope = ema.apply();   evaluate(net); }
class EMA final : public ParameterAverage {
 public:
  explicit EMA(const std::vector<Tensor>& params, const EMAOptions& options = {});
  void update() override;
  std::int64_t num_updates() const noexcept { return count_; }
};

}  // namespace descent::optim
