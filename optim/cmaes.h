// CMA-ES: a normal distribution that learns where, how far and along which directions to sample.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "search.h"

namespace descent::optim {

/// Options of CMAES and cmaes; what is 0 takes the tutorial's default.
struct CMAESOptions {
  double sigma = 0.5;              ///< first standard deviation: about a third of the region to search
  std::int64_t population = 0;     ///< λ, samples a generation, at least 2; 0: 4 + ⌊3·ln n⌋
  bool active = true;              ///< learn from the worse half of the samples too, by negative weights
  std::vector<double> lower = {};  ///< bounds, both or none: samples outside are drawn again, in the end put back
  std::vector<double> upper = {};
  double tolerance_x = 1e-12;  ///< done when all standard deviations are below this times sigma
  double tolerance_fun =
      1e-12;  ///< done when the best values of 10 + ⌈30·n/λ⌉ generations and all of the last differ less
  std::int64_t restarts = 0;  ///< of cmaes alone: starts again from x0, each time with twice the population
  std::int64_t max_evaluations = 100000;
  double target = -std::numeric_limits<double>::infinity();
  std::uint64_t seed = 0;
};

/// Covariance matrix adaptation evolution strategy with cumulation, rank-one and rank-μ update, step-size control:
///     x_k = m + σ·y_k,   y_k ~ N(0, C)
///     m ← m + σ·ȳ,   ȳ = Σ_{i≤μ} w_i·y_i, y_1 the sample of the least value
///     p_σ ← (1 − c_σ)·p_σ + √(c_σ(2 − c_σ)μ_eff)·C^(−1/2)·ȳ
///     p_c ← (1 − c_c)·p_c + h_σ·√(c_c(2 − c_c)μ_eff)·ȳ
///     C ← (1 + c_1·(1 − h_σ)·c_c(2 − c_c) − c_1 − c_μ·Σw)·C + c_1·p_c·p_cᵀ + c_μ·Σ_{i≤λ} w_i°·y_i·y_iᵀ
///     σ ← σ·exp(c_σ/d_σ·(‖p_σ‖/E‖N(0, 1)‖ − 1))
/// with weights, rates and damping of Hansen (2016), "The CMA Evolution Strategy: A Tutorial",
/// https://arxiv.org/abs/1604.00772, figure 6 and table 1. Asked for samples and told their values, for programs that
/// evaluate them by themselves:
///     optim::CMAES search(x0, {.sigma = 1});
///     while (!search.done()) search.tell(values_of(search.ask()));
class CMAES {
 public:
  /// Throws ShapeError, DTypeError or std::invalid_argument for a start that is not 1-D, floating, finite and within
  /// the bounds; std::invalid_argument for options out of range.
  explicit CMAES(const Tensor& x0, const CMAESOptions& options = {});
  CMAES(CMAES&&) noexcept;
  CMAES& operator=(CMAES&&) noexcept;
  ~CMAES();

  /// The samples of the next generation, float64 [λ, n]; the same until tell().
  Tensor ask();
  /// Their values, λ of them in that order; one that is not finite counts as the worst. Throws std::invalid_argument
  /// for another number of values, Error without ask().
  void tell(const std::vector<double>& values);
  /// True once reason() says why: "target", "max_evaluations", "tolerance_x", "tolerance_fun", "condition" (C's exceeds
  /// 1e14) or "sigma" (it is no longer finite).
  bool done() const noexcept;
  const std::string& reason() const noexcept;

  Tensor mean() const;        ///< m, [n]
  Tensor covariance() const;  ///< C, [n, n], without σ²
  double sigma() const noexcept;
  std::int64_t population() const noexcept;
  std::int64_t generation() const noexcept;
  /// The best sample so far; before the first tell() x0 with an infinite value.
  SearchResult result() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Runs CMAES on f, with `restarts` (IPOP: Auger and Hansen 2005, https://doi.org/10.1109/CEC.2005.1554902) until the
/// target or the budget. No gradient is needed, and nothing is recorded. A generation that the budget would cut is not
/// begun. Throws as CMAES, and as f.
SearchResult cmaes(const Objective& f, const Tensor& x0, const CMAESOptions& options = {});

}  // namespace descent::optim
