// Weights of the losses of several tasks, learned with the network.
#pragma once

#include <vector>

#include "../nn/module.h"

namespace descent::losses {

/// Options of UncertaintyWeighting.
struct UncertaintyWeightingOptions {
  std::vector<bool> classification = {};  ///< true for a task whose loss is a cross entropy; empty: none is
};

/// L = Σ cᵢ·exp(−sᵢ)·Lᵢ + sᵢ/2 with sᵢ = log σᵢ², cᵢ = 1/2 for regression and 1 for classification: each task is scaled
/// by a variance σ² that is learned. Kendall, Gal and Cipolla 2018, "Multi-task learning using uncertainty to weigh
/// losses". Give parameters() to the optimizer beside the network's:
///
///     losses::UncertaintyWeighting weigh(2, {.classification = {false, true}});
///     Tensor loss = weigh({mse, cross_entropy});
class UncertaintyWeighting : public nn::Module {
 public:
  /// Throws std::invalid_argument unless tasks >= 1 and `classification` is empty or has one entry a task.
  explicit UncertaintyWeighting(std::int64_t tasks, const UncertaintyWeightingOptions& options = {});

  Tensor operator()(const std::vector<Tensor>& losses) const { return forward(losses); }
  /// The total, 0-dim. Throws ShapeError unless there is one loss of one element a task, DTypeError unless floating.
  Tensor forward(const std::vector<Tensor>& losses) const;

  Tensor log_vars;  ///< parameter s [tasks], zeros at first

 private:
  Tensor forward(const Tensor& x) final { return nn::Module::forward(x); }  // throws: it takes a list

  std::vector<double> factors_;
};

/// Options of GradNorm.
struct GradNormOptions {
  double alpha = 1.5;  ///< α >= 0: how strongly tasks that lag behind are pulled
};

/// Weights wᵢ under which all tasks train at similar rates: with Gᵢ = ‖∇_W wᵢ·Lᵢ‖₂ at shared parameters W, their mean
/// Ḡ, and rᵢ = (Lᵢ/Lᵢ(0)) / mean of these, w follows the gradient of Σ |Gᵢ − Ḡ·rᵢ^α|, in which Ḡ·rᵢ^α is constant;
/// after each step Σ w is set to the number of tasks. Chen et al. 2018, "GradNorm: gradient normalization for adaptive
/// loss balancing in deep multitask networks". A step, with an optimizer of its own for w:
///
///     Tensor balance = grad_norm.balance(losses, {net.shared.weight});   // before backward frees the graph
///     grad_norm(losses).backward();    opt.step();
///     balance.backward();              weight_opt.step();    grad_norm.renormalize();
class GradNorm : public nn::Module {
 public:
  /// Throws std::invalid_argument unless tasks >= 1 and alpha is finite and at least 0.
  explicit GradNorm(std::int64_t tasks, const GradNormOptions& options = {});

  Tensor operator()(const std::vector<Tensor>& losses) const { return forward(losses); }
  /// Σ wᵢ·Lᵢ with constant w, 0-dim: what trains the network. Throws as UncertaintyWeighting::forward.
  Tensor forward(const std::vector<Tensor>& losses) const;
  /// Σ |Gᵢ − Ḡ·rᵢ^α|, 0-dim, a function of w alone; where all losses are 0, r is 1. The first call notes the initial
  /// losses, which must be positive and finite, later ones at least 0 (Error). Keeps the losses' graphs. Throws
  /// std::invalid_argument without shared parameters.
  Tensor balance(const std::vector<Tensor>& losses, const std::vector<Tensor>& shared);
  /// w ← tasks·max(w, 1e-4)/Σ max(w, 1e-4), in place: each step of the optimizer may go below 0, and a task without
  /// any weight would no longer be trained. Throws Error if a weight is not finite.
  void renormalize();

  Tensor weights;         ///< parameter w [tasks], ones at first
  Tensor initial_losses;  ///< buffer L(0) [tasks], zeros until known

 private:
  Tensor forward(const Tensor& x) final { return nn::Module::forward(x); }  // throws: it takes a list

  double alpha_;
};

}  // namespace descent::losses
