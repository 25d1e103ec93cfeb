#include "rnn.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/random.h"
#include "../autograd/ops/shape.h"
#include "init.h"
#include "nonlinearity-inl.h"
#include "repr-inl.h"

namespace descent::nn {
namespace {

/// States of each layer and direction.
std::vector<Tensor> pieces(const Tensor& states) {
  if (!states.defined()) return {};
  return states.size(0) == 1 ? std::vector<Tensor>{states.squeeze(0)} : states.unbind(0);
}

Tensor joined(const std::vector<Tensor>& states) { return states.size() == 1 ? states[0].unsqueeze(0) : stack(states); }

}  // namespace

RNNBase::RNNBase(const char* type, const Config& config) : config_(config) {
  const auto refuse = [&](const std::string& text) { throw std::invalid_argument(std::string(type) + ": " + text); };
  if (config.input_size < 0 || config.hidden_size < 1) {
    refuse(fmt::format("input_size must be >= 0 and hidden_size >= 1, got {} and {}", config.input_size,
                       config.hidden_size));
  }
  if (config.num_layers < 1) refuse(fmt::format("num_layers must be >= 1, got {}", config.num_layers));
  if (!(config.dropout >= 0 && config.dropout <= 1)) {
    refuse(fmt::format("dropout must be in [0, 1], got {}", config.dropout));
  }
  if (config.proj_size < 0 || config.proj_size >= config.hidden_size) {
    refuse(fmt::format("proj_size must be >= 0 and below hidden_size, got {} for {}", config.proj_size,
                       config.hidden_size));
  }
  check_floating(config.dtype, type);

  const std::int64_t directions = config.bidirectional ? 2 : 1, all = config.gates * config.hidden_size;
  const auto parameter = [&](const std::string& name, const Shape& shape) {
    return register_parameter(name, empty(shape, {.dtype = config.dtype}));
  };
  for (std::int64_t layer = 0; layer < config.num_layers; ++layer) {
    for (std::int64_t direction = 0; direction < directions; ++direction) {
      const std::string suffix = fmt::format("_l{}{}", layer, direction == 1 ? "_reverse" : "");
      RecurrentWeights w;
      w.w_ih = parameter("weight_ih" + suffix, {all, layer == 0 ? config.input_size : state_size() * directions});
      w.w_hh = parameter("weight_hh" + suffix, {all, state_size()});
      if (config.bias) {
        w.b_ih = parameter("bias_ih" + suffix, all);
        w.b_hh = parameter("bias_hh" + suffix, all);
      }
      if (config.proj_size > 0) w.w_hr = parameter("weight_hr" + suffix, {config.proj_size, config.hidden_size});
      all_weights.push_back(w);
    }
  }
  reset_parameters();
}

void RNNBase::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(config_.hidden_size));
  for (const Tensor& parameter : parameters()) init::uniform_(parameter, -bound, bound);
}

std::string RNNBase::extra_repr() const {
  std::string text = fmt::format("{}, {}", config_.input_size, config_.hidden_size);
  if (config_.proj_size != 0) text += fmt::format(", proj_size={}", config_.proj_size);
  if (config_.num_layers != 1) text += fmt::format(", num_layers={}", config_.num_layers);
  if (!config_.bias) text += ", bias=False";
  if (config_.batch_first) text += ", batch_first=True";
  if (config_.dropout != 0) text += ", dropout=" + python(config_.dropout);
  if (config_.bidirectional) text += ", bidirectional=True";
  return text;
}

/// [layers·directions, N, size] each: zeros unless given.
RNNBase::States RNNBase::checked(const States& states, const Tensor& x, std::int64_t batch, bool batched) const {
  const std::string type = name();
  const char* op = type.c_str();
  if (x.dtype() != all_weights[0].w_ih.dtype()) {
    fail<DTypeError>(op, "x must be {} as the parameters are, got {}", all_weights[0].w_ih.dtype(), x.dtype());
  }
  const auto one = [&](const char* what, const Tensor& state, std::int64_t size) {
    const auto count = static_cast<std::int64_t>(all_weights.size());
    const Shape whole{count, batch, size}, single{count, size};
    if (!state.defined()) return zeros(whole, {.dtype = x.dtype()});
    if (state.dtype() != x.dtype())
      fail<DTypeError>(op, "{} must be {} as x is, got {}", what, x.dtype(), state.dtype());
    const Shape& expected = batched ? whole : single;
    if (state.shape() != expected) fail<ShapeError>(op, "{} must be {}, got {}", what, expected, state.shape());
    return batched ? state : state.unsqueeze(1);
  };
  if (config_.gates != 4) return {one("h0", states.h, state_size())};
  if (states.h.defined() != states.c.defined()) {
    throw std::invalid_argument(fmt::format("{}: h0 and c0 go together, got only one", op));
  }
  return {one("h0", states.h, state_size()), one("c0", states.c, config_.hidden_size)};
}

/// All layers on [T, N, input] or, with batch sizes, packed rows.
std::pair<Tensor, RNNBase::States> RNNBase::layers(const Tensor& x, const States& states,
                                                   const std::vector<std::int64_t>& batch_sizes) const {
  const std::vector<Tensor> h = pieces(states.h), c = pieces(states.c);
  std::vector<Tensor> last_h, last_c;
  Tensor y = x;
  const std::size_t directions = config_.bidirectional ? 2 : 1;
  for (std::size_t first = 0; first < all_weights.size(); first += directions) {
    if (first > 0 && is_training() && config_.dropout > 0) y = dropout(y, config_.dropout);
    std::vector<Tensor> outputs;
    for (std::size_t i = first; i < first + directions; ++i) {
      const RecurrentOptions options{.batch_sizes = batch_sizes, .reverse = i != first};
      const RecurrentWeights& w = all_weights[i];
      std::vector<Tensor> out = config_.gates == 4   ? lstm_layer(y, h[i], c[i], w, options)
                                : config_.gates == 3 ? gru_layer(y, h[i], w, options)
                                                     : rnn_layer(y, h[i], w, config_.relu, options);
      outputs.push_back(out[0]);
      last_h.push_back(out[1]);
      if (config_.gates == 4) last_c.push_back(out[2]);
    }
    y = directions == 1 ? outputs[0] : cat(outputs, -1);
  }
  return {y, {joined(last_h), config_.gates == 4 ? joined(last_c) : Tensor()}};
}

std::pair<Tensor, RNNBase::States> RNNBase::run(const Tensor& x, const States& states) const {
  const std::string type = name();
  const char* op = type.c_str();
  x.checked(op);
  const bool batched = x.dim() == 3;
  if ((x.dim() != 2 && !batched) || x.size(-1) != config_.input_size) {
    fail<ShapeError>(op, "x must be [{}, {}] or [T, {}], got {}", config_.batch_first ? "N, T" : "T, N",
                     config_.input_size, config_.input_size, x.shape());
  }
  Tensor in = x;
  if (!batched)
    in = x.unsqueeze(1);
  else if (config_.batch_first)
    in = x.transpose(0, 1);
  if (in.size(0) == 0) fail<ShapeError>(op, "needs at least one time step, got x {}", x.shape());
  auto [y, last] = layers(in, checked(states, x, in.size(1), batched), {});
  if (!batched) {
    return {y.squeeze(1), {last.h.squeeze(1), last.c.defined() ? last.c.squeeze(1) : Tensor()}};
  }
  return {config_.batch_first ? y.transpose(0, 1) : y, last};
}

std::pair<utils::PackedSequence, RNNBase::States> RNNBase::run(const utils::PackedSequence& x,
                                                               const States& states) const {
  const std::string type = name();
  const char* op = type.c_str();
  const std::vector<std::int64_t> sizes = utils::check_packed(op, x);
  if (x.data.dim() != 2 || x.data.size(1) != config_.input_size) {
    fail<ShapeError>(op, "packed data must be [rows, {}], got {}", config_.input_size, x.data.shape());
  }
  States first = checked(states, x.data, sizes[0], true);
  const auto permute = [](Tensor& t, const Tensor& order) {
    if (t.defined() && order.defined()) t = t.index_select(1, order);
  };
  if (states.h.defined()) permute(first.h, x.sorted_indices);
  if (states.c.defined()) permute(first.c, x.sorted_indices);
  auto [y, last] = layers(x.data, first, sizes);
  permute(last.h, x.unsorted_indices);
  permute(last.c, x.unsorted_indices);
  return {utils::PackedSequence{y, x.batch_sizes, x.sorted_indices, x.unsorted_indices}, last};
}

RNN::RNN(std::int64_t input_size, std::int64_t hidden_size, const RNNOptions& o)
    : RNNBase("RNN", {1, input_size, hidden_size, o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional, 0,
                      o.dtype, is_relu("RNN", o.nonlinearity)}) {}
std::pair<Tensor, Tensor> RNN::compute(const Tensor& x, const Tensor& h0) const {
  return with_hooks(x, [&](const Tensor& in) -> std::pair<Tensor, Tensor> {
    const auto [y, states] = run(in, {h0});
    return {y, states.h};
  });
}
std::pair<utils::PackedSequence, Tensor> RNN::compute(const utils::PackedSequence& x, const Tensor& h0) const {
  return with_hooks(x.data, [&](const Tensor& in) -> std::pair<utils::PackedSequence, Tensor> {
    const auto [y, states] = run({in, x.batch_sizes, x.sorted_indices, x.unsorted_indices}, States{h0});
    return {y, states.h};
  });
}

LSTM::LSTM(std::int64_t input_size, std::int64_t hidden_size, const LSTMOptions& o)
    : RNNBase("LSTM", {4, input_size, hidden_size, o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional,
                       o.proj_size, o.dtype, false}) {}
std::pair<Tensor, LSTM::State> LSTM::compute(const Tensor& x, const State& state) const {
  return with_hooks(x, [&](const Tensor& in) -> std::pair<Tensor, State> {
    const auto [y, states] = run(in, {state.first, state.second});
    return {y, {states.h, states.c}};
  });
}
std::pair<utils::PackedSequence, LSTM::State> LSTM::compute(const utils::PackedSequence& x, const State& state) const {
  return with_hooks(x.data, [&](const Tensor& in) -> std::pair<utils::PackedSequence, State> {
    const auto [y, states] =
        run({in, x.batch_sizes, x.sorted_indices, x.unsorted_indices}, States{state.first, state.second});
    return {y, {states.h, states.c}};
  });
}

GRU::GRU(std::int64_t input_size, std::int64_t hidden_size, const GRUOptions& o)
    : RNNBase("GRU", {3, input_size, hidden_size, o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional, 0,
                      o.dtype, false}) {}
std::pair<Tensor, Tensor> GRU::compute(const Tensor& x, const Tensor& h0) const {
  return with_hooks(x, [&](const Tensor& in) -> std::pair<Tensor, Tensor> {
    const auto [y, states] = run(in, {h0});
    return {y, states.h};
  });
}
std::pair<utils::PackedSequence, Tensor> GRU::compute(const utils::PackedSequence& x, const Tensor& h0) const {
  return with_hooks(x.data, [&](const Tensor& in) -> std::pair<utils::PackedSequence, Tensor> {
    const auto [y, states] = run({in, x.batch_sizes, x.sorted_indices, x.unsorted_indices}, States{h0});
    return {y, states.h};
  });
}

}  // namespace descent::nn
