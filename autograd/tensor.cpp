#include "tensor.h"

#include <cstring>
#include <limits>

#include "../kernels/allocator.h"
#include "../kernels/elementwise.h"
#include "autograd.h"
#include "fail-inl.h"
#include "node.h"
#include "ops.h"

namespace descent {
namespace autograd {

Ref<Storage> Storage::make(std::size_t bytes) {
  auto* storage = ::new (kernels::allocate(kHeader + bytes)) Storage;
  storage->bytes = bytes;
  count_live(Live::Storages, 1);
  count_live(Live::Bytes, static_cast<std::int64_t>(bytes));
  return Ref<Storage>::adopt(storage);
}

void Storage::destroy(Storage* storage) noexcept {
  const std::size_t bytes = storage->bytes;
  storage->~Storage();
  kernels::deallocate(storage, kHeader + bytes);
  count_live(Live::Storages, -1);
  count_live(Live::Bytes, -static_cast<std::int64_t>(bytes));
}

Tensor make_tensor(const Shape& shape, DType dtype) {
  const std::int64_t numel = shape.numel();
  Ref<Storage> storage = Storage::make(static_cast<std::size_t>(numel) * size_of(dtype));
  auto* impl = new TensorImpl;
  impl->dtype = dtype;
  impl->numel = numel;
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  impl->data = storage->data();
  storage->tensors.store(1, std::memory_order_relaxed);
  impl->counted = true;
  impl->storage = std::move(storage);
#ifndef NDEBUG
  if (descent::is_floating_point(dtype)) std::memset(impl->data, 0xff, impl->storage->bytes);  // all ones is a NaN
#endif
  return Tensor(impl);
}

bool is_row_major(const Shape& shape, const Shape& strides) noexcept {
  std::int64_t step = 1;
  bool gap = false;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1) {
      gap |= strides[i] != step;
      step *= shape[i];
    }
  }
  return !gap;
}

Tensor make_alias(const Tensor& tensor) {
  const TensorImpl& from = *tensor.impl();
  auto* impl = new TensorImpl;
  impl->dtype = from.dtype;
  impl->contiguous = from.contiguous;
  impl->numel = from.numel;
  impl->data = from.data;
  impl->storage = from.storage;
  impl->shape = from.shape;
  impl->strides = from.strides;
  if (from.sparse) {
    impl->sparse = true;
    impl->rows = std::make_unique<SparseRows>(*from.rows);
  }
  return Tensor(impl);
}

Tensor make_sparse(const Tensor& indices, const Tensor& values, const Shape& shape) {
  auto* impl = new TensorImpl;
  const Tensor result(impl);
  impl->dtype = values.dtype();
  impl->contiguous = false;
  impl->sparse = true;
  impl->numel = shape.numel();
  impl->storage = Storage::make(0);
  impl->data = impl->storage->data();
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  impl->rows = std::make_unique<SparseRows>(SparseRows{indices, values});
  return result;
}

void refuse_sparse(const char* op) {
  fail<Error>(op, "a sparse tensor is not supported; use its indices() and values(), or to_dense()");
}

Tensor make_view(const Tensor& base, const Shape& shape, const Shape& strides, std::int64_t offset) {
  const TensorImpl& from = *base.impl();
  auto* impl = new TensorImpl;
  impl->dtype = from.dtype;
  impl->numel = 1;
  for (const std::int64_t n : shape) impl->numel *= n;
  impl->contiguous = is_row_major(shape, strides);
  impl->is_view = true;
  impl->counted = true;
  from.storage->tensors.fetch_add(1, std::memory_order_relaxed);
  impl->of_grad_tensor = from.requires_grad || from.of_grad_tensor;
  impl->storage = from.storage;
  impl->shape = shape;
  impl->strides = strides;
  // An empty view may start past the end: it has no first element, so any address inside will do.
  impl->data = from.data + (impl->numel == 0 ? 0 : offset) * static_cast<std::int64_t>(size_of(from.dtype));
  return Tensor(impl);
}

}  // namespace autograd

using namespace autograd;

void* TensorImpl::operator new(std::size_t bytes) { return kernels::allocate(bytes); }
void TensorImpl::operator delete(void* memory, std::size_t bytes) noexcept { kernels::deallocate(memory, bytes); }

TensorImpl::TensorImpl() { count_live(Live::Tensors, 1); }
TensorImpl::~TensorImpl() {
  // Nobody reads the count of memory that goes as well.
  if (counted && !storage->unique()) storage->tensors.fetch_sub(1, std::memory_order_relaxed);
  count_live(Live::Tensors, -1);
}

void TensorImpl::destroy(TensorImpl* impl) noexcept {
  if (impl->slot && !impl->slot->detach(impl)) return;
  delete impl;
}

Tensor::Tensor(const Tensor& other) noexcept : impl_(other.impl_) {
  if (impl_) impl_->retain();
}

Tensor& Tensor::operator=(const Tensor& other) noexcept {
  if (other.impl_) other.impl_->retain();
  TensorImpl* const before = std::exchange(impl_, other.impl_);
  if (before && before->release()) TensorImpl::destroy(before);
  return *this;
}

Tensor& Tensor::operator=(Tensor&& other) noexcept {
  TensorImpl* const taken = std::exchange(other.impl_, nullptr);
  TensorImpl* const before = std::exchange(impl_, taken);
  if (before && before->release()) TensorImpl::destroy(before);
  return *this;
}

void Tensor::release() noexcept {
  if (impl_->release()) TensorImpl::destroy(impl_);
}

void Tensor::undefined(const char* function) {
  fail<Error>(function, "the tensor is undefined (Tensor()); give it a value first");
}

const Shape& Tensor::shape() const { return checked("shape").shape; }
std::int64_t Tensor::size(std::int64_t dim) const {
  const Shape& sizes = checked("size").shape;
  if (sizes.empty()) fail<IndexError>("size", "a 0-dim tensor has no sizes, got dim {}", dim);
  return sizes[static_cast<std::size_t>(wrap_dim(dim, sizes.dim(), "size"))];
}
std::int64_t Tensor::dim() const { return checked("dim").shape.dim(); }
std::int64_t Tensor::numel() const { return checked("numel").numel; }
DType Tensor::dtype() const { return checked("dtype").dtype; }
const Shape& Tensor::strides() const { return checked("strides").strides; }
bool Tensor::is_contiguous() const { return checked("is_contiguous").contiguous; }
bool Tensor::requires_grad() const { return checked("requires_grad").requires_grad; }
bool Tensor::is_floating_point() const { return descent::is_floating_point(checked("is_floating_point").dtype); }

namespace {

template <class T>
constexpr DType memory_dtype() {
  return dtype_of<T>();
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_integral_v<To> && !std::is_same_v<To, bool> && std::is_floating_point_v<From>) {
    // A C++ cast of what does not fit is undefined; saturate, and NaN to 0.
    if (value != value) return 0;
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  }
  return static_cast<To>(value);
}

template <class T>
void check_memory_type(const TensorImpl& impl) {
  if (impl.sparse) refuse_sparse("data");
  if (impl.dtype != memory_dtype<T>() || sizeof(T) != size_of(impl.dtype)) {
    fail<DTypeError>("data", "the element type is {}, asked for {}", impl.dtype, memory_dtype<T>());
  }
}

}  // namespace

template <class T>
T Tensor::item() const {
  const TensorImpl& impl = checked("item");
  if (impl.numel != 1) fail<ShapeError>("item", "needs a tensor of one element, got shape {}", impl.shape);
  return kernels::dispatch(impl.dtype, [&]<class E>() { return convert<T>(*reinterpret_cast<const E*>(impl.data)); });
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  checked("to_vector");
  const Tensor flat = detach().contiguous();
  std::vector<T> values(static_cast<std::size_t>(flat.numel()));
  kernels::dispatch(flat.dtype(), [&]<class E>() {
    const E* from = data_of<E>(flat);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = convert<T>(from[i]);
  });
  return values;
}

template <class T>
T* Tensor::data() {
  TensorImpl& impl = checked("data");
  check_memory_type<T>(impl);
  impl.storage->written();
  return reinterpret_cast<T*>(impl.data);
}

template <class T>
const T* Tensor::data() const {
  const TensorImpl& impl = checked("data");
  check_memory_type<T>(impl);
  return reinterpret_cast<const T*>(impl.data);
}

#define DESCENT_ACCESS(T)             \
  template T Tensor::item<T>() const; \
  template std::vector<T> Tensor::to_vector<T>() const;
#define DESCENT_MEMORY(T)        \
  template T* Tensor::data<T>(); \
  template const T* Tensor::data<T>() const;
DESCENT_ACCESS(bool)
DESCENT_ACCESS(char)
DESCENT_ACCESS(signed char)
DESCENT_ACCESS(unsigned char)
DESCENT_ACCESS(short)
DESCENT_ACCESS(unsigned short)
DESCENT_ACCESS(int)
DESCENT_ACCESS(unsigned)
DESCENT_ACCESS(long)
DESCENT_ACCESS(unsigned long)
DESCENT_ACCESS(long long)
DESCENT_ACCESS(unsigned long long)
DESCENT_ACCESS(float)
DESCENT_ACCESS(double)
DESCENT_MEMORY(bool)
DESCENT_MEMORY(unsigned char)
DESCENT_MEMORY(long)
DESCENT_MEMORY(long long)
DESCENT_MEMORY(float)
DESCENT_MEMORY(double)
#undef DESCENT_ACCESS
#undef DESCENT_MEMORY

Tensor Tensor::detach() const {
  checked("detach");
  return make_alias(*this);
}

void Tensor::set_data(const Tensor& other) {
  TensorImpl& impl = checked("set_data");
  const TensorImpl& from = other.checked("set_data");
  if (impl.sparse || from.sparse) refuse_sparse("set_data");
  const bool was_leaf = impl.requires_grad && impl.node && impl.node->leaf_slot();
  if (impl.requires_grad && !was_leaf) fail<AutogradError>("set_data", "the tensor is no leaf of the graph");
  if (was_leaf && !descent::is_floating_point(from.dtype)) {
    fail<DTypeError>("set_data", "a tensor that requires grad is of a floating type, got {}", from.dtype);
  }
  // Graphs recorded before keep the old end of the tape, whose gradient no longer fits. Its hooks go with the tensor.
  Ref<Node> leaf = was_leaf ? make_leaf_node(impl.slot, from.shape, from.dtype) : Ref<Node>();
  if (was_leaf) leaf->extras = std::move(impl.node->extras);
  if (impl.counted) impl.storage->tensors.fetch_sub(1, std::memory_order_relaxed);
  impl.node = std::move(leaf);
  impl.dtype = from.dtype;
  impl.contiguous = from.contiguous;
  impl.numel = from.numel;
  impl.data = from.data;
  impl.storage = from.storage;
  impl.storage->tensors.fetch_add(1, std::memory_order_relaxed);
  impl.counted = true;
  impl.is_view = impl.of_grad_tensor = false;
  impl.shape = from.shape;
  impl.strides = from.strides;
  if (impl.grad.defined() && (impl.grad.dtype() != impl.dtype || impl.grad.shape() != impl.shape)) impl.grad = Tensor();
}

void empty_cache() { kernels::release_cached(); }

}  // namespace descent
