#include "multi_start.h"

#include <algorithm>
#include <numeric>

#include "../autograd/fail-inl.h"
#include "optimizer.h"
#include "search-inl.h"

namespace descent::optim {

using namespace detail;

SearchResult multi_start(const Objective& f, const std::vector<double>& lower, const std::vector<double>& upper,
                         const MultiStartOptions& o) {
  constexpr const char* kName = "multi_start";
  const Box box{lower, upper};
  const std::size_t n = lower.size();
  if (n == 0) fail<std::invalid_argument>(kName, "lower and upper must have one element at least");
  check_box(kName, box, n, true);
  check_option(kName, "starts", Range::AtLeastOne, static_cast<double>(o.starts));
  if (o.starts > 10000000) fail<std::invalid_argument>(kName, "starts must be at most 10000000, got {}", o.starts);
  const LocalOptions local{o.optimizer, o.options, o.max_steps, o.tolerance_grad, o.tolerance_change};
  check_local(kName, local);
  Evaluator evaluator(kName, f, o.max_evaluations, o.target);

  // Each axis visits its slices in an order of its own (Fisher and Yates).
  Stream stream(o.seed);
  const auto starts = static_cast<std::size_t>(o.starts);
  std::vector<std::vector<std::size_t>> slices(n, std::vector<std::size_t>(starts));
  for (std::vector<std::size_t>& order : slices) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = starts; i > 1; --i) std::swap(order[i - 1], order[stream.index(i)]);
  }

  LocalResult best;
  try {
    for (std::size_t k = 0; k < starts; ++k) {
      Vector x(n);
      for (std::size_t i = 0; i < n; ++i) {
        const double t = (static_cast<double>(slices[i][k]) + stream.uniform()) / static_cast<double>(starts);
        x[i] = box.clamp(i, lower[i] * (1 - t) + upper[i] * t);
      }
      const LocalResult found = descend(evaluator, box, local, x);
      if (found.value < best.value) best = found;
    }
  } catch (const Stop& stop) {
    return evaluator.result(evaluator.best() <= o.target, stop.reason);
  }
  return evaluator.result(best.converged && best.value <= evaluator.best(), "starts");
}

}  // namespace descent::optim
