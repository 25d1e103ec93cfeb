// SOAP: Adam in the eigenbasis of Shampoo's preconditioner.
#pragma once

#include <array>

#include "staged.h"

namespace descent::optim {

/// Options of SOAP, with the defaults of the paper's code.
struct SOAPOptions {
  double lr = 3e-3;
  std::pair<double, double> betas = {0.95, 0.95};
  double shampoo_beta = -1;  ///< of the factors' averages; below 0: β2
  double eps = 1e-8;
  double weight_decay = 0.01;                ///< λ: parameters shrink by the factor 1 − lr·λ a step
  std::int64_t precondition_frequency = 10;  ///< the bases follow the factors every so many steps
  std::int64_t max_precond_dim = 10000;      ///< longer dims are left as they are
  bool precondition_1d = false;              ///< vectors, too
  bool correct_bias = true;
  bool maximize = false;

  static constexpr const char* kName = "SOAP";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq", "GG_0", "GG_1", "GG_2", "GG_3", "GG_4",
                                     "GG_5",    "Q_0",        "Q_1",  "Q_2",  "Q_3",  "Q_4",  "Q_5"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},
            {"betas", &betas, Range::ZeroToOne},
            {"shampoo_beta", &shampoo_beta},
            {"eps", &eps, Range::AtLeastZero},
            {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"precondition_frequency", &precondition_frequency, Range::AtLeastOne},
            {"max_precond_dim", &max_precond_dim, Range::AtLeastOne},
            {"precondition_1d", &precondition_1d},
            {"correct_bias", &correct_bias},
            {"maximize", &maximize}};
  }
  void check() const;
};

/// With G the matrix [size(i), the rest] that g unfolds to along dim i, and x' = x ×₁ Q_1ᵀ … ×ₖ Q_kᵀ:
///   m ← β1·m + (1 − β1)·g,   v ← β2·v + (1 − β2)·g'²
///   u = m'/(√v + eps), times √(1 − β2ᵗ)/(1 − β1ᵗ), turned back by Q_i in place of Q_iᵀ
///   p ← (p − lr·u)·(1 − lr·weight_decay)
///   GG_i ← β·GG_i + (1 − β)·G·Gᵀ,   β = shampoo_beta
///   every precondition_frequency steps: Q_i from the QR decomposition of GG_i·Q_i, columns of Q_i and entries of v
///   ordered by the eigenvalues diag(Q_iᵀ·GG_i·Q_i) first
/// The first gradient only makes GG_i and its eigenvectors Q_i; t counts from the second.
///
/// SOAP, Vyas et al. (2024), https://arxiv.org/abs/2409.11321, without merging dims. Dims from the sixth on count as
/// one. Throws Error where eigh does, as for gradients that are not finite. max_precond_dim and precondition_1d cannot
/// be changed once there is state.
class SOAP final : public StagedOptimizer<SOAPOptions> {
 public:
  using StagedOptimizer::StagedOptimizer;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
