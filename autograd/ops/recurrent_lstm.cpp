// The LSTM over all time steps. Forward and first order run on kernels.
#include "../../kernels/recurrent.h"

#include "recurrent-inl.h"

namespace descent {
namespace autograd {
namespace {

// x 0, h0 1, c0 2, w_ih 3, w_hh 4, b_ih 5, b_hh 6, w_hr 7 -> y, h, c; activated gates, h and c before each step, and
// o·tanh(c) where it is projected.
struct LstmLayer {
  static constexpr const char* name = "lstm_layer";
  static constexpr Uses uses = {0xff | output(3) | output(4) | output(5) | output(6)};
  Steps steps;
  Tensors forward(const Tensor& x, const Tensor& h0, const Tensor& c0, const Tensor& w_ih, const Tensor& w_hh,
                  const Tensor& b_ih, const Tensor& b_hh, const Tensor& w_hr) const {
    const DType dtype = x.dtype();
    const std::int64_t hidden = c0.size(1), rows = steps.rows();
    const Tensor recurrent = w_hh.contiguous(), projection = w_hr.defined() ? w_hr.contiguous() : w_hr;
    const Rows gates(linear(x, w_ih, sum_of(b_ih, b_hh)));
    const Rows y(make_tensor({rows, h0.size(1)}, dtype)), h(copy_of(h0)), c(copy_of(c0));
    const Rows h_before(make_tensor({rows, h.cols}, dtype)), c_before(make_tensor({rows, hidden}, dtype));
    const Rows whole(make_tensor({projection.defined() ? rows : 0, hidden}, dtype));
    for (std::size_t i = 0; i < steps.count(); ++i) {
      const std::size_t t = steps.nth(i);
      const std::int64_t n = steps.sizes[t], at = steps.offsets[t];
      h_before.copy_from(at, h.base, n);
      c_before.copy_from(at, c.base, n);
      product(dtype, n, h.base, recurrent, true, true, gates.at(at));
      kernels::lstm_cell(dtype, n, hidden, gates.at(at), c.base, projection.defined() ? whole.at(at) : y.at(at));
      if (projection.defined()) product(dtype, n, whole.at(at), projection, true, false, y.at(at));
      h.copy_from(0, y.at(at), n);
    }
    return {y.tensor, h.tensor, c.tensor, gates.tensor, h_before.tensor, c_before.tensor, whole.tensor};
  }
  static Tensors composed(const Tensors& in, const Steps& steps) {
    const std::int64_t hidden = in[2].size(1);
    return recurrence(linear(in[0], in[3], in[5]), {in[1], in[2]}, steps, [&](const Tensor& own, const Tensors& state) {
      const Tensors sums = (own + linear(state[0], in[4], in[6])).split(hidden, 1);
      const Tensor c = sigmoid(sums[1]) * state[1] + sigmoid(sums[0]) * tanh(sums[2]);
      const Tensor h = sigmoid(sums[3]) * tanh(c);
      return Tensors{in[7].defined() ? linear(h, in[7]) : h, c};
    });
  }
  Tensors vjp(const Saved& s, std::span<const Tensor> g) const {
    if (grad_enabled()) {
      return recorded_gradients(s, g.first(3), 8, [this](const Tensors& in) { return composed(in, steps); });
    }
    const Tensor recurrent = s.in(4).contiguous();
    const Tensor projection = s.in(7).defined() ? s.in(7).contiguous() : Tensor();
    const Rows gates(s.out(3)), c_before(s.out(5));
    const DType dtype = gates.tensor.dtype();
    const std::int64_t hidden = c_before.cols, batch = s.in(1).size(0), rows = steps.rows();
    const Rows dy(g[0].contiguous());
    const Rows dh = running(g[1], {batch, dy.cols}, dtype), dc = running(g[2], {batch, hidden}, dtype);
    const Rows dgates(make_tensor({rows, 4 * hidden}, dtype));
    const Rows dprojected(make_tensor({projection.defined() ? rows : 0, dy.cols}, dtype));
    const Rows dwhole(make_tensor({projection.defined() ? batch : 0, hidden}, dtype));
    for (std::size_t i = steps.count(); i-- > 0;) {
      const std::size_t t = steps.nth(i);
      const std::int64_t n = steps.sizes[t], at = steps.offsets[t];
      kernels::add_to(dtype, n * dy.cols, dh.base, dy.at(at));
      if (projection.defined()) {
        dprojected.copy_from(at, dh.base, n);
        product(dtype, n, dh.base, projection, false, false, dwhole.base);
      }
      kernels::lstm_cell_grad(dtype, n, hidden, gates.at(at), c_before.at(at),
                              projection.defined() ? dwhole.base : dh.base, dc.base, dgates.at(at));
      product(dtype, n, dgates.at(at), recurrent, false, false, dh.base);
    }
    Tensors result(8);
    through_weights(s, 3, dgates.tensor, dgates.tensor, s.out(4), result);
    if (s.needs(1)) result[1] = dh.tensor;
    if (s.needs(2)) result[2] = dc.tensor;
    if (s.needs(7)) result[7] = matmul(dprojected.tensor.t(), s.out(6));
    return result;
  }
};

}  // namespace

OpList lstm_ops() { return list_of<LstmLayer>(); }

}  // namespace autograd

using namespace autograd;

std::vector<Tensor> lstm_layer(const Tensor& x, const Tensor& h0, const Tensor& c0, const RecurrentWeights& w,
                               const RecurrentOptions& options) {
  const LstmLayer op{Steps(check_layer("lstm_layer", 4, x, h0, c0, w, options), options.reverse)};
  return finished(apply(op, as_rows(x), h0, c0, w.w_ih, w.w_hh, w.b_ih, w.b_hh, w.w_hr), 3, x);
}

}  // namespace descent
