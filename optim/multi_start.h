// Local descents from many starts.
#pragma once

#include <limits>
#include <vector>

#include "create.h"
#include "search.h"

namespace descent::optim {

/// Options of multi_start.
struct MultiStartOptions {
  std::int64_t starts = 20;
  std::string optimizer = "LBFGS";  ///< a name of create(); LBFGS with line search unless `options` says otherwise
  std::vector<NamedOption> options = {};  ///< of the optimizer
  std::int64_t max_steps = 200;           ///< of each descent
  double tolerance_grad = 1e-7;           ///< a descent ends when no element of the gradient is larger
  double tolerance_change = 1e-12;        ///< or when neither the value nor an element of x changes by more
  std::int64_t max_evaluations = 100000;
  double target = -std::numeric_limits<double>::infinity();  ///< done at a value as low as this
  std::uint64_t seed = 0;
};

/// The least of the local minima that descents from `starts` random points of the box find: x_i uniform on [lower_i,
/// upper_i], stratified (a Latin hypercube: each of `starts` slices of every axis has one start). f is never evaluated
/// outside the box: a step is put back to its nearest point, and elements that press against a bound count as having no
/// gradient. `reason` is "starts" when all were used; then `converged` says whether the descent that found x was.
/// McKay, Beckman and Conover (1979), https://doi.org/10.2307/1268522, for the starts. Throws std::invalid_argument for
/// bounds that do not fit together or are not finite and for options out of range, AutogradError where f records
/// nothing, ShapeError where it returns other than one element.
///
///     optim::multi_start([](const Tensor& x) { return x.square().sum(); }, {-1, -1}, {1, 1}, {.starts = 5});
SearchResult multi_start(const Objective& f, const std::vector<double>& lower, const std::vector<double>& upper,
                         const MultiStartOptions& options = {});

}  // namespace descent::optim
