#include "per_group.h"

#include "../autograd/fail-inl.h"

namespace descent::optim {
namespace {

template <class T>
std::vector<T> expanded(const char* owner, const char* option, const std::vector<T>& values, bool all,
                        std::size_t groups) {
  if (values.empty()) fail<std::invalid_argument>(owner, "{} must be given", option);
  if (all) return std::vector<T>(groups, values[0]);
  if (values.size() != groups) {
    fail<std::invalid_argument>(owner, "{} must have one value per param group, got {} for {}", option, values.size(),
                                groups);
  }
  return values;
}

}  // namespace

std::vector<double> PerGroup::expand(const char* owner, const char* option, std::size_t groups, Range range) const {
  for (const double x : values_) check_option(owner, option, range, x);
  return expanded(owner, option, values_, all_, groups);
}

std::vector<LrLambda::Function> LrLambda::expand(const char* owner, std::size_t groups) const {
  for (const Function& f : functions_) {
    if (!f) fail<std::invalid_argument>(owner, "lr_lambda must not hold an empty function");
  }
  return expanded(owner, "lr_lambda", functions_, all_, groups);
}

}  // namespace descent::optim
