// LARS: momentum with a rate per tensor, for very large batches.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of LARS. momentum, trust_coefficient and eps are those of TensorFlow's LARSOptimizer (tf.contrib.opt, whose
/// weight decay is 1e-4), weight_decay is that of PaddlePaddle's LarsMomentumOptimizer. Neither has a default for lr,
/// which grows with the batch.
struct LARSOptions {
  double lr = 0.1;  ///< the global rate γ
  double momentum = 0.9;
  double weight_decay = 5e-4;       ///< β of the paper
  double trust_coefficient = 1e-3;  ///< η
  double eps = 0;                   ///< added below the fraction
  bool nesterov = false;
  bool maximize = false;

  static constexpr const char* kName = "LARS";
  static constexpr std::array kSlots{"momentum_buffer"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"momentum", &momentum, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"trust_coefficient", &trust_coefficient, Range::AtLeastZero},
            {"eps", &eps, Range::AtLeastZero},
            {"nesterov", &nesterov},
            {"maximize", &maximize}};
  }
};

/// λ = η·‖p‖ / (‖g‖ + weight_decay·‖p‖ + eps), one number for each parameter tensor; 1 where ‖p‖ or ‖g‖ is 0, as in
/// TensorFlow
/// b ← momentum·b + lr·λ·(g + weight_decay·p)
/// p ← p − b;   nesterov: p ← p − (momentum·b + lr·λ·(g + weight_decay·p))
///
/// LARS, You, Gitman and Ginsburg (2017), https://arxiv.org/abs/1708.03888. The rate stands inside the buffer, as in
/// the paper. Biases and norms are best given a group with trust_coefficient and weight_decay of their own.
class LARS final : public OptimizerWith<LARSOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
