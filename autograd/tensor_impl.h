// What a Tensor points to: sizes, strides, memory, and its place on the tape.
#pragma once

#include <memory>

#include "ref.h"
#include "tensor.h"

namespace descent {
namespace autograd {

struct Node;
struct GradSlot;

/// What a row-sparse tensor holds in place of elements: values[i] is row indices[i] of it, all other rows are 0.
struct SparseRows {
  Tensor indices;  // int64 [n], rising
  Tensor values;   // [n, ...], contiguous
};

/// Memory shared by a tensor and its views. Header and elements are one block. `version` counts writes, so that the
/// tape notices when something it saved has changed.
struct Storage : RefCounted {
  std::size_t bytes = 0;  // of the elements
  std::atomic<std::uint32_t> version{0};
  // Living tensors with a place of their own on the tape: the first one and its views. A recorded write moves the one
  // it is called on and would miss the others.
  std::atomic<std::uint32_t> tensors{0};

  static constexpr std::size_t kHeader = 64;  // keeps the elements aligned to 64
  char* data() noexcept { return reinterpret_cast<char*>(this) + kHeader; }
  void written() noexcept { version.fetch_add(1, std::memory_order_relaxed); }

  static Ref<Storage> make(std::size_t bytes);
  static void destroy(Storage* storage) noexcept;
};

/// Counters behind live_counts(): each thread counts for itself, so that the hot path takes no lock.
enum class Live { Tensors, Storages, Nodes, Bytes };
void count_live(Live kind, std::int64_t change) noexcept;

/// Throws Error: the op takes no sparse tensor.
[[noreturn]] void refuse_sparse(const char* op);

}  // namespace autograd

struct TensorImpl : autograd::RefCounted {
  DType dtype = DType::Float32;
  bool contiguous = true;
  bool requires_grad = false;
  bool is_view = false;            // made by a view op
  bool counted = false;            // in Storage::tensors
  bool sparse = false;             // has `rows` and no elements
  bool of_grad_tensor = false;     // the memory belongs to a tensor that required grad when this view was made
  std::uint32_t output_index = 0;  // which output of `node` this is
  std::int64_t numel = 1;
  char* data = nullptr;  // first element
  autograd::Ref<autograd::Storage> storage;
  Tensor grad;
  Shape shape;                             // begins in the first cache line: what an optimizer reads of many
  autograd::Ref<autograd::Node> node;      // of a non-leaf: what computed it; of a leaf: where its gradient goes
  autograd::Ref<autograd::GradSlot> slot;  // of a leaf or a tensor that retains its gradient
  Shape strides;
  std::unique_ptr<autograd::SparseRows> rows;

  TensorImpl();
  ~TensorImpl();
  static void destroy(TensorImpl* impl) noexcept;
  static void* operator new(std::size_t bytes);
  static void operator delete(void* memory, std::size_t bytes) noexcept;

  /// For kernels. Throws Error for a sparse tensor, which has no elements: what takes one asks before.
  kernels::View view() const {
    if (sparse) autograd::refuse_sparse("this operation");
    return {data, shape.data(), strides.data(), numel, shape.dim(), dtype, contiguous};
  }
  /// True when nobody else holds this tensor or its memory: it may be reused in place.
  bool sole_owner() const noexcept { return unique() && storage->unique(); }
};

namespace autograd {

/// A new tensor with memory of its own, row-major. In debug builds floats start as NaN.
Tensor make_tensor(const Shape& shape, DType dtype);
/// A tensor on the memory of `base` (not recorded), `offset` elements after its first one.
Tensor make_view(const Tensor& base, const Shape& shape, const Shape& strides, std::int64_t offset = 0);
/// The same memory, sizes and strides without any autograd state: what the tape saves.
Tensor make_alias(const Tensor& tensor);
/// A row-sparse tensor; `indices` int64 [n] rising, `values` [n, shape[1], ...].
Tensor make_sparse(const Tensor& indices, const Tensor& values, const Shape& shape);
/// True for row-major strides without gaps.
bool is_row_major(const Shape& shape, const Shape& strides) noexcept;

inline kernels::View view_of(const Tensor& tensor) { return tensor.impl()->view(); }
template <class T>
T* data_of(const Tensor& tensor) {
  if (tensor.impl()->sparse) refuse_sparse("this operation");
  return reinterpret_cast<T*>(tensor.impl()->data);
}

}  // namespace autograd
}  // namespace descent
