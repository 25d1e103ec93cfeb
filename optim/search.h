// Global search: what multi_start, basin_hopping, simulated_annealing and CMA-ES share. For problems of few parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "../autograd/tensor.h"

namespace descent::optim {

/// What is minimised: takes a 1-D float64 tensor and returns one element of a floating type, from any ops. A value that
/// is not finite (−∞ too) counts as worse than all others. Throws of f pass through the search.
using Objective = std::function<Tensor(const Tensor&)>;

/// What a search found. Every search is a function of its arguments and of its option `seed` alone: it draws from a
/// stream of its own, and the library's generator stays where it is.
struct SearchResult {
  Tensor x;                      ///< float64 [n], where the least value was found
  double value = 0;              ///< f(x); infinity if no value was finite
  std::int64_t evaluations = 0;  ///< calls of f, with or without its gradient
  bool converged = false;        ///< a criterion of convergence was met, rather than a budget used up
  /// What ended the search: "target" (a value at or below the option), "max_evaluations", or a word of the search.
  std::string reason;
};

}  // namespace descent::optim
