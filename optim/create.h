// Optimizers by name, for programs that read which one to use.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::optim {

class Optimizer;

/// An option by name: {"lr", 1e-3}, {"betas", {0.9, 0.99}}, {"amsgrad", true}, {"eps_mode", "inside"}.
struct NamedOption {
  template <class V>
  requires std::is_arithmetic_v<V> NamedOption(std::string n, V value) : name(std::move(n)), numbers{double(value)} {}
  NamedOption(std::string n, std::pair<double, double> value)
      : name(std::move(n)), numbers{value.first, value.second} {}
  NamedOption(std::string n, std::string_view value) : name(std::move(n)), word(value), is_word(true) {}
  NamedOption(std::string n, const char* value) : NamedOption(std::move(n), std::string_view(value)) {}

  std::string name;
  std::vector<double> numbers{};
  std::string word{};
  bool is_word = false;
};

/// The optimizer of that name with its defaults, but for the options given: create("lion", net.parameters(),
/// {{"lr", 1e-4}}). Upper and lower case do not matter. Throws std::invalid_argument, listing what there is, for an
/// unknown name or option; and as the optimizer's constructor does.
std::unique_ptr<Optimizer> create(std::string_view name, const std::vector<Tensor>& params,
                                  const std::vector<NamedOption>& options = {});

/// All names that create() knows.
std::vector<std::string> optimizer_names();

}  // namespace descent::optim
