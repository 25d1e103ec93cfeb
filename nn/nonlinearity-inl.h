// The option nonlinearity of RNN and RNNCell.
#pragma once

#include <stdexcept>
#include <string>

#include "../autograd/fail-inl.h"

namespace descent::nn {

/// Throws std::invalid_argument unless it is "tanh" or "relu".
inline bool is_relu(const char* layer, const std::string& nonlinearity) {
  if (nonlinearity != "tanh" && nonlinearity != "relu") {
    throw std::invalid_argument(fmt::format("{}: nonlinearity must be tanh or relu, got {}", layer, nonlinearity));
  }
  return nonlinearity == "relu";
}

}  // namespace descent::nn
