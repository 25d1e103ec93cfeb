// GRU and RNN over all time steps. Forward and first order run on kernels; a backward pass that is itself recorded goes
// through the same recurrence written in ops, so that second and higher orders need no further formulas.
#include "../../kernels/recurrent.h"

#include "recurrent-inl.h"

namespace descent {
namespace autograd {
namespace {

// x 0, h0 1, w_ih 2, w_hh 3, b_ih 4, b_hh 5 -> y, h; r, z and n, W_hn·h + b_hn, h before each step.
struct GruLayer {
  static constexpr const char* name = "gru_layer";
  static constexpr Uses uses = {0x3f | output(2) | output(3) | output(4)};
  Steps steps;
  Tensors forward(const Tensor& x, const Tensor& h0, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih,
                  const Tensor& b_hh) const {
    const DType dtype = x.dtype();
    const std::int64_t hidden = h0.size(1), rows = steps.rows();
    const Tensor recurrent = w_hh.contiguous();
    const Rows gates(linear(x, w_ih, b_ih));
    const Rows y(make_tensor({rows, hidden}, dtype)), h(copy_of(h0));
    const Rows candidate(make_tensor({rows, hidden}, dtype)), h_before(make_tensor({rows, hidden}, dtype));
    const Rows sums(make_tensor({h0.size(0), 3 * hidden}, dtype));
    const Rows bias(b_hh.defined() ? copy_of(b_hh.expand({h0.size(0), 3 * hidden})) : make_tensor({0, 0}, dtype));
    for (std::size_t i = 0; i < steps.count(); ++i) {
      const std::size_t t = steps.nth(i);
      const std::int64_t n = steps.sizes[t], at = steps.offsets[t];
      h_before.copy_from(at, h.base, n);
      if (b_hh.defined()) sums.copy_from(0, bias.base, n);
      product(dtype, n, h.base, recurrent, true, b_hh.defined(), sums.base);
      kernels::gru_cell(dtype, n, hidden, gates.at(at), sums.base, candidate.at(at), h.base, y.at(at));
      h.copy_from(0, y.at(at), n);
    }
    return {y.tensor, h.tensor, gates.tensor, candidate.tensor, h_before.tensor};
  }
  static Tensors composed(const Tensors& in, const Steps& steps) {
    const std::int64_t hidden = in[1].size(1);
    return recurrence(linear(in[0], in[2], in[4]), {in[1]}, steps, [&](const Tensor& own, const Tensors& state) {
      const Tensors a = own.split(hidden, 1), b = linear(state[0], in[3], in[5]).split(hidden, 1);
      const Tensor r = sigmoid(a[0] + b[0]), z = sigmoid(a[1] + b[1]), n = tanh(a[2] + r * b[2]);
      return Tensors{n + z * (state[0] - n)};
    });
  }
  Tensors vjp(const Saved& s, std::span<const Tensor> g) const {
    if (grad_enabled()) {
      return recorded_gradients(s, g.first(2), 6, [this](const Tensors& in) { return composed(in, steps); });
    }
    const Tensor recurrent = s.in(3).contiguous();
    const Rows gates(s.out(2)), candidate(s.out(3)), h_before(s.out(4)), dy(g[0].contiguous());
    const DType dtype = gates.tensor.dtype();
    const std::int64_t hidden = dy.cols, batch = s.in(1).size(0), rows = steps.rows();
    const Rows dh = running(g[1], {batch, hidden}, dtype);
    const Rows dgates(make_tensor({rows, 3 * hidden}, dtype)), dsums(make_tensor({rows, 3 * hidden}, dtype));
    for (std::size_t i = steps.count(); i-- > 0;) {
      const std::size_t t = steps.nth(i);
      const std::int64_t n = steps.sizes[t], at = steps.offsets[t];
      kernels::add_to(dtype, n * hidden, dh.base, dy.at(at));
      kernels::gru_cell_grad(dtype, n, hidden, gates.at(at), candidate.at(at), h_before.at(at), dh.base, dgates.at(at),
                             dsums.at(at));
      product(dtype, n, dsums.at(at), recurrent, false, true, dh.base);
    }
    Tensors result(6);
    through_weights(s, 2, dgates.tensor, dsums.tensor, h_before.tensor, result);
    if (s.needs(1)) result[1] = dh.tensor;
    return result;
  }
};

// x 0, h0 1, w_ih 2, w_hh 3, b_ih 4, b_hh 5 -> y, h; h before each step.
struct RnnLayer {
  static constexpr const char* name = "rnn_layer";
  static constexpr Uses uses = {0x3f | output(0) | output(2)};
  Steps steps;
  bool relu;
  Tensors forward(const Tensor& x, const Tensor& h0, const Tensor& w_ih, const Tensor& w_hh, const Tensor& b_ih,
                  const Tensor& b_hh) const {
    const DType dtype = x.dtype();
    const std::int64_t hidden = h0.size(1);
    const Tensor recurrent = w_hh.contiguous();
    const Rows y(linear(x, w_ih, sum_of(b_ih, b_hh)));
    const Rows h(copy_of(h0)), h_before(make_tensor({steps.rows(), hidden}, dtype));
    for (std::size_t i = 0; i < steps.count(); ++i) {
      const std::size_t t = steps.nth(i);
      const std::int64_t n = steps.sizes[t], at = steps.offsets[t];
      h_before.copy_from(at, h.base, n);
      product(dtype, n, h.base, recurrent, true, true, y.at(at));
      kernels::rnn_cell(dtype, relu, n * hidden, y.at(at));
      h.copy_from(0, y.at(at), n);
    }
    return {y.tensor, h.tensor, h_before.tensor};
  }
  static Tensors composed(const Tensors& in, const Steps& steps, bool relu) {
    return recurrence(linear(in[0], in[2], in[4]), {in[1]}, steps, [&](const Tensor& own, const Tensors& state) {
      const Tensor sum = own + linear(state[0], in[3], in[5]);
      return Tensors{relu ? descent::relu(sum) : tanh(sum)};
    });
  }
  Tensors vjp(const Saved& s, std::span<const Tensor> g) const {
    if (grad_enabled()) {
      return recorded_gradients(s, g.first(2), 6, [this](const Tensors& in) { return composed(in, steps, relu); });
    }
    const Tensor recurrent = s.in(3).contiguous();
    const Rows y(s.out(0)), dy(g[0].contiguous());
    const DType dtype = y.tensor.dtype();
    const Rows dh = running(g[1], {s.in(1).size(0), y.cols}, dtype), dsums(make_tensor(y.tensor.shape(), dtype));
    for (std::size_t i = steps.count(); i-- > 0;) {
      const std::size_t t = steps.nth(i);
      const std::int64_t n = steps.sizes[t], at = steps.offsets[t];
      kernels::add_to(dtype, n * y.cols, dh.base, dy.at(at));
      kernels::rnn_cell_grad(dtype, relu, n * y.cols, y.at(at), dh.base, dsums.at(at));
      product(dtype, n, dsums.at(at), recurrent, false, false, dh.base);
    }
    Tensors result(6);
    through_weights(s, 2, dsums.tensor, dsums.tensor, s.out(2), result);
    if (s.needs(1)) result[1] = dh.tensor;
    return result;
  }
};

void check_one(const char* op, const char* what, const Tensor& t, const Shape& shape, DType dtype) {
  if (t.checked(op).dtype != dtype) fail<DTypeError>(op, "{} must be {} as x is, got {}", what, dtype, t.dtype());
  if (t.shape() != shape) fail<ShapeError>(op, "{} must be {}, got {}", what, shape, t.shape());
}

}  // namespace

std::vector<std::int64_t> check_layer(const char* op, std::int64_t gates, const Tensor& x, const Tensor& h0,
                                      const Tensor& c0, const RecurrentWeights& w, const RecurrentOptions& options) {
  const DType dtype = x.checked(op).dtype;
  if (!descent::is_floating_point(dtype)) fail<DTypeError>(op, "takes floats, got {}", dtype);
  h0.checked(op);
  w.w_ih.checked(op);
  w.w_hh.checked(op);
  const bool packed = !options.batch_sizes.empty();
  if (x.dim() != (packed ? 2 : 3)) {
    fail<ShapeError>(op, "x must be {}, got {}", packed ? "[rows, input]" : "[T, N, input]", x.shape());
  }
  std::vector<std::int64_t> sizes = options.batch_sizes;
  if (packed) {
    std::int64_t sum = 0, last = sizes[0];
    for (const std::int64_t n : sizes) {
      if (n < 0 || n > last) {
        throw std::invalid_argument(
            fmt::format("{}: batch_sizes must be >= 0 and not increase, got {} behind {}", op, n, last));
      }
      sum += last = n;
      if (sum > x.size(0)) break;
    }
    if (sum != x.size(0)) fail<ShapeError>(op, "batch_sizes must add up to the rows of x, {}, got {}", x.size(0), sum);
  } else {
    if (x.size(0) == 0) fail<ShapeError>(op, "needs at least one time step, got x {}", x.shape());
    sizes.assign(static_cast<std::size_t>(x.size(0)), x.size(1));
  }
  if (w.w_hh.dim() != 2 || w.w_hh.size(0) % gates != 0) {
    fail<ShapeError>(op, "w_hh must be [{}·hidden, state], got {}", gates, w.w_hh.shape());
  }
  const std::int64_t all = w.w_hh.size(0), hidden = all / gates, state = w.w_hh.size(1);
  if (!w.w_hr.defined() && state != hidden) {
    fail<ShapeError>(op, "w_hh must be [{}·hidden, hidden], got {}", gates, w.w_hh.shape());
  }
  check_one(op, "w_ih", w.w_ih, {all, x.size(-1)}, dtype);
  check_one(op, "w_hh", w.w_hh, {all, state}, dtype);
  if (w.b_ih.defined() != w.b_hh.defined())
    throw std::invalid_argument(fmt::format("{}: b_ih and b_hh go together", op));
  if (w.b_ih.defined()) {
    check_one(op, "b_ih", w.b_ih, {all}, dtype);
    check_one(op, "b_hh", w.b_hh, {all}, dtype);
  }
  if (w.w_hr.defined() && gates != 4) throw std::invalid_argument(fmt::format("{}: only an LSTM has a w_hr", op));
  if (w.w_hr.defined()) check_one(op, "w_hr", w.w_hr, {state, hidden}, dtype);
  check_one(op, "h0", h0, {sizes[0], state}, dtype);
  if (gates == 4) check_one(op, "c0", c0, {sizes[0], hidden}, dtype);
  return sizes;
}

OpList recurrent_ops() {
  OpList all = list_of<GruLayer, RnnLayer>();
  for (const OpInfo* op : lstm_ops()) all.push_back(op);
  return all;
}

}  // namespace autograd

using namespace autograd;

std::vector<Tensor> gru_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& w,
                              const RecurrentOptions& options) {
  const GruLayer op{Steps(check_layer("gru_layer", 3, x, h0, {}, w, options), options.reverse)};
  return finished(apply(op, as_rows(x), h0, w.w_ih, w.w_hh, w.b_ih, w.b_hh), 2, x);
}

std::vector<Tensor> rnn_layer(const Tensor& x, const Tensor& h0, const RecurrentWeights& w, bool relu,
                              const RecurrentOptions& options) {
  const RnnLayer op{Steps(check_layer("rnn_layer", 1, x, h0, {}, w, options), options.reverse), relu};
  return finished(apply(op, as_rows(x), h0, w.w_ih, w.w_hh, w.b_ih, w.b_hh), 2, x);
}

}  // namespace descent
