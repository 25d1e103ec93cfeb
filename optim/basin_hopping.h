// Local descents from random steps away from the last one's end.
#pragma once

#include <limits>
#include <vector>

#include "create.h"
#include "search.h"

namespace descent::optim {

/// Options of basin_hopping; names and defaults as SciPy's where it has them.
struct BasinHoppingOptions {
  std::int64_t niter = 100;         ///< hops
  double T = 1.0;                   ///< temperature: about the difference of neighbouring minima; 0 only goes down
  double stepsize = 0.5;            ///< first length of a hop: each element moves by uniform on [−stepsize, stepsize)
  std::int64_t interval = 50;       ///< hops between changes of the length
  double target_accept_rate = 0.5;  ///< the length grows where more hops are accepted, else it shrinks
  double stepwise_factor = 0.9;     ///< by this factor
  std::int64_t niter_success = 0;   ///< done when that many hops found nothing better; 0: never
  std::vector<double> lower = {};   ///< bounds, both or none
  std::vector<double> upper = {};
  std::string optimizer = "LBFGS";        ///< as in multi_start
  std::vector<NamedOption> options = {};  ///< of the optimizer
  std::int64_t max_steps = 200;           ///< of each descent
  double tolerance_grad = 1e-7;
  double tolerance_change = 1e-12;
  std::int64_t max_evaluations = 100000;
  double target = -std::numeric_limits<double>::infinity();
  std::uint64_t seed = 0;
};

/// A walk over local minima: a hop from the last one accepted, a descent, and the new minimum is accepted with
/// probability min(1, exp(−(f_new − f_old)/T)). Wales and Doye (1997), https://doi.org/10.1021/jp970984n. `reason` is
/// "niter" or "niter_success" (the only criterion of convergence besides the target). Bounds and errors as in
/// multi_start; also ShapeError, DTypeError and std::invalid_argument for a start that is not 1-D, floating, finite and
/// within the bounds.
SearchResult basin_hopping(const Objective& f, const Tensor& x0, const BasinHoppingOptions& options = {});

}  // namespace descent::optim
