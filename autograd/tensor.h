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

namespace descent {

class Tensor;
struct TensorImpl;

/// Values and their int64 positions, from `max(dim)` and its kin; made for `auto [values, indices] = …`.
struct ValuesAndIndices;

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
/// Ops are free functions (`descent::exp(x)`, see ops.h); the common ones are methods too.
class Tensor {
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
  void retain_grad();
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

  // Ops as methods; see ops/*.h for what they compute.
  Tensor add(const Tensor& b) const;
  Tensor sub(const Tensor& b) const;
  Tensor mul(const Tensor& b) const;
  Tensor div(const Tensor& b) const;
  Tensor add(Scalar b) const;
  Tensor sub(Scalar b) const;
  Tensor mul(Scalar b) const;
  Tensor div(Scalar b) const;
  Tensor pow(Scalar exponent) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor neg() const;
  Tensor abs() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor sqrt() const;
  Tensor square() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tanh() const;
  Tensor sigmoid() const;
  Tensor relu() const;
  Tensor clamp(std::optional<double> min, std::optional<double> max = std::nullopt) const;
  Tensor maximum(const Tensor& b) const;
  Tensor minimum(const Tensor& b) const;
  Tensor sum() const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor mean() const;
  Tensor mean(const Shape& dims, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  ValuesAndIndices max(std::int64_t dim, bool keepdim = false) const;
  ValuesAndIndices min(std::int64_t dim, bool keepdim = false) const;
  Tensor argmax() const;
  Tensor argmax(std::int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(std::int64_t dim, bool keepdim = false) const;
  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;
  Tensor matmul(const Tensor& b) const;
  Tensor reshape(const Shape& shape) const;
  Tensor view(const Shape& shape) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor t() const;
  Tensor permute(const Shape& dims) const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape& shape) const;
  Tensor slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor operator[](std::int64_t index) const;  ///< select(0, index)
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor gather(std::int64_t dim, const Tensor& index) const;

  // In place. Where gradients are recorded: on the tape for a non-leaf that is no view and has none alive;
  // AutogradError for a leaf that requires grad, for its views, and for a view that would have to be recorded. Free
  // under NoGradGuard. The result must have this tensor's shape, and a type that converts to its own.
  Tensor& add_(const Tensor& b);
  Tensor& sub_(const Tensor& b);
  Tensor& mul_(const Tensor& b);
  Tensor& div_(const Tensor& b);
  Tensor& add_(Scalar b);
  Tensor& sub_(Scalar b);
  Tensor& mul_(Scalar b);
  Tensor& div_(Scalar b);
  Tensor& fill_(Scalar value);
  Tensor& zero_();
  Tensor& uniform_(double from = 0, double to = 1);  ///< U[from, to)
  Tensor& normal_(double mean = 0, double std = 1);  ///< N(mean, std²)
  Tensor& bernoulli_(double p = 0.5);                ///< 1 with probability p, else 0

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

struct ValuesAndIndices {
  Tensor values;
  Tensor indices;
};

/// As PyTorch prints it: `tensor([[1., 2.], [3., 4.]])`, with the dtype where it is not obvious.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace descent
