// The cases of tests/reference/nn_sequence.py: one call of a module with PyTorch's weights, outputs and gradients.
#pragma once

#include <functional>

#include "../fixture.h"
#include "../table.h"
#include "autograd/gradcheck.h"
#include "nn/module.h"

namespace descent::testing {

inline const autograd::GradCheckOptions kSequenceCheck{.eps = 2e-4, .atol = 1e-9, .rtol = 1e-8, .stencil = 5};

/// The inputs of a case by name.
using Named = StateDict;
using Call = std::function<std::vector<Tensor>(const Named&)>;

/// Entries below a prefix, without it.
inline StateDict below(const StateDict& table, const std::string& prefix) {
  StateDict found;
  for (const auto& [name, tensor] : table) {
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor;
  }
  return found;
}

/// Compares outputs and all gradients with PyTorch's, and with finite differences of first and second order.
inline void check_case(const StateDict& table, const std::string& name, nn::Module module, const Call& call,
                       bool second_order = false) {
  BOOST_TEST_CONTEXT(name) {
    module.to(float64);
    module.load_state_dict(below(table, name + "/state/"));
    module.zero_grad();
    Named inputs;
    std::vector<Tensor> leaves;
    for (const auto& [what, tensor] : below(table, name + "/in/")) {
      inputs[what] = tensor.clone().requires_grad_();
      leaves.push_back(inputs[what]);
    }
    const std::vector<Tensor> outputs = call(inputs);
    const StateDict expected = below(table, name + "/out/"), cotangents = below(table, name + "/v/");
    BOOST_TEST_REQUIRE(outputs.size() == expected.size());
    Tensor loss = zeros({}, {.dtype = float64});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const std::string key = std::to_string(i);
      BOOST_TEST_REQUIRE((outputs[i].shape() == expected.at(key).shape()),
                         "output " << key << " is " << outputs[i].shape());
      BOOST_TEST(max_relative_error(outputs[i], expected.at(key)) < 1e-13, "output " << key);
      loss = loss + (outputs[i] * cotangents.at(key)).sum();
    }
    loss.backward();
    for (const auto& [what, tensor] : below(table, name + "/grad_in/")) {
      BOOST_TEST(max_relative_error(inputs.at(what).grad(), tensor) < 1e-12, "gradient of " << what);
    }
    const StateDict gradients = below(table, name + "/grad/");
    BOOST_TEST(gradients.size() == module.named_parameters().size());
    for (const auto& [key, parameter] : module.named_parameters()) {
      BOOST_TEST(max_relative_error(parameter.grad(), gradients.at(key)) < 1e-12, "gradient of " << key);
    }
    if (!second_order) return;
    const auto f = [&](const std::vector<Tensor>& values) {
      Named named;
      std::size_t i = 0;
      for (const auto& [what, tensor] : inputs) named[what] = values[i++];
      return call(named);
    };
    module.zero_grad();
    BOOST_TEST(autograd::gradcheck_list(f, leaves, kSequenceCheck));
    BOOST_TEST(autograd::gradgradcheck_list(f, leaves, kSequenceCheck));
    module.zero_grad();
  }
}

}  // namespace descent::testing
