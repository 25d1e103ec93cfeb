#include "rnn_cell.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/recurrent.h"
#include "../autograd/ops/shape.h"
#include "init.h"
#include "nonlinearity-inl.h"
#include "repr-inl.h"

namespace descent::nn {
RNNCellBase::RNNCellBase(const char* type, std::int64_t gates, std::int64_t input_size, std::int64_t hidden_size,
                         bool bias, DType dtype, bool relu)
    : gates_(gates), input_size_(input_size), hidden_size_(hidden_size), relu_(relu) {
  if (input_size < 0 || hidden_size < 1) {
    throw std::invalid_argument(
        fmt::format("{}: input_size must be >= 0 and hidden_size >= 1, got {} and {}", type, input_size, hidden_size));
  }
  check_floating(dtype, type);
  const std::int64_t all = gates * hidden_size;
  weight_ih = register_parameter("weight_ih", empty({all, input_size}, {.dtype = dtype}));
  weight_hh = register_parameter("weight_hh", empty({all, hidden_size}, {.dtype = dtype}));
  bias_ih = register_parameter("bias_ih", bias ? empty({all}, {.dtype = dtype}) : Tensor());
  bias_hh = register_parameter("bias_hh", bias ? empty({all}, {.dtype = dtype}) : Tensor());
  reset_parameters();
}

void RNNCellBase::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size_));
  for (const Tensor& parameter : parameters()) init::uniform_(parameter, -bound, bound);
}

std::string RNNCellBase::extra_repr() const {
  std::string text = fmt::format("{}, {}", input_size_, hidden_size_);
  if (!bias_ih.defined()) text += ", bias=False";
  if (relu_) text += ", nonlinearity=relu";
  return text;
}

std::pair<Tensor, Tensor> RNNCellBase::step(const Tensor& x, const Tensor& h, const Tensor& c) const {
  const std::string type = name();
  const char* op = type.c_str();
  x.checked(op);
  const bool batched = x.dim() == 2;
  if ((x.dim() != 1 && !batched) || x.size(-1) != input_size_) {
    fail<ShapeError>(op, "x must be [N, {}] or [{}], got {}", input_size_, input_size_, x.shape());
  }
  if (x.dtype() != weight_ih.dtype()) {
    fail<DTypeError>(op, "x must be {} as the parameters are, got {}", weight_ih.dtype(), x.dtype());
  }
  if (gates_ == 4 && h.defined() != c.defined()) {
    throw std::invalid_argument(fmt::format("{}: h and c go together, got only one", op));
  }
  Shape expected = x.shape();
  expected[expected.size() - 1] = hidden_size_;
  const auto state = [&](const char* what, const Tensor& given) {
    if (!given.defined()) return zeros({batched ? x.size(0) : 1, hidden_size_}, {.dtype = x.dtype()});
    if (given.dtype() != x.dtype())
      fail<DTypeError>(op, "{} must be {} as x is, got {}", what, x.dtype(), given.dtype());
    if (given.shape() != expected) fail<ShapeError>(op, "{} must be {}, got {}", what, expected, given.shape());
    return batched ? given : given.unsqueeze(0);
  };
  const Tensor rows = batched ? x.unsqueeze(0) : x.reshape({1, 1, input_size_});  // [1, N, input_size]
  const RecurrentWeights w{weight_ih, weight_hh, bias_ih, bias_hh};
  const Tensor h0 = state("h", h), c0 = gates_ == 4 ? state("c", c) : Tensor();
  const std::vector<Tensor> out = gates_ == 4   ? lstm_layer(rows, h0, c0, w)
                                  : gates_ == 3 ? gru_layer(rows, h0, w)
                                                : rnn_layer(rows, h0, w, relu_);
  const auto result = [&](const Tensor& t) { return batched ? t : t.squeeze(0); };
  return {result(out[1]), gates_ == 4 ? result(out[2]) : Tensor()};
}

RNNCell::RNNCell(std::int64_t input_size, std::int64_t hidden_size, const RNNCellOptions& options)
    : RNNCellBase("RNNCell", 1, input_size, hidden_size, options.bias, options.dtype,
                  is_relu("RNNCell", options.nonlinearity)) {}
Tensor RNNCell::forward(const Tensor& x, const Tensor& h) {
  return with_hooks(x, [&](const Tensor& in) { return step(in, h, {}).first; });
}

LSTMCell::LSTMCell(std::int64_t input_size, std::int64_t hidden_size, const LSTMCellOptions& options)
    : RNNCellBase("LSTMCell", 4, input_size, hidden_size, options.bias, options.dtype) {}
LSTMCell::State LSTMCell::compute(const Tensor& x, const State& state) const {
  return with_hooks(x, [&](const Tensor& in) { return step(in, state.first, state.second); });
}

GRUCell::GRUCell(std::int64_t input_size, std::int64_t hidden_size, const GRUCellOptions& options)
    : RNNCellBase("GRUCell", 3, input_size, hidden_size, options.bias, options.dtype) {}
Tensor GRUCell::forward(const Tensor& x, const Tensor& h) {
  return with_hooks(x, [&](const Tensor& in) { return step(in, h, {}).first; });
}

}  // namespace descent::nn
