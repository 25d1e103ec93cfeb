// Recurrent layers: RNN, LSTM, GRU, over padded or packed batches of sequences.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../autograd/ops/recurrent.h"
#include "module.h"
#include "packed_sequence.h"

namespace descent::nn {

/// Base of RNN, LSTM and GRU: parameters by PyTorch's names weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0,
/// weight_hr_l0, weight_ih_l0_reverse, …, all from U(−1/√hidden, 1/√hidden).
/// Inputs x are [T, N, input_size], [N, T, input_size] if batch_first, [T, input_size] for one sequence without a
/// batch, or packed. Outputs have the same form, with the hidden sizes of both directions joined. States are
/// [num_layers·directions, N, hidden_size], without N for a sequence without a batch, and zero unless given; those that
/// come out belong to each sequence's last element (reverse: first). Throws ShapeError, DTypeError; wrong options
/// std::invalid_argument.
class RNNBase : public Module {
 public:
  std::string extra_repr() const override;
  /// Draws all parameters anew.
  void reset_parameters();

  /// By layer and direction, forward before reverse; what state_dict holds.
  std::vector<RecurrentWeights> all_weights;

 protected:
  struct Config {
    std::int64_t gates, input_size, hidden_size, num_layers;
    bool bias, batch_first;
    double dropout;
    bool bidirectional;
    std::int64_t proj_size;
    DType dtype;
    bool relu;
  };
  /// h and c (LSTM alone) of all layers.
  struct States {
    Tensor h, c = {};
  };
  RNNBase(const char* type, const Config& config);
  std::pair<Tensor, States> run(const Tensor& x, const States& states) const;
  std::pair<utils::PackedSequence, States> run(const utils::PackedSequence& x, const States& states) const;

 private:
  std::int64_t state_size() const { return config_.proj_size > 0 ? config_.proj_size : config_.hidden_size; }
  States checked(const States& states, const Tensor& x, std::int64_t batch, bool batched) const;
  std::pair<Tensor, States> layers(const Tensor& x, const States& states,
                                   const std::vector<std::int64_t>& batch_sizes) const;

  Config config_;
};

/// Options of RNN.
struct RNNOptions {
  std::int64_t num_layers = 1;
  std::string nonlinearity = "tanh";  ///< or "relu"
  bool bias = true;
  bool batch_first = false;
  double dropout = 0.0;        ///< of the outputs of all layers but the last, while training
  bool bidirectional = false;  ///< a second set of weights runs from the end
  DType dtype = float32;
};

// Each forward of the layers below is a template only so that it may stand beside Module::forward, which returns one
// tensor: clang warns of a virtual function that is hidden.

/// h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh): `auto [y, h] = rnn.forward(x, h0);`.
class RNN : public RNNBase {
 public:
  RNN(std::int64_t input_size, std::int64_t hidden_size, const RNNOptions& options = {});
  template <class = void>
  std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {}) {
    return compute(x, h0);
  }
  template <class = void>
  std::pair<utils::PackedSequence, Tensor> forward(const utils::PackedSequence& x, const Tensor& h0 = {}) {
    return compute(x, h0);
  }
  auto operator()(const Tensor& x, const Tensor& h0 = {}) { return forward(x, h0); }
  auto operator()(const utils::PackedSequence& x, const Tensor& h0 = {}) { return forward(x, h0); }

 private:
  std::pair<Tensor, Tensor> compute(const Tensor& x, const Tensor& h0) const;
  std::pair<utils::PackedSequence, Tensor> compute(const utils::PackedSequence& x, const Tensor& h0) const;
};

/// Options of LSTM.
struct LSTMOptions {
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0.0;
  bool bidirectional = false;
  std::int64_t proj_size = 0;  ///< > 0: h is projected to this size, below hidden_size
  DType dtype = float32;
};

/// lstm_layer in layers: `auto [y, state] = lstm.forward(x, {h0, c0}); auto& [h, c] = state;`.
class LSTM : public RNNBase {
 public:
  using State = std::pair<Tensor, Tensor>;  ///< h, c
  LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& options = {});
  template <class = void>
  std::pair<Tensor, State> forward(const Tensor& x, const State& state = {}) {
    return compute(x, state);
  }
  template <class = void>
  std::pair<utils::PackedSequence, State> forward(const utils::PackedSequence& x, const State& state = {}) {
    return compute(x, state);
  }
  auto operator()(const Tensor& x, const State& state = {}) { return forward(x, state); }
  auto operator()(const utils::PackedSequence& x, const State& state = {}) { return forward(x, state); }

 private:
  std::pair<Tensor, State> compute(const Tensor& x, const State& state) const;
  std::pair<utils::PackedSequence, State> compute(const utils::PackedSequence& x, const State& state) const;
};

/// Options of GRU.
struct GRUOptions {
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0.0;
  bool bidirectional = false;
  DType dtype = float32;
};

/// gru_layer in layers: `auto [y, h] = gru.forward(x, h0);`.
class GRU : public RNNBase {
 public:
  GRU(std::int64_t input_size, std::int64_t hidden_size, const GRUOptions& options = {});
  template <class = void>
  std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& h0 = {}) {
    return compute(x, h0);
  }
  template <class = void>
  std::pair<utils::PackedSequence, Tensor> forward(const utils::PackedSequence& x, const Tensor& h0 = {}) {
    return compute(x, h0);
  }
  auto operator()(const Tensor& x, const Tensor& h0 = {}) { return forward(x, h0); }
  auto operator()(const utils::PackedSequence& x, const Tensor& h0 = {}) { return forward(x, h0); }

 private:
  std::pair<Tensor, Tensor> compute(const Tensor& x, const Tensor& h0) const;
  std::pair<utils::PackedSequence, Tensor> compute(const utils::PackedSequence& x, const Tensor& h0) const;
};

}  // namespace descent::nn
