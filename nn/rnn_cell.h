// One step of the recurrent layers as modules of their own: RNNCell, LSTMCell, GRUCell.
#pragma once

#include <string>
#include <utility>

#include "module.h"

namespace descent::nn {

/// Base of the cells, with PyTorch's names and distribution: all parameters from U(−1/√hidden, 1/√hidden).
/// x is [N, input_size] or [input_size], states [N, hidden_size] or [hidden_size] alike and zero unless given.
/// Throws ShapeError, DTypeError; wrong options std::invalid_argument.
class RNNCellBase : public Module {
 public:
  std::string extra_repr() const override;
  /// Draws all parameters anew.
  void reset_parameters();

  Tensor weight_ih;  ///< [gates·hidden_size, input_size]
  Tensor weight_hh;  ///< [gates·hidden_size, hidden_size]
  Tensor bias_ih;    ///< [gates·hidden_size], or undefined
  Tensor bias_hh;    ///< likewise

 protected:
  RNNCellBase(const char* type, std::int64_t gates, std::int64_t input_size, std::int64_t hidden_size, bool bias,
              DType dtype, bool relu = false);
  /// One step; c for the LSTM alone.
  std::pair<Tensor, Tensor> step(const Tensor& x, const Tensor& h, const Tensor& c) const;

 private:
  std::int64_t gates_, input_size_, hidden_size_;
  bool relu_;
};

/// Options of RNNCell.
struct RNNCellOptions {
  bool bias = true;
  std::string nonlinearity = "tanh";  ///< or "relu"
  DType dtype = float32;
};
/// h = tanh(W_ih·x + b_ih + W_hh·h + b_hh): `h = cell.forward(x, h);`.
class RNNCell : public RNNCellBase {
 public:
  RNNCell(std::int64_t input_size, std::int64_t hidden_size, const RNNCellOptions& options = {});
  Tensor forward(const Tensor& x) override { return step(x, {}, {}).first; }
  Tensor forward(const Tensor& x, const Tensor& h);
  Tensor operator()(const Tensor& x, const Tensor& h = {}) { return forward(x, h); }
};

/// Options of LSTMCell.
struct LSTMCellOptions {
  bool bias = true;
  DType dtype = float32;
};
/// `auto [h, c] = cell.forward(x, {h, c});`, the formula at lstm_layer.
class LSTMCell : public RNNCellBase {
 public:
  using State = std::pair<Tensor, Tensor>;  ///< h, c
  LSTMCell(std::int64_t input_size, std::int64_t hidden_size, const LSTMCellOptions& options = {});
  template <class = void>  // so that it hides no virtual function, as in LSTM
  State forward(const Tensor& x, const State& state = {}) {
    return compute(x, state);
  }
  State operator()(const Tensor& x, const State& state = {}) { return forward(x, state); }

 private:
  State compute(const Tensor& x, const State& state) const;
};

/// Options of GRUCell.
struct GRUCellOptions {
  bool bias = true;
  DType dtype = float32;
};
/// `h = cell.forward(x, h);`, the formula at gru_layer.
class GRUCell : public RNNCellBase {
 public:
  GRUCell(std::int64_t input_size, std::int64_t hidden_size, const GRUCellOptions& options = {});
  Tensor forward(const Tensor& x) override { return step(x, {}, {}).first; }
  Tensor forward(const Tensor& x, const Tensor& h);
  Tensor operator()(const Tensor& x, const Tensor& h = {}) { return forward(x, h); }
};

}  // namespace descent::nn
