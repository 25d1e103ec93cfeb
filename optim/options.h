// Options by name: one list per optimizer or schedule feeds checks, saving, loading and setting by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

/// What an option accepts. All are finite.
enum class Range {
  Any,
  AtLeastZero,     ///< [0, ∞)
  AboveZero,       ///< (0, ∞)
  AtLeastOne,      ///< [1, ∞)
  ZeroToOne,       ///< [0, 1), a decay rate
  AtLeastMinusOne  ///< [−1, ∞), an epoch
};

/// One option: its name, where its value lies, what it accepts.
struct Option {
  const char* name;
  std::variant<double*, std::int64_t*, bool*, std::pair<double, double>*> value;
  Range range = Range::Any;
};

/// Throws std::invalid_argument naming the owner, the option, the rule and the value.
void check_options(const char* owner, const std::vector<Option>& options);
/// As above for one number.
void check_option(const char* owner, const char* option, Range range, double value);
/// The value as a 0-dim float64 tensor; a pair as [2].
Tensor option_to_tensor(const Option& option);
/// The reverse, from any element type. Throws ShapeError naming `owner` and the option.
void option_from_tensor(const char* owner, const Option& option, const Tensor& tensor);

/// An options aggregate whose type is forgotten. The aggregate O has `kName`, `std::vector<Option> fields()` and, where
/// options depend on each other, `void check() const`.
class AnyOptions {
 public:
  virtual ~AnyOptions() = default;
  virtual std::vector<Option> fields() = 0;
  /// Throws std::invalid_argument for the first value out of its range.
  virtual void check() = 0;
  virtual std::unique_ptr<AnyOptions> clone() const = 0;
  /// Takes over the values of another object of the same type.
  virtual void assign(const AnyOptions& other) noexcept = 0;
};

template <class O>
class OptionsOf final : public AnyOptions {
 public:
  explicit OptionsOf(const O& options) : value(options) {}
  std::vector<Option> fields() override { return value.fields(); }
  void check() override {
    check_options(O::kName, value.fields());
    if constexpr (requires { value.check(); }) value.check();
  }
  std::unique_ptr<AnyOptions> clone() const override { return std::make_unique<OptionsOf>(value); }
  void assign(const AnyOptions& other) noexcept override { value = static_cast<const OptionsOf&>(other).value; }

  O value;
};

}  // namespace descent::optim
