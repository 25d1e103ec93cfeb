// For the searches' .cpp files: evaluating within bounds and a budget, random numbers, descending by an optimizer.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../kernels/random.h"
#include "create.h"
#include "search.h"

namespace descent::optim::detail {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Vector = std::vector<double>;

/// A stream of its own: numbers depend on the seed and on how many came before.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : seed_(seed) {}
  double uniform();  ///< [0, 1), 53 bits
  double normal();   ///< N(0, 1), by Box and Muller
  double between(double low, double high) { return low + (high - low) * uniform(); }
  std::size_t index(std::size_t n) { return std::min(n - 1, static_cast<std::size_t>(uniform() * double(n))); }

 private:
  std::uint64_t seed_, count_ = 0;
  double spare_ = std::nan("");
};

/// lower <= x <= upper, elementwise; both empty: no bounds.
struct Box {
  Vector lower, upper;

  bool empty() const { return lower.empty(); }
  bool contains(std::size_t i, double v) const { return empty() || (v >= lower[i] && v <= upper[i]); }
  double clamp(std::size_t i, double v) const { return empty() ? v : std::fmin(std::fmax(v, lower[i]), upper[i]); }
};
/// Throws std::invalid_argument naming `owner`: other lengths than n, lower > upper, ends that are not finite. With
/// `needed` an empty box is refused too.
void check_box(const char* owner, const Box& box, std::size_t n, bool needed);
/// The elements of a start, 1-D and finite, within the box: ShapeError, DTypeError, std::invalid_argument.
Vector check_start(const char* owner, const Tensor& x0, const Box& box);
void check_target(const char* owner, double target);

/// Ends a search from within.
struct Stop {
  const char* reason;
};

/// f with a count, a budget and the best so far.
class Evaluator {
 public:
  /// Throws std::invalid_argument for an empty f, max_evaluations < 1 and a NaN target.
  Evaluator(const char* owner, const Objective& f, std::int64_t max_evaluations, double target);

  /// f(x), infinity where it is not finite. Throws Stop before the budget is exceeded and after the target is reached.
  double value(const Vector& x);
  /// The same with ∂f/∂x; infinity where an element of the gradient is not finite. The last point is remembered.
  double value(const Vector& x, Vector& gradient);

  double best() const { return best_; }
  const Vector& best_x() const { return best_x_; }
  const char* owner() const { return owner_; }
  /// True once f itself has thrown.
  bool failed() const { return failed_; }
  SearchResult result(bool converged, std::string reason) const;

 private:
  Tensor call(const Tensor& x);
  void note(const Vector& x, double value);

  const char* owner_;
  const Objective& f_;
  std::int64_t max_evaluations_, evaluations_ = 0;
  double target_, best_ = kInfinity;
  Vector best_x_, last_x_, last_gradient_;
  double last_value_ = 0;
  bool failed_ = false;
};

/// Options of a local descent, as the searches have them.
struct LocalOptions {
  std::string optimizer;
  std::vector<NamedOption> options;
  std::int64_t max_steps;
  double tolerance_grad, tolerance_change;
};
/// Throws std::invalid_argument: an unknown optimizer, a wrong option or value.
void check_local(const char* owner, const LocalOptions& local);

struct LocalResult {
  Vector x;
  double value = kInfinity;
  bool converged = false;
};
/// Projected descent: an optimizer of create() steps, then x is put back into the box; elements that press against a
/// bound count as having no gradient. Ends when no element of that gradient exceeds tolerance_grad, when neither the
/// value (relative to max(1, |f|)) nor an element changes by more than tolerance_change, after max_steps, or where f is
/// not finite. Throws Stop.
LocalResult descend(Evaluator& f, const Box& box, const LocalOptions& local, const Vector& start);

Tensor to_tensor(const Vector& x);

}  // namespace descent::optim::detail
