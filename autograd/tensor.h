// Tensor: a handle to strided memory and, where gradients are tracked, to its place on the tape.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../kernels/view.h"
#include "error.h"
#include "scalar.h"
#include "shape.h"
#include "tensor_methods.h"

namespace descent {

struct TensorImpl;

/// Options of Tensor::backward, as in PyTorch. `retain_graph` is implied by `create_graph`.
struct BackwardOptions {
  bool retain_graph = false;  ///< keep what was saved, so that backward can run again
  bool create_graph = false;  ///< record the backward pass itself, for gradients of gradients
};

/// Removes a hook; copies refer to the same one. Nothing happens when the handle just goes away.
class HookHandle {
 public:
  HookHandle() = default;
  explicit HookHandle(std::function<void()> remove) : remove_(std::move(remove)) {}
  void remove() {
    if (remove_) remove_();
    remove_ = nullptr;
  }

 private:
  std::function<void()> remove_;
};

/// An n-dimensional array. Copying copies the handle: both then see the same memory, gradient and graph.
/// Ops are free functions (`descent::exp(x)`, see ops.h); the common ones are methods too (tensor_methods.h).
class Tensor : public TensorMethods {
 public:
  Tensor() noexcept = default;  ///< undefined, Python's None
  Tensor(const Tensor& other) noexcept;
  Tensor(Tensor&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
  Tensor& operator=(const Tensor& other) noexcept;
  Tensor& operator=(Tensor&& other) noexcept;
  ~Tensor() {
    if (impl_) release();
  }

  /// False for Tensor(). Every other method throws Error on an undefined tensor.
  bool defined() const noexcept { return impl_ != nullptr; }

  const Shape& shape() const;
  const Shape& sizes() const { return shape(); }
  std::int64_t size(std::int64_t dim) const;  ///< throws IndexError
  std::int64_t dim() const;
  std::int64_t numel() const;
  DType dtype() const;
  const Shape& strides() const;  ///< in elements
  bool is_contiguous() const;
  bool is_floating_point() const;

  /// True for a row-sparse tensor, as embedding's `.sparse` gradients are: it holds some rows, the others are 0. Ops,
  /// clipping and optimizers that are not made for it throw Error.
  bool is_sparse() const;
  Tensor indices() const;   ///< which rows: int64 [1, n], rising, each once. Throws Error on a dense tensor.
  Tensor values() const;    ///< these rows: [n, ...]. Throws Error on a dense tensor.
  Tensor to_dense() const;  ///< with all its zeros; a dense tensor itself

  /// The one element as a T (converted). Throws ShapeError unless numel() == 1.
  template <class T>
  T item() const;
  /// All elements in row-major order, converted to T.
  template <class T>
  std::vector<T> to_vector() const;
  /// The first element's address; the others follow by strides(). Throws DTypeError unless T is the element type.
  /// The mutable form counts as a write: what the tape has saved of this memory can no longer be used.
  template <class T>
  T* data();
  template <class T>
  const T* data() const;

  Tensor to(DType dtype) const;         ///< differentiable; the tensor itself if it has that type
  Tensor clone() const;                 ///< a contiguous copy, differentiable
  Tensor detach() const;                ///< the same memory, off the tape
  Tensor contiguous() const;            ///< itself, or a row-major copy
  Tensor& copy_(const Tensor& source);  ///< in place; source is broadcast and converted

  // Autograd
  void backward(BackwardOptions options = {}) const;  ///< throws ShapeError unless numel() == 1
  void backward(const Tensor& gradient, BackwardOptions options = {}) const;
  const Tensor& grad() const;             ///< undefined before backward
  void set_grad(const Tensor& gradient);  ///< of the same shape and dtype, or Tensor()
  void zero_grad();                       ///< drops the gradient
  bool requires_grad() const;
  Tensor& requires_grad_(bool requires_grad = true);  ///< throws AutogradError on a non-leaf or an integer tensor
  bool is_leaf() const;
  void retain_grad();  ///< keeps a non-leaf's gradient too, of its newest values; AutogradError where none is required
  /// Calls `hook(gradient)` once the gradient of this tensor is complete; a hook that returns a Tensor replaces it.
  /// A hook that captures this very tensor keeps it, and its graph, alive.
  template <class F>
  HookHandle register_hook(F hook) const {
    return add_hook([hook = std::move(hook)](const Tensor& g) mutable -> Tensor {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, const Tensor&>>)
        return hook(g), Tensor();
      else
        return hook(g);
    });
  }

  // For the library itself.
  explicit Tensor(TensorImpl* adopted) noexcept : impl_(adopted) {}
  TensorImpl* impl() const noexcept { return impl_; }
  TensorImpl& checked(const char* function) const {
    if (!impl_) undefined(function);
    return *impl_;
  }
  /// Makes this handle's tensor take over another's memory, shape and type in place (Module::to, loading); every copy
  /// of the handle sees it. Counts as no write.
  void set_data(const Tensor& other);

 private:
  [[noreturn]] static void undefined(const char* function);
  void release() noexcept;
  HookHandle add_hook(std::function<Tensor(const Tensor&)> hook) const;

  TensorImpl* impl_ = nullptr;
};

inline const Tensor& TensorMethods::self() const noexcept { return static_cast<const Tensor&>(*this); }
inline Tensor& TensorMethods::self() noexcept { return static_cast<Tensor&>(*this); }

struct ValuesAndIndices {
  Tensor values;
  Tensor indices;
};

/// As PyTorch prints it: `tensor([[1., 2.], [3., 4.]])`, with the dtype where it is not obvious.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace descent
