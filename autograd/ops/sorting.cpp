// Sorting. The gradient of an element goes back to where the element stood.
#include "sorting.h"

#include "../../kernels/sort.h"

#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {
namespace {

/// Runs a kernel that turns rows of n into rows of k along `dim`, which becomes the last one meanwhile.
template <class F>
ValuesAndIndices along_dim(const Tensor& a, int dim, std::int64_t k, bool with_values, F kernel) {
  const int last = static_cast<int>(a.dim()) - 1;
  const Tensor rows = (dim == last ? a : a.transpose(dim, last)).contiguous();
  const std::int64_t n = rows.shape().back();
  Shape shape = rows.shape();
  shape[static_cast<std::size_t>(last)] = k;
  Tensor values, indices = make_tensor(shape, int64);
  if (with_values) values = make_tensor(shape, a.dtype());
  kernel(n == 0 ? 0 : rows.numel() / n, n, data_of<char>(rows), with_values ? data_of<char>(values) : nullptr,
         data_of<std::int64_t>(indices));
  if (dim == last) return {values, indices};
  return {with_values ? values.transpose(dim, last).contiguous() : values, indices.transpose(dim, last).contiguous()};
}

ValuesAndIndices run_sort(const Tensor& a, int dim, bool descending, bool with_values) {
  return along_dim(a, dim, a.size(dim), with_values,
                   [&](std::int64_t rows, std::int64_t n, const void* in, void* values, std::int64_t* indices) {
                     kernels::sort_rows(a.dtype(), descending, rows, n, in, values, indices);
                   });
}

Tensor back_to(const Shape& shape, int dim, const Tensor& index, const Tensor& g) {
  return scatter_add(zeros(shape, {.dtype = g.dtype()}), dim, index, g);
}

struct Sort {
  static constexpr const char* name = "sort";
  static constexpr Uses uses = {output(1)};
  int dim;
  bool descending;
  ValuesAndIndices forward(const Tensor& a) const { return run_sort(a, dim, descending, true); }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return back_to(s.shape(0), dim, s.out(1), g); }
};

struct Topk {
  static constexpr const char* name = "topk";
  static constexpr Uses uses = {output(1)};
  int dim;
  std::int64_t k;
  bool largest;
  ValuesAndIndices forward(const Tensor& a) const {
    return along_dim(a, dim, k, true,
                     [&](std::int64_t rows, std::int64_t n, const void* in, void* values, std::int64_t* indices) {
                       kernels::topk_rows(a.dtype(), largest, rows, n, k, in, values, indices);
                     });
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return back_to(s.shape(0), dim, s.out(1), g); }
};

ValuesAndIndices as_0dim(const ValuesAndIndices& one) { return {one.values.reshape({}), one.indices.reshape({})}; }

}  // namespace

OpList sorting_ops() { return list_of<Sort, Topk>(); }

}  // namespace autograd

using namespace autograd;

ValuesAndIndices sort(const Tensor& a, std::int64_t dim, const SortOptions& options) {
  a.checked("sort");
  const int d = wrap_dim(dim, a.dim(), "sort");
  if (a.dim() == 0) return as_0dim(sort(a.reshape({1}), 0, options));
  return apply(Sort{d, options.descending}, a);
}

ValuesAndIndices sort(const Tensor& a, const SortOptions& options) { return sort(a, -1, options); }

Tensor argsort(const Tensor& a, std::int64_t dim, const SortOptions& options) {
  a.checked("argsort");
  const int d = wrap_dim(dim, a.dim(), "argsort");
  if (a.dim() == 0) return zeros({}, {.dtype = int64});
  return run_sort(a.detach(), d, options.descending, false).indices;
}

Tensor argsort(const Tensor& a, const SortOptions& options) { return argsort(a, -1, options); }

namespace {

ValuesAndIndices first_k(const char* op, const Tensor& a, std::int64_t least, std::int64_t k, std::int64_t dim,
                         bool largest) {
  a.checked(op);
  const int d = wrap_dim(dim, a.dim(), op);
  const std::int64_t n = a.dim() == 0 ? 1 : a.size(d);
  if (k < least || k > n) {
    throw std::invalid_argument(
        fmt::format("{}: k must be in [{}, {}], the size of dim {}, got {}", op, least, n, d, k));
  }
  return apply(Topk{d, k, largest}, a.dim() == 0 ? a.reshape({1}) : a);
}

}  // namespace

ValuesAndIndices topk(const Tensor& a, std::int64_t k, std::int64_t dim, const TopkOptions& options) {
  const ValuesAndIndices found = first_k("topk", a, 0, k, dim, options.largest);
  return a.dim() == 0 && k == 1 ? as_0dim(found) : found;
}

ValuesAndIndices topk(const Tensor& a, std::int64_t k, const TopkOptions& options) { return topk(a, k, -1, options); }

ValuesAndIndices kthvalue(const Tensor& a, std::int64_t k, std::int64_t dim, bool keepdim) {
  const ValuesAndIndices found = first_k("kthvalue", a, 1, k, dim, false);
  if (a.dim() == 0) return as_0dim(found);
  const auto kth = [&](const Tensor& t) {
    const Tensor one = t.slice(dim, k - 1, k);
    return (keepdim ? one : one.squeeze(dim)).contiguous();
  };
  return {kth(found.values), kth(found.indices)};
}

ValuesAndIndices TensorMethods::sort(std::int64_t dim) const { return descent::sort(self(), dim); }
ValuesAndIndices TensorMethods::sort(std::int64_t dim, const SortOptions& options) const {
  return descent::sort(self(), dim, options);
}
ValuesAndIndices TensorMethods::sort(const SortOptions& options) const { return descent::sort(self(), options); }
Tensor TensorMethods::argsort(const SortOptions& options) const { return descent::argsort(self(), options); }
ValuesAndIndices TensorMethods::topk(std::int64_t k, const TopkOptions& options) const {
  return descent::topk(self(), k, options);
}
Tensor TensorMethods::argsort(std::int64_t dim) const { return descent::argsort(self(), dim); }
Tensor TensorMethods::argsort(std::int64_t dim, const SortOptions& options) const {
  return descent::argsort(self(), dim, options);
}
ValuesAndIndices TensorMethods::topk(std::int64_t k, std::int64_t dim) const { return descent::topk(self(), k, dim); }
ValuesAndIndices TensorMethods::topk(std::int64_t k, std::int64_t dim, const TopkOptions& options) const {
  return descent::topk(self(), k, dim, options);
}
ValuesAndIndices TensorMethods::kthvalue(std::int64_t k, std::int64_t dim, bool keepdim) const {
  return descent::kthvalue(self(), k, dim, keepdim);
}

}  // namespace descent
