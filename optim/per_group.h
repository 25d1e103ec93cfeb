// Options of schedules with one value for all param groups or one for each.
#pragma once

#include <functional>
#include <initializer_list>
#include <type_traits>
#include <utility>
#include <vector>

#include "options.h"

namespace descent::optim {

class Optimizer;

/// A number, `.max_lr = 0.1`, or one per param group, `.max_lr = {0.1, 0.2}`.
class PerGroup {
 public:
  PerGroup() = default;  ///< not given
  PerGroup(double all) : values_{all}, all_(true) {}
  PerGroup(std::initializer_list<double> values) : values_(values) {}
  PerGroup(std::vector<double> values) : values_(std::move(values)) {}

  /// One value per param group. Throws std::invalid_argument naming owner and option: not given, another number of
  /// values than `groups`, a value out of the range.
  std::vector<double> expand(const char* owner, const char* option, std::size_t groups, Range range) const;

 private:
  std::vector<double> values_;
  bool all_ = false;
};

/// A factor as a function of the epoch, `.lr_lambda = [](int64_t epoch) { return 0.9; }`, or one per param group,
/// `.lr_lambda = {f, g}`.
class LrLambda {
 public:
  using Function = std::function<double(std::int64_t)>;
  LrLambda() = default;  ///< not given
  template <class F>
  requires std::is_invocable_r_v<double, F&, std::int64_t> LrLambda(F f) : functions_{Function(std::move(f))} {
    all_ = true;
  }
  LrLambda(std::initializer_list<Function> functions) : functions_(functions) {}
  LrLambda(std::vector<Function> functions) : functions_(std::move(functions)) {}

  /// One function per param group. Throws std::invalid_argument naming the owner and `lr_lambda`.
  std::vector<Function> expand(const char* owner, std::size_t groups) const;

 private:
  std::vector<Function> functions_;
  bool all_ = false;
};

}  // namespace descent::optim
