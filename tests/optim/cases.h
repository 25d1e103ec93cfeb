// Every optimizer in every combination of options that its tests walk through.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "optim/optim.h"

namespace descent::testing {

struct OptimizerCase {
  std::string name;
  bool maximize = false;
  bool elementwise = true;   ///< an element's step depends on no other element
  double tolerance = 1e-12;  ///< of a trajectory: decompositions amplify rounding
  /// `scale` multiplies the rate.
  std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&, double scale)> make;
};

/// The names are those of tests/reference/optim.py.
const std::vector<OptimizerCase>& optimizer_cases();

/// A float64 leaf with these values that needs a gradient.
Tensor leaf(const std::vector<double>& values);
/// Deterministic gradient number `step` of a parameter: about 1 in size, of both signs.
Tensor some_gradient(const Tensor& p, int step);

}  // namespace descent::testing
