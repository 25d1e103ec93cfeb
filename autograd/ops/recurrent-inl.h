// What the recurrent layers share: steps of a packed sequence, matrix products on rows, checks, and the recurrence in
// ops for a backward pass that is itself recorded.
#pragma once

#include <algorithm>
#include <cstring>

#include "../../kernels/gemm.h"
#include "../autograd.h"
#include "../multiply_adds.h"
#include "../op_list.h"
#include "elementwise-inl.h"
#include "recurrent.h"

namespace descent::autograd {

using Tensors = std::vector<Tensor>;

/// Rows of each time step in a packed sequence.
struct Steps {
  std::vector<std::int64_t> sizes, offsets;
  bool reverse;
  Steps(std::vector<std::int64_t> batch_sizes, bool backwards) : sizes(std::move(batch_sizes)), reverse(backwards) {
    std::int64_t at = 0;
    for (const std::int64_t n : sizes) offsets.push_back(std::exchange(at, at + n));
  }
  std::size_t count() const { return sizes.size(); }
  std::int64_t rows() const { return offsets.back() + sizes.back(); }
  /// The step that comes i-th in time of computation.
  std::size_t nth(std::size_t i) const { return reverse ? count() - 1 - i : i; }
};

/// A contiguous matrix.
struct Rows {
  Tensor tensor;
  std::int64_t cols;
  char* base;
  std::int64_t stride;  // bytes of a row
  explicit Rows(const Tensor& t)
      : tensor(t),
        cols(t.shape()[1]),
        base(data_of<char>(t)),
        stride(cols * static_cast<std::int64_t>(size_of(t.dtype()))) {}
  char* at(std::int64_t row) const { return base + row * stride; }
  void copy_from(std::int64_t row, const void* source, std::int64_t rows) const {
    if (rows * stride > 0) std::memcpy(at(row), source, static_cast<std::size_t>(rows * stride));
  }
};

/// out[n, ·] (+)= a[n, ·]·w, or ·wᵀ.
inline void product(DType dtype, std::int64_t n, const void* a, const Tensor& w, bool transposed, bool accumulate,
                    void* out) {
  const std::int64_t rows = w.shape()[0], cols = w.shape()[1];
  const std::int64_t k = transposed ? cols : rows, m = transposed ? rows : cols;
  count_multiply_adds(n * m * k);
  kernels::gemm(dtype,
                {.trans_b = transposed,
                 .m = n,
                 .n = m,
                 .k = k,
                 .lda = std::max<std::int64_t>(k, 1),
                 .ldb = std::max<std::int64_t>(cols, 1),
                 .ldc = std::max<std::int64_t>(m, 1),
                 .accumulate = accumulate},
                a, data_of<char>(w), out);
}

/// A new tensor with these values, contiguous.
inline Tensor copy_of(const Tensor& t) {
  Tensor out = make_tensor(t.shape(), t.dtype());
  out.copy_(t);
  return out;
}

/// The gradient of a final state as a buffer to run back with.
inline Rows running(const Tensor& g, const Shape& shape, DType dtype) {
  return Rows(g.defined() ? copy_of(g) : zeros(shape, {.dtype = dtype}));
}

inline Tensor sum_of(const Tensor& a, const Tensor& b) { return a.defined() ? a + b : a; }

/// Gradients through x·W_ihᵀ + b_ih of all steps and h·W_hhᵀ + b_hh, where `own` and `recurrent` are those of the sums.
/// Inputs start at: x 0, w_ih `first`, w_hh, b_ih, b_hh.
inline void through_weights(const Saved& s, int first, const Tensor& own, const Tensor& recurrent, const Tensor& before,
                            Tensors& result) {
  const auto at = [&](int i) -> Tensor& { return result[static_cast<std::size_t>(i)]; };
  if (s.needs(0)) at(0) = matmul(own, s.in(first));
  if (s.needs(first)) at(first) = matmul(own.t(), s.in(0));
  if (s.needs(first + 1)) at(first + 1) = matmul(recurrent.t(), before);
  if (s.needs(first + 2)) at(first + 2) = own.sum({0});
  if (s.needs(first + 3)) {
    const bool same = own.impl() == recurrent.impl() && s.needs(first + 2);
    at(first + 3) = same ? at(first + 2) : recurrent.sum({0});
  }
}

/// Gradients of `forward`, a composition of ops of the saved inputs, recorded.
template <class F>
Tensors recorded_gradients(const Saved& s, std::span<const Tensor> g, int inputs, F forward) {
  Tensors in, wanted, outputs, cotangents;
  std::vector<int> places;
  for (int i = 0; i < inputs; ++i) {
    Tensor t = s.in(i);
    if (t.defined() && s.needs(i)) {
      t = t.unsqueeze(0).squeeze(0);  // a place of its own, also where one tensor is two inputs
      wanted.push_back(t);
      places.push_back(i);
    }
    in.push_back(t);
  }
  const Tensors out = forward(in);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!g[i].defined() || !out[i].requires_grad()) continue;
    outputs.push_back(out[i]);
    cotangents.push_back(g[i]);
  }
  Tensors result(static_cast<std::size_t>(inputs));
  const Tensors found = grad(outputs, wanted, {.grad_outputs = cotangents, .create_graph = true, .allow_unused = true});
  for (std::size_t i = 0; i < found.size(); ++i) result[static_cast<std::size_t>(places[i])] = found[i];
  return result;
}

/// The recurrence in ops: cell(sums of the inputs, states of n rows) -> new states; the first of them comes out.
template <class F>
Tensors recurrence(const Tensor& inputs, Tensors states, const Steps& steps, F cell) {
  const Tensors parts = inputs.split(steps.sizes, 0);
  const std::int64_t batch = states[0].size(0);
  Tensors outputs(steps.count());
  for (std::size_t i = 0; i < steps.count(); ++i) {
    const std::size_t t = steps.nth(i);
    const std::int64_t n = steps.sizes[t];
    Tensors active = states;
    if (n < batch) {
      for (Tensor& state : active) state = state.slice(0, 0, n);
    }
    active = cell(parts[t], active);
    outputs[t] = active[0];
    for (std::size_t k = 0; k < states.size(); ++k) {
      states[k] = n < batch ? cat({active[k], states[k].slice(0, n, batch)}) : active[k];
    }
  }
  states.insert(states.begin(), cat(outputs));
  return states;
}

/// Checks all inputs; the batch sizes that they mean. `gates` is 4 for LSTM, 3 for GRU, 1 for RNN.
std::vector<std::int64_t> check_layer(const char* op, std::int64_t gates, const Tensor& x, const Tensor& h0,
                                      const Tensor& c0, const RecurrentWeights& w, const RecurrentOptions& options);

/// The LSTM's list of ops, a part of recurrent_ops().
OpList lstm_ops();

/// The outputs that are the caller's; h of every step in x's leading dims.
inline Tensors finished(Tensors all, std::size_t count, const Tensor& x) {
  all.resize(count);
  if (x.dim() == 3) all[0] = all[0].unflatten(0, {x.size(0), x.size(1)});
  return all;
}

inline Tensor as_rows(const Tensor& x) { return x.dim() == 3 ? x.flatten(0, 1) : x; }

}  // namespace descent::autograd
