// One direction of one recurrent layer over all time steps, as one op: one matrix product for the inputs of all steps,
// one a step for the state, and a fused pass over the cell.
#pragma once

#include <string>
#include <vector>

#include "../tensor.h"

namespace descent {

/// Weights of one direction of a layer, PyTorch's layouts: the gates' rows one after the other (LSTM i, f, g, o; GRU
/// r, z, n). Both biases are given or neither.
struct RecurrentWeights {
  Tensor w_ih;       ///< [gates·hidden, input]
  Tensor w_hh;       ///< [gates·hidden, state]
  Tensor b_ih = {};  ///< [gates·hidden] or Tensor()
  Tensor b_hh = {};  ///< likewise
  Tensor w_hr = {};  ///< LSTM: [proj, hidden], a projection of the state, or Tensor()
};

/// Options of lstm_layer, gru_layer and rnn_layer.
struct RecurrentOptions {
  /// How many sequences have an element at each step, not increasing: x is then [Σ batch_sizes, input], step after
  /// step (a packed sequence). Empty: x is [T, N, input].
  std::vector<std::int64_t> batch_sizes = {};
  bool reverse = false;  ///< from each sequence's last element to its first
};

/// LSTM (Hochreiter and Schmidhuber, "Long short-term memory", 1997) from the state h0 [N, proj or hidden], c0
/// [N, hidden]:  i, f, g, o = W_ih·x + b_ih + W_hh·h + b_hh;  c = σ(f)·c + σ(i)·tanh(g);  h = σ(o)·tanh(c), times W_hr
/// if given. Returns {h of every step, in x's leading dims; the last h and c of each sequence}.
/// Throws ShapeError, DTypeError unless all are of one floating type, std::invalid_argument for batch_sizes.
std::vector<Tensor> lstm_layer(const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& weights,
                               const RecurrentOptions& options = {});

/// GRU (Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014), in PyTorch's form:
/// r = σ(W_ir·x + b_ir + W_hr·h + b_hr), z likewise;  n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn));
/// h = (1 − z)·n + z·h. Returns {h of every step, the last h}.
std::vector<Tensor> gru_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights,
                              const RecurrentOptions& options = {});

/// h = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or max(·, 0) when `relu` (Elman, "Finding structure in time", 1990).
/// Returns {h of every step, the last h}.
std::vector<Tensor> rnn_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& weights, bool relu = false,
                              const RecurrentOptions& options = {});

}  // namespace descent
