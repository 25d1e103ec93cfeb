// GradientCentralization: gradients of mean zero.
#pragma once

#include "wrapper.h"

namespace descent::optim {

/// Options of GradientCentralization.
struct GradientCentralizationOptions {
  bool conv_only = false;  ///< only parameters with dim() > 2, filters of convolutions

  static constexpr const char* kName = "GradientCentralization";
  std::vector<Option> fields() { return {{"conv_only", &conv_only}}; }
};

/// g_r ← g_r − mean(g_r) for each row r, a row of a matrix or a filter of a convolution (all dims but the first), of
/// the parameters with dim() > 1; then the wrapped optimizer's step. `.grad` is as it was afterwards. Clipping acts on
/// the centralised gradient. Yong, Huang, Hua and Zhang (2020), https://arxiv.org/abs/2004.01461.
///
/// Wraps every optimizer; with one that evaluates the loss itself (SAM, LBFGS) each evaluation's gradient is
/// centralised. Sparse gradients throw Error.
class GradientCentralization final : public Wrapper {
 public:
  explicit GradientCentralization(Optimizer& inner, const GradientCentralizationOptions& options = {});

 private:
  void do_step() override;
  Tensor do_step(const std::function<Tensor()>& closure) override;
};

}  // namespace descent::optim
