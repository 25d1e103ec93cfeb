// ParamGroup: parameters and the options that an optimizer has for them.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "options.h"

namespace descent::optim {

/// Parameters that share one set of options. Schedulers see only this; a copy refers to the same options.
class ParamGroup {
 public:
  std::vector<Tensor> params;        ///< read-only in effect: Optimizer::add_param_group adds more
  std::optional<double> initial_lr;  ///< the rate from before the first scheduler

  double lr() const { return get("lr"); }
  /// Throws std::invalid_argument unless finite and at least 0.
  void set_lr(double lr) { set("lr", lr); }
  /// The momentum, or beta1 where the optimizer has betas: what cyclic schedules cycle.
  /// Throws std::invalid_argument where it has neither.
  double momentum() const;
  void set_momentum(double momentum);
  bool has_momentum() const;
  /// Any option by name, bools as 0 and 1. Throws std::invalid_argument for an unknown name or a wrong value.
  double get(std::string_view option) const;
  void set(std::string_view option, double value);

  /// All options, of the type that the optimizer was built with.
  template <class O>
  const O& options() const {
    return static_cast<const OptionsOf<O>&>(*options_).value;
  }

 private:
  friend class Optimizer;
  const Option* find(std::string_view name) const;
  const Option& number(std::string_view name) const;
  const Option& momentum_option() const;

  const char* owner_ = "";
  std::shared_ptr<AnyOptions> options_;
  std::vector<Option> fields_;  // point into *options_
};

}  // namespace descent::optim
