// Options by name: one list per optimizer or schedule feeds checks, saving, loading and setting by name.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  UnitInterval,    ///< [0, 1]
  AtLeastMinusOne  ///< [−1, ∞), an epoch
};

/// One option: its name, where its value lies, what it accepts. The value is read and set as one number, a pair as two,
/// a word as its place among the choices, an optional that is empty as −1.
class Option {
 public:
  Option(const char* n, double* at, Range r = Range::Any) : name(n), range(r), kind_(Kind::Real), at_(at) {}
  Option(const char* n, std::int64_t* at, Range r = Range::Any) : name(n), range(r), kind_(Kind::Integer), at_(at) {}
  Option(const char* n, bool* at) : name(n), range(Range::Any), kind_(Kind::Flag), at_(at) {}
  Option(const char* n, std::pair<double, double>* at, Range r = Range::Any)
      : name(n), range(r), kind_(Kind::Pair), at_(at) {}
  Option(const char* n, std::optional<std::int64_t>* at, Range r = Range::Any)
      : name(n), range(r), kind_(Kind::OptionalInteger), at_(at) {}
  /// One of some words, which must outlive it.
  template <std::size_t N>
  Option(const char* n, std::string* at, const char* const (&choices)[N])
      : name(n), range(Range::Any), kind_(Kind::Choice), at_(at), choices_(choices), count_(static_cast<int>(N)) {}

  /// How many numbers it holds.
  int size() const noexcept { return kind_ == Kind::Pair ? 2 : 1; }
  /// The number at an index below size(); a flag is 0 or 1.
  double get(int index = 0) const noexcept;
  /// Sets it. Throws std::invalid_argument naming the owner, the option, the rule and the value.
  void set(const char* owner, double value, int index = 0) const;
  /// Sets a word. Throws std::invalid_argument naming the choices, or where the option is no word.
  void set_word(const char* owner, std::string_view word) const;
  /// Throws as set() unless what it holds is accepted.
  void check(const char* owner) const;

  const char* name;
  Range range;

 private:
  enum class Kind { Real, Integer, Flag, Pair, OptionalInteger, Choice };
  [[noreturn]] void wrong_word(const char* owner, std::string_view word) const;

  Kind kind_;
  void* at_;
  const char* const* choices_ = nullptr;
  int count_ = 0;
};

/// Where ε stands in a step g/(√v + ε): "outside" of the root, or "inside", g/√(v + ε).
inline constexpr const char* kEpsModes[] = {"outside", "inside"};

/// Throws std::invalid_argument naming the owner, the option, the rule and the value.
void check_option(const char* owner, const char* option, Range range, double value);
/// As above for all numbers of all options.
void check_options(const char* owner, const std::vector<Option>& options);
/// The value as a 0-dim float64 tensor; a pair as [2].
Tensor option_to_tensor(const Option& option);
/// The reverse, from any element type. Throws ShapeError naming `owner` and the option.
void option_from_tensor(const char* owner, const Option& option, const Tensor& tensor);

/// An options aggregate whose type is forgotten. The aggregate O has `kName`, `std::vector<Option> fields()` and, where
/// options depend on each other, `void check() const`, where on parameters, `void check_params(params) const`.
class AnyOptions {
 public:
  virtual ~AnyOptions() = default;
  virtual std::vector<Option> fields() = 0;
  /// Throws std::invalid_argument for the first value out of its range.
  virtual void check() = 0;
  /// Throws std::invalid_argument where the options do not fit these parameters.
  virtual void check_params(const std::vector<Tensor>& params) = 0;
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
  void check_params([[maybe_unused]] const std::vector<Tensor>& params) override {
    if constexpr (requires { value.check_params(params); }) value.check_params(params);
  }
  std::unique_ptr<AnyOptions> clone() const override { return std::make_unique<OptionsOf>(value); }
  void assign(const AnyOptions& other) noexcept override { value = static_cast<const OptionsOf&>(other).value; }

  O value;
};

}  // namespace descent::optim
