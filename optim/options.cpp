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
    case Range::UnitInterval:
      return {x >= 0 && x <= 1, "lie in [0, 1]"};
    case Range::AtLeastMinusOne:
      return {x >= -1, "be at least -1"};
    default:
      return {true, "be finite"};
  }
}

void check_number(const char* owner, const Option& option, int index, double value) {
  const std::string at = option.size() == 1 ? "" : "[" + std::to_string(index) + "]";
  check_option(owner, (option.name + at).c_str(), option.range, value);
}

}  // namespace

void check_option(const char* owner, const char* option, Range range, double value) {
  const Rule rule = rule_of(range, value);
  if (!rule.met || !std::isfinite(value)) {
    fail<std::invalid_argument>(owner, "{} must {}, got {}", option, rule.text, value);
  }
}

double Option::get(int index) const noexcept {
  switch (kind_) {
    case Kind::Real:
      return *static_cast<const double*>(at_);
    case Kind::Integer:
      return static_cast<double>(*static_cast<const std::int64_t*>(at_));
    case Kind::Flag:
      return *static_cast<const bool*>(at_) ? 1 : 0;
    case Kind::OptionalInteger: {
      const auto& number = *static_cast<const std::optional<std::int64_t>*>(at_);
      return number ? static_cast<double>(*number) : -1;
    }
    case Kind::Choice:
      for (int i = 0; i < count_; ++i) {
        if (*static_cast<const std::string*>(at_) == choices_[i]) return i;
      }
      return -1;
    default:
      const auto& pair = *static_cast<const std::pair<double, double>*>(at_);
      return index == 0 ? pair.first : pair.second;
  }
}

void Option::set(const char* owner, double value, int index) const {
  if (kind_ == Kind::Choice) {
    const bool known = value >= 0 && value < count_ && value == std::floor(value);
    if (!known) wrong_word(owner, std::to_string(value));
    *static_cast<std::string*>(at_) = choices_[static_cast<int>(value)];
    return;
  }
  if (kind_ == Kind::OptionalInteger && value == -1) {
    static_cast<std::optional<std::int64_t>*>(at_)->reset();
    return;
  }
  check_number(owner, *this, index, value);
  // A number that no int64_t holds must not be converted.
  const bool whole = value == std::floor(value) && std::abs(value) <= 9e15;
  if ((kind_ == Kind::Integer || kind_ == Kind::OptionalInteger) && !whole) {
    fail<std::invalid_argument>(owner, "{} must be an integer, got {}", name, value);
  }
  if (kind_ == Kind::Flag && value != 0 && value != 1) {
    fail<std::invalid_argument>(owner, "{} must be false or true, 0 or 1, got {}", name, value);
  }
  switch (kind_) {
    case Kind::Real:
      *static_cast<double*>(at_) = value;
      break;
    case Kind::Integer:
      *static_cast<std::int64_t*>(at_) = static_cast<std::int64_t>(value);
      break;
    case Kind::OptionalInteger:
      *static_cast<std::optional<std::int64_t>*>(at_) = static_cast<std::int64_t>(value);
      break;
    case Kind::Choice:  // above
      break;
    case Kind::Flag:
      *static_cast<bool*>(at_) = value != 0;
      break;
    case Kind::Pair:
      auto& pair = *static_cast<std::pair<double, double>*>(at_);
      (index == 0 ? pair.first : pair.second) = value;
  }
}

void Option::set_word(const char* owner, std::string_view word) const {
  if (kind_ != Kind::Choice) fail<std::invalid_argument>(owner, "{} must be a number, got '{}'", name, word);
  for (int i = 0; i < count_; ++i) {
    if (word != choices_[i]) continue;
    *static_cast<std::string*>(at_) = choices_[i];
    return;
  }
  wrong_word(owner, word);
}

void Option::wrong_word(const char* owner, std::string_view word) const {
  std::string known;
  for (int i = 0; i < count_; ++i) known += (i ? ", '" : "'") + std::string(choices_[i]) + "'";
  fail<std::invalid_argument>(owner, "{} must be one of {}, got '{}'", name, known, word);
}

void Option::check(const char* owner) const {
  if (kind_ == Kind::Choice) {
    if (get() < 0) wrong_word(owner, *static_cast<const std::string*>(at_));
    return;
  }
  if (kind_ == Kind::OptionalInteger && !*static_cast<const std::optional<std::int64_t>*>(at_)) return;
  for (int i = 0; i < size(); ++i) check_number(owner, *this, i, get(i));
}

void check_options(const char* owner, const std::vector<Option>& options) {
  for (const Option& option : options) option.check(owner);
}

Tensor option_to_tensor(const Option& option) {
  if (option.size() == 1) return full(Shape(), option.get(), {.dtype = float64});
  return from_vector(std::vector<double>{option.get(0), option.get(1)});
}

void option_from_tensor(const char* owner, const Option& option, const Tensor& tensor) {
  if (!tensor.defined() || tensor.numel() != option.size()) {
    fail<ShapeError>(owner, "{} must hold {} number{}, got {}", option.name, option.size(),
                     option.size() == 1 ? "" : "s",
                     tensor.defined() ? tensor.shape().str() : std::string("an undefined tensor"));
  }
  const std::vector<double> values = tensor.to_vector<double>();
  for (int i = 0; i < option.size(); ++i) option.set(owner, values[static_cast<std::size_t>(i)], i);
}

}  // namespace descent::optim
