// ParameterAverage: what EMA and SWA share, averages of parameters beside the parameters.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../autograd/state_dict.h"
#include "options.h"

namespace descent::optim {

/// Averages of a list of tensors, one each, which start as copies of them. Integer tensors are copied, not averaged.
/// Buffers, such as a normalisation's running statistics, are averaged where they are in the list, and otherwise left
/// to the caller. Movable neither in memory nor by copy.
class ParameterAverage {
 public:
  virtual ~ParameterAverage() = default;
  ParameterAverage(const ParameterAverage&) = delete;
  ParameterAverage& operator=(const ParameterAverage&) = delete;

  /// Takes the parameters in as they are now. Throws Error while the averages are swapped in, and when a parameter has
  /// another shape or dtype than its average; nothing has changed then.
  virtual void update() = 0;

  const std::vector<Tensor>& averages() const noexcept { return averages_; }
  /// Overwrites the parameters with the averages.
  void copy_to();
  /// Overwrites other tensors, as those of a second network. Throws Error for another number, shape or dtype.
  void copy_to(const std::vector<Tensor>& params);
  /// Exchanges parameters and averages; the second call puts them back, to the bit.
  void swap();
  bool swapped() const noexcept { return swapped_; }

  /// Swaps the averages in, and back when the scope ends.
  class [[nodiscard]] Scope {
   public:
    explicit Scope(ParameterAverage& average) : average_(average) { average_.swap(); }
    ~Scope() {
      if (average_.swapped()) average_.exchange();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ParameterAverage& average_;
  };
  /// `{ const auto scope = ema.apply(); evaluate(net); }`. Throws Error where they are swapped in already.
  Scope apply();

  /// The options, the count and `average.<i>`. Throws Error while the averages are swapped in.
  StateDict state_dict() const;
  /// All or nothing; options that are missing keep their values. Throws Error naming an entry that is missing,
  /// unexpected or of the wrong shape, and while the averages are swapped in; std::invalid_argument for an option out
  /// of its range.
  void load_state_dict(const StateDict& state);

  template <class O>
  const O& options() const {
    return static_cast<const OptionsOf<O>&>(*options_).value;
  }

 protected:
  /// Throws std::invalid_argument: no parameters, an undefined one, one given twice; an option out of its range.
  ParameterAverage(const char* name, const char* count_name, const std::vector<Tensor>& params,
                   std::shared_ptr<AnyOptions> options);
  /// average ← average + weight·(parameter − average); a weight of 1 copies.
  void take(double weight);
  void check_update() const;

  std::int64_t count_ = 0;  // updates so far

 private:
  void exchange() noexcept;
  void check_free(const char* what) const;
  void check_fit(const std::vector<Tensor>& params) const;

  const char* name_;
  const char* count_name_;
  std::vector<Tensor> params_, averages_;
  std::shared_ptr<AnyOptions> options_;
  bool swapped_ = false;

 protected:
  std::int64_t calls_ = 0;  // of update(), where not all of them count
  const char* calls_name_ = nullptr;
};

}  // namespace descent::optim
