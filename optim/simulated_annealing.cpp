#include "simulated_annealing.h"

#include <algorithm>
#include <cmath>

#include "../autograd/fail-inl.h"
#include "optimizer.h"
#include "search-inl.h"

namespace descent::optim {

using namespace detail;

namespace {

constexpr const char* kName = "simulated_annealing";

void check(const SimulatedAnnealingOptions& o) {
  check_option(kName, "T", Range::AtLeastZero, o.T);
  if (!(o.cooling > 0 && o.cooling < 1))
    fail<std::invalid_argument>(kName, "cooling must be in (0, 1), got {}", o.cooling);
  check_option(kName, "stepsize", Range::AboveZero, o.stepsize);
  check_option(kName, "cycles", Range::AtLeastOne, static_cast<double>(o.cycles));
  check_option(kName, "adjustments", Range::AtLeastOne, static_cast<double>(o.adjustments));
  check_option(kName, "tolerance", Range::AtLeastZero, o.tolerance);
}

class Walk {
 public:
  Walk(Evaluator& f, const Box& box, const SimulatedAnnealingOptions& o, const Vector& start)
      : f_(f), box_(box), o_(o), stream_(o.seed), x_(start), lengths_(start.size(), o.stepsize) {
    value_ = f_.value(x_);
  }

  /// Until the values of four temperatures agree.
  void run() {
    double T = o_.T > 0 ? o_.T : first_temperature();
    std::vector<double> ends;
    for (;; T *= o_.cooling) {
      for (std::int64_t k = 0; k < o_.adjustments; ++k) adjust(T);
      ends.push_back(value_);
      if (ends.size() > 4) ends.erase(ends.begin());
      const auto close = [&](double v) { return std::abs(v - f_.best()) <= o_.tolerance; };
      if (ends.size() == 4 && std::all_of(ends.begin(), ends.end(), close)) return;
      x_ = f_.best_x();
      value_ = f_.best();
    }
  }

 private:
  /// The point with element i moved; a move out of the bounds is drawn anew from all of them.
  Vector moved(std::size_t i) {
    Vector x = x_;
    x[i] += stream_.between(-lengths_[i], lengths_[i]);
    if (!box_.contains(i, x[i])) x[i] = box_.clamp(i, stream_.between(box_.lower[i], box_.upper[i]));
    return x;
  }

  double first_temperature() {
    double count = 0, mean = 0, squares = 0;  // Welford
    for (std::size_t k = 0; k < 20 * x_.size(); ++k) {
      const double v = f_.value(moved(k % x_.size()));
      if (v == kInfinity) continue;
      const double from_mean = v - mean;
      mean += from_mean / ++count;
      squares += from_mean * (v - mean);
    }
    const double deviation = count > 1 ? std::sqrt(squares / count) : 0;
    return std::isfinite(deviation) && deviation > 0 ? deviation : 1;
  }

  /// `cycles` moves of each element, then v ← v·(1 + 2·(a − 0.6)/0.4) where the share a of moves accepted exceeds 0.6,
  /// v ← v/(1 + 2·(0.4 − a)/0.4) where it is below 0.4.
  void adjust(double T) {
    const std::size_t n = x_.size();
    std::vector<std::int64_t> accepted(n, 0);
    for (std::int64_t cycle = 0; cycle < o_.cycles; ++cycle) {
      for (std::size_t i = 0; i < n; ++i) {
        Vector x = moved(i);
        const double value = f_.value(x), chance = stream_.uniform();
        // Without a finite value yet any place is as good; T may have become 0.
        if (!(value <= value_ || (value < kInfinity && chance < std::exp((value_ - value) / T)))) continue;
        x_ = std::move(x);
        value_ = value;
        ++accepted[i];
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      const double share = static_cast<double>(accepted[i]) / static_cast<double>(o_.cycles);
      if (share > 0.6) lengths_[i] *= 1 + 2 * (share - 0.6) / 0.4;
      if (share < 0.4) lengths_[i] /= 1 + 2 * (0.4 - share) / 0.4;
      const double most = box_.empty() ? 1e6 * o_.stepsize : std::fmax(box_.upper[i] - box_.lower[i], 1e-300);
      lengths_[i] = std::fmin(std::fmax(lengths_[i], 1e-300), most);
    }
  }

  Evaluator& f_;
  const Box& box_;
  const SimulatedAnnealingOptions& o_;
  Stream stream_;
  Vector x_, lengths_;
  double value_;
};

}  // namespace

SearchResult simulated_annealing(const Objective& f, const Tensor& x0, const SimulatedAnnealingOptions& o) {
  const Box box{o.lower, o.upper};
  const Vector start = check_start(kName, x0, box);
  check(o);
  Evaluator evaluator(kName, f, o.max_evaluations, o.target);
  try {
    Walk(evaluator, box, o, start).run();
  } catch (const Stop& stop) {
    return evaluator.result(evaluator.best() <= o.target, stop.reason);
  }
  return evaluator.result(true, "tolerance");
}

}  // namespace descent::optim
