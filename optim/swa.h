// SWA: the mean of the parameters along the end of a run.
#pragma once

#include "parameter_average.h"

namespace descent::optim {

/// Options of SWA.
struct SWAOptions {
  std::int64_t start = 0;  ///< calls of update() that are not averaged
  std::int64_t freq = 1;   ///< from then on every freq-th call is, the first among them

  static constexpr const char* kName = "SWA";
  std::vector<Option> fields() { return {{"start", &start, Range::AtLeastZero}, {"freq", &freq, Range::AtLeastOne}}; }
};

/// a ← a + (p − a)/(n + 1), n parameters averaged before; the first is copied, and until then a is what p was at the
/// beginning. Stochastic weight averaging, Izmailov et al. (2018), https://arxiv.org/abs/1803.05407, as PyTorch's
/// AveragedModel; SWALR is the rate that goes with it. Running statistics of a normalisation do not fit the averaged
/// weights: compute them anew with one pass over the data (PyTorch's update_bn) before evaluating.
class SWA final : public ParameterAverage {
 public:
  explicit SWA(const std::vector<Tensor>& params, const SWAOptions& options = {});
  void update() override;
  /// How many have been averaged.
  std::int64_t n_averaged() const noexcept { return count_; }
};

}  // namespace descent::optim
