#include "basin_hopping.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "optimizer.h"
#include "search-inl.h"

namespace descent::optim {

using namespace detail;

SearchResult basin_hopping(const Objective& f, const Tensor& x0, const BasinHoppingOptions& o) {
  constexpr const char* kName = "basin_hopping";
  const Box box{o.lower, o.upper};
  const Vector start = check_start(kName, x0, box);
  check_option(kName, "niter", Range::AtLeastZero, static_cast<double>(o.niter));
  check_option(kName, "T", Range::AtLeastZero, o.T);
  check_option(kName, "stepsize", Range::AboveZero, o.stepsize);
  check_option(kName, "interval", Range::AtLeastOne, static_cast<double>(o.interval));
  check_option(kName, "target_accept_rate", Range::UnitInterval, o.target_accept_rate);
  if (!(o.stepwise_factor > 0 && o.stepwise_factor < 1))
    fail<std::invalid_argument>(kName, "stepwise_factor must be in (0, 1), got {}", o.stepwise_factor);
  check_option(kName, "niter_success", Range::AtLeastZero, static_cast<double>(o.niter_success));
  const LocalOptions local{o.optimizer, o.options, o.max_steps, o.tolerance_grad, o.tolerance_change};
  check_local(kName, local);
  Evaluator evaluator(kName, f, o.max_evaluations, o.target);

  Stream stream(o.seed);
  double length = o.stepsize;
  std::int64_t accepted = 0, without_gain = 0;
  try {
    LocalResult here = descend(evaluator, box, local, start);
    if (here.x.empty()) here.x = start;  // f is not finite there: hop away
    double least = here.value;
    for (std::int64_t hop = 1; hop <= o.niter; ++hop) {
      Vector x = here.x;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = box.clamp(i, x[i] + stream.between(-length, length));
      const LocalResult there = descend(evaluator, box, local, x);
      const double chance = stream.uniform(), rise = there.value - here.value;
      if (there.x.empty()) {  // not finite: no place to be, unless the last was not either
        if (here.value == kInfinity) here.x = x;
      } else if (there.value <= here.value || (o.T > 0 && chance < std::exp(-rise / o.T))) {
        here = there;
        ++accepted;
      }
      // A gain in the last digits is the same minimum again.
      const bool gain =
          there.value < least - 1e-9 * std::fmax(1, std::fabs(least)) || (least == kInfinity && there.value < least);
      without_gain = gain ? 0 : without_gain + 1;
      least = std::fmin(least, there.value);
      if (o.niter_success > 0 && without_gain >= o.niter_success) return evaluator.result(true, "niter_success");
      if (hop % o.interval == 0) {
        const double rate = static_cast<double>(accepted) / static_cast<double>(o.interval);
        length *= rate > o.target_accept_rate ? 1 / o.stepwise_factor : o.stepwise_factor;
        length = std::fmin(std::fmax(length, 1e-6 * o.stepsize), 1e6 * o.stepsize);
        accepted = 0;
      }
    }
  } catch (const Stop& stop) {
    return evaluator.result(evaluator.best() <= o.target, stop.reason);
  }
  return evaluator.result(false, "niter");
}

}  // namespace descent::optim
