#include "options.h"

#include <cmath>
#include <string>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"

namespace descent::optim {
namespace {

struct Rule {
  bool met;
  const char* text;
};

Rule rule_of(Range range, double x) {
  switch (range) {
    case Range::AtLeastZero:
      return {x >= 0, "be finite and at least 0"};
    case Range::AboveZero:
      return {x > 0, "be finite and above 0"};
    case Range::AtLeastOne:
      return {x >= 1, "be at least 1"};
    case Range::ZeroToOne:
      return {x >= 0 && x < 1, "lie in [0, 1)"};
    case Range::AtLeastMinusOne:
      return {x >= -1, "be at least -1"};
    default:
      return {true, "be finite"};
  }
}

}  // namespace

void check_option(const char* owner, const char* option, Range range, double value) {
  const Rule rule = rule_of(range, value);
  if (!rule.met || !std::isfinite(value)) {
    fail<std::invalid_argument>(owner, "{} must {}, got {}", option, rule.text, value);
  }
}

void check_options(const char* owner, const std::vector<Option>& options) {
  for (const Option& option : options) {
    if (auto* pair = std::get_if<std::pair<double, double>*>(&option.value)) {
      const std::string name = option.name;
      check_option(owner, (name + "[0]").c_str(), option.range, (*pair)->first);
      check_option(owner, (name + "[1]").c_str(), option.range, (*pair)->second);
    } else {
      std::visit(
          [&](auto* value) {
            if constexpr (!std::is_class_v<std::remove_pointer_t<decltype(value)>>) {
              check_option(owner, option.name, option.range, static_cast<double>(*value));
            }
          },
          option.value);
    }
  }
}

Tensor option_to_tensor(const Option& option) {
  if (auto* pair = std::get_if<std::pair<double, double>*>(&option.value)) {
    return from_vector(std::vector<double>{(*pair)->first, (*pair)->second});
  }
  double number = 0;
  std::visit(
      [&](auto* value) {
        if constexpr (!std::is_class_v<std::remove_pointer_t<decltype(value)>>) number = static_cast<double>(*value);
      },
      option.value);
  return full(Shape(), number, {.dtype = float64});
}

void option_from_tensor(const char* owner, const Option& option, const Tensor& tensor) {
  const bool is_pair = std::holds_alternative<std::pair<double, double>*>(option.value);
  const std::int64_t count = is_pair ? 2 : 1;
  if (!tensor.defined() || tensor.numel() != count) {
    fail<ShapeError>(owner, "{} must hold {} number{}, got {}", option.name, count, is_pair ? "s" : "",
                     tensor.defined() ? tensor.shape().str() : std::string("an undefined tensor"));
  }
  const std::vector<double> values = tensor.to_vector<double>();
  if (auto* pair = std::get_if<std::pair<double, double>*>(&option.value)) {
    **pair = {values[0], values[1]};
  } else if (auto* real = std::get_if<double*>(&option.value)) {
    **real = values[0];
  } else if (auto* flag = std::get_if<bool*>(&option.value)) {
    **flag = values[0] != 0;
  } else {
    // A number that no int64_t holds must not be converted.
    check_option(owner, option.name, Range::Any, values[0]);
    if (std::abs(values[0]) > 9e15) {
      fail<std::invalid_argument>(owner, "{} must be an integer, got {}", option.name, values[0]);
    }
    *std::get<std::int64_t*>(option.value) = static_cast<std::int64_t>(values[0]);
  }
}

}  // namespace descent::optim
