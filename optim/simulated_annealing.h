// A random walk that is ever less ready to go up.
#pragma once

#include <limits>
#include <vector>

#include "search.h"

namespace descent::optim {

/// Options of simulated_annealing; defaults after the paper, with fewer moves at each temperature.
struct SimulatedAnnealingOptions {
  double T = 0;                   ///< first temperature; 0: the standard deviation of f over 20·n moves from x0
  double cooling = 0.85;          ///< T ← cooling·T, in (0, 1)
  double stepsize = 1.0;          ///< first length of moves, for every element
  std::int64_t cycles = 20;       ///< moves of each element between changes of its length
  std::int64_t adjustments = 10;  ///< changes of length at each temperature
  double tolerance = 1e-8;  ///< done when the values of four temperatures lie that close to each other and the best
  std::vector<double> lower = {};  ///< bounds, both or none
  std::vector<double> upper = {};
  std::int64_t max_evaluations = 100000;
  double target = -std::numeric_limits<double>::infinity();
  std::uint64_t seed = 0;
};

/// One element moves at a time, by uniform on [−v_i, v_i), and the move is accepted with probability min(1,
/// exp(−(f_new − f_old)/T)). v_i is adjusted so that about half of the moves are; after `adjustments` of these T falls
/// and the walk goes on from the best point. No gradient is needed, and nothing is recorded. Kirkpatrick, Gelatt and
/// Vecchi (1983), https://doi.org/10.1126/science.220.4598.671, in the form of Corana et al. (1987),
/// https://doi.org/10.1145/29380.29864. `reason` is "tolerance" where it converged. Throws as basin_hopping, but for
/// what concerns gradients.
SearchResult simulated_annealing(const Objective& f, const Tensor& x0, const SimulatedAnnealingOptions& options = {});

}  // namespace descent::optim
