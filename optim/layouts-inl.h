// A rule over one parameter, however parameter and gradient lie in memory: dense, with gaps, or rows of a sparse
// gradient. Slots are contiguous.
#pragma once

#include "../autograd/tensor_impl.h"
#include "../kernels/update.h"
#include "optimizer.h"

namespace descent::optim::detail {

/// Walks a strided tensor in row-major order.
class Walker {
 public:
  explicit Walker(const Tensor& t) : shape_(t.shape()), strides_(t.strides()), index_(t.shape()) {
    for (int i = 0; i < index_.dim(); ++i) index_[static_cast<std::size_t>(i)] = 0;
  }
  std::int64_t offset() const { return offset_; }
  void next() {
    for (int i = shape_.dim() - 1; i >= 0; --i) {
      const auto d = static_cast<std::size_t>(i);
      offset_ += strides_[d];
      if (++index_[d] < shape_[d]) return;
      offset_ -= strides_[d] * shape_[d];
      index_[d] = 0;
    }
  }

 private:
  Shape shape_, strides_, index_;
  std::int64_t offset_ = 0;
};

/// The update where parameter or gradient has gaps: block by block through contiguous buffers.
template <class T, class Rule, class... Slots>
void update_strided(const Rule& rule, const Tensor& p, const Tensor& g, Slots*... slots) {
  constexpr std::int64_t kBlock = 256;
  T values[kBlock], gradients[kBlock];
  T* const target = autograd::data_of<T>(p);
  const T* const source = autograd::data_of<T>(g);
  Walker read(p), write(p), gradient(g);
  for (std::int64_t begin = 0, n = p.numel(); begin < n; begin += kBlock) {
    const std::int64_t count = n - begin < kBlock ? n - begin : kBlock;
    for (std::int64_t i = 0; i < count; ++i, read.next(), gradient.next()) {
      values[i] = target[read.offset()];
      gradients[i] = source[gradient.offset()];
    }
    kernels::update(rule, count, values, gradients, (slots + begin)...);
    for (std::int64_t i = 0; i < count; ++i, write.next()) target[write.offset()] = values[i];
  }
}

template <class T, class Rule, class... Slots>
void update_parameter(const Rule& rule, const Tensor& p, const Tensor& g, Slots*... slots) {
  TensorImpl& target = *p.impl();
  target.storage->written();
  if (target.contiguous && g.impl()->contiguous) [[likely]] {
    const T* gradient = autograd::data_of<T>(g);
    kernels::update(rule, target.numel, autograd::data_of<T>(p), gradient, slots...);
  } else {
    update_strided<T>(rule, p, g, slots...);
  }
}

/// A gradient or parameter with gaps as a contiguous copy, written back by finish(). Only steps that need sums over a
/// tensor copy; elementwise ones go block by block.
class Dense {
 public:
  Dense(const Tensor& p, const Tensor& g) : target_(p), p_(p.impl()->contiguous ? p : p.detach().contiguous()) {
    g_ = g.impl()->contiguous ? g : g.detach().contiguous();
  }
  const Tensor& p() const { return p_; }
  const Tensor& g() const { return g_; }
  void finish() {
    target_.impl()->storage->written();
    if (p_.impl() != target_.impl()) Tensor(target_.detach()).copy_(p_);
  }

 private:
  NoGradGuard no_grad_;
  const Tensor& target_;
  Tensor p_, g_;
};

/// The update of the rows that a sparse gradient holds, in p and state.
template <class T, class Rule, class... Slots>
void update_rows(const Rule& rule, const Tensor& p, const Tensor& g, Slots*... slots) {
  const Tensor values = g.values().contiguous(), indices = g.indices().contiguous();
  const std::int64_t rows = indices.numel(), n = rows == 0 ? 0 : values.numel() / rows;
  if (n == 0) return;
  Dense dense(p, p);
  T* const target = autograd::data_of<T>(dense.p());
  const T* const gradient = autograd::data_of<T>(values);
  const std::int64_t* const at = autograd::data_of<std::int64_t>(indices);
  for (std::int64_t k = 0; k < rows; ++k) {
    const std::int64_t begin = at[k] * n;
    kernels::update(rule, n, target + begin, gradient + k * n, (slots + begin)...);
  }
  dense.finish();
}

}  // namespace descent::optim::detail
