// Adam-mini: one second moment for each row, or block of rows, of a matrix.
#pragma once

#include <array>

#include "optimizer.h"

namespace descent::optim {

/// Options of AdamMini, with the defaults of the authors' code (zyushun/Adam-mini).
struct AdamMiniOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;  ///< λ: parameters shrink by the factor 1 − lr·λ a step
  bool maximize = false;
  std::int64_t blocks = 0;  ///< so many blocks of rows in each parameter of the group; 0: each row is one, see below

  static constexpr const char* kName = "AdamMini";
  static constexpr std::array kSlots{"exp_avg", "exp_avg_sq"};
  std::vector<Option> fields() {
    return {{"lr", &lr, Range::AtLeastZero},   {"betas", &betas, Range::ZeroToOne},
            {"eps", &eps, Range::AtLeastZero}, {"weight_decay", &weight_decay, Range::AtLeastZero},
            {"maximize", &maximize},           {"blocks", &blocks, Range::AtLeastZero}};
  }
  void check_params(const std::vector<Tensor>& params) const;
  /// How many blocks p has. Throws std::invalid_argument where `blocks` does not divide its rows.
  std::int64_t blocks_of(const Tensor& p) const;
};

/// For each block b of a parameter:
///   v_b ← β2·v_b + (1 − β2)·mean(g_b²)
///   m ← β1·m + (1 − β1)·g
///   p ← p·(1 − lr·weight_decay) − lr·m/(1 − β1ᵗ) / (√(v_b/(1 − β2ᵗ)) + eps)
///
/// A block is a row p[i] of a parameter with two dims or more (an output neuron, an embedding's token), or `blocks` are
/// that many equal stretches of rows; other parameters are one block. Adam-mini, Zhang et al. (2024),
/// https://arxiv.org/abs/2406.16793, which cuts queries and keys by heads. That is a group of its own, for packed
/// weights with 3·heads; blocks = 1 takes whole tensors, as the authors' code for all but embeddings and heads:
///
///     optim::AdamMini opt({{.params = rest},
///                          {.params = {q.weight, k.weight}, .change = [](auto& o) { o.blocks = 8; }},
///                          {.params = {mha.in_proj_weight}, .change = [](auto& o) { o.blocks = 3 * 8; }}});
///
/// The state is half of Adam's. Throws std::invalid_argument where `blocks` does not divide the rows of a parameter,
/// ShapeError in a step after it was changed once there is state.
class AdamMini final : public OptimizerWith<AdamMiniOptions> {
 public:
  using OptimizerWith::OptimizerWith;
  SlotSpec slot_spec(std::size_t slot, const Tensor& p, const ParamGroup& group) const override;

 private:
  void update(GroupStep& step) override;
};

}  // namespace descent::optim
