// SWA: the mean of the parameters along the end of a run.
#pragma once

#include "parameter_average.h"

namespace descent::optim {

/// Options of SWA.
struct SWAOptions {
  std::int64_t start = 0;  ///< calls of update() that are not averaged
  std::int64_t freq = 1;   ///< from then on every freq-th call is, the first among them
  double gamma = 0;        ///< γ: later parameters weigh more, see below

  static constexpr const char* kName = "SWA";
  std::vector<Option> fields() {
    return {{"start", &start, Range::AtLeastZero},
            {"freq", &freq, Range::AtLeastOne},
            {"gamma", &gamma, Range::AtLeastZero}};
  }
};

/// a ← a + (p − a)·(1 + γ)/(n + 1 + γ), n parameters averaged before: their mean with γ = 0; the first is copied, and
/// until then a is what p was at the beginning. With γ = 8 and update() after each step this is the polynomial-decay
/// average that goes with DoG (Shamir and Zhang 2013, https://arxiv.org/abs/1212.1824). Stochastic weight averaging,
/// Izmailov et al. (2018), https://arxiv.org/abs/1803.05407, as PyTorch's AveragedModel; SWALR is the rate that goes
/// with it. Running statistics of a normalisation do not fit the averaged weights: compute them anew with one pass over
/// the data (PyTorch's update_bn) before evaluating.
class SWA final : public ParameterAverage {
 public:
  explicit SWA(const std::vector<Tensor>& params, const SWAOptions& options = {});
  void update() override;
  /// How many have been averaged.
  std::int64_t n_averaged() const noexcept { return count_; }
};

}  // namespace descent::optim
