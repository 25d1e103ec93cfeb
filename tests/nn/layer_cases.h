// The layers of tests/reference/nn_layers.py, which all tests of layers walk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nn/nn.h"

namespace descent::testing {

struct LayerCase {
  std::string name;
  std::function<std::shared_ptr<nn::Module>()> make;
  /// The module applied to its inputs.
  std::function<Tensor(nn::Module&, const std::vector<Tensor>&)> call;
  bool random = false;     ///< in training mode
  bool batched = false;    ///< dim 0 of the input is a batch, whose elements are independent in eval mode
  bool unbatched = false;  ///< an element of the batch alone is taken too
};

using Inputs = std::vector<Tensor>;

/// A layer of one input.
template <class M>
LayerCase one(const std::string& name, M (*make)()) {
  return {name, [make] { return std::make_shared<M>(make()); }, [](nn::Module& m, const Inputs& x) { return m(x[0]); }};
}

template <class M>
LayerCase random(const std::string& name, M (*make)()) {
  LayerCase c = one(name, make);
  c.random = true;
  return c;
}

/// [N, …] in batches only.
template <class M>
LayerCase batches(const std::string& name, M (*make)()) {
  LayerCase c = one(name, make);
  c.batched = true;
  return c;
}

/// [N, C, …] or [C, …].
template <class M>
LayerCase channels(const std::string& name, M (*make)()) {
  LayerCase c = batches(name, make);
  c.unbatched = true;
  return c;
}

/// A layer of two inputs.
template <class M>
LayerCase two(const std::string& name, M (*make)()) {
  LayerCase c = one(name, make);
  c.call = [](nn::Module& m, const Inputs& x) { return dynamic_cast<M&>(m)(x[0], x[1]); };
  return c;
}

/// All of them.
const std::vector<LayerCase>& layer_cases();

// Its parts.
std::vector<LayerCase> spatial_cases();    ///< linear, convolutions, pooling, padding, resampling
std::vector<LayerCase> remaining_cases();  ///< normalisation, embedding, activations, dropout, computed weights
std::vector<LayerCase> rare_cases();       ///< their rarer options

}  // namespace descent::testing
