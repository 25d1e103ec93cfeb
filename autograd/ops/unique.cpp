// Different elements or slices: sorted, then neighbours are compared.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "elementwise-inl.h"
#include "sorting.h"

namespace descent {

using namespace autograd;

namespace {

/// NaN is largest, as in sort.
template <class T>
int three_way(T a, T b) {
  if (a < b) return -1;
  if (b < a) return 1;
  return a == b ? 0 : int(a != a) - int(b != b);
}

/// Rows of a in order of their first element that differs.
Tensor sorted_rows(const Tensor& a) {
  const std::int64_t n = a.size(0), m = a.size(1);
  Tensor order = arange(n);
  kernels::dispatch(a.dtype(), [&]<class T>() {
    const T* x = data_of<T>(a);
    std::int64_t* at = data_of<std::int64_t>(order);
    std::stable_sort(at, at + n, [&](std::int64_t i, std::int64_t j) {
      for (std::int64_t k = 0; k < m; ++k)
        if (const int c = three_way(x[i * m + k], x[j * m + k]); c != 0) return c < 0;
      return false;
    });
  });
  return order;
}

/// Rows of a [n, m] in the given order; runs of equal ones become one.
UniqueResult runs(const Tensor& a, const Tensor& order, bool inverse, bool counts, std::vector<std::int64_t>& firsts) {
  const std::int64_t n = a.size(0), m = a.size(1);
  const std::int64_t* at = data_of<std::int64_t>(order);
  UniqueResult result;
  result.inverse_indices = inverse ? make_tensor({n}, int64) : Tensor();
  std::int64_t* places = inverse ? data_of<std::int64_t>(result.inverse_indices) : nullptr;
  std::vector<std::int64_t> lengths;
  kernels::dispatch(a.dtype(), [&]<class T>() {
    const T* x = data_of<T>(a);
    for (std::int64_t i = 0; i < n; ++i) {
      if (i == 0 || !std::equal(x + at[i] * m, x + (at[i] + 1) * m, x + at[i - 1] * m)) {
        firsts.push_back(at[i]);
        lengths.push_back(0);
      }
      ++lengths.back();
      if (places) places[at[i]] = static_cast<std::int64_t>(firsts.size()) - 1;
    }
  });
  if (counts) result.counts = from_vector(lengths);
  return result;
}

UniqueResult run_unique(const char* op, const Tensor& input, bool sorted, bool inverse, bool counts,
                        const std::optional<std::int64_t>& along) {
  input.checked(op);
  const Tensor a = input.detach();
  const int dim = along ? wrap_dim(*along, a.dim(), op) : 0;
  const bool slices = along && a.dim() > 0;
  Tensor rows;
  if (slices) {
    const std::int64_t n = a.size(dim);
    if (a.numel() == 0 && n != 0) {
      fail<ShapeError>(op, "the slices along dim {} of shape {} are empty", dim, a.shape());
    }
    rows = a.transpose(0, dim).contiguous().reshape({n, n == 0 ? 0 : a.numel() / n});
  } else {
    rows = a.contiguous().reshape({a.numel(), 1});
  }
  Tensor order;
  if (!sorted)
    order = arange(rows.size(0));
  else if (slices)
    order = sorted_rows(rows);
  else
    order = argsort(rows, 0).reshape({rows.size(0)});
  std::vector<std::int64_t> firsts;
  UniqueResult result = runs(rows, order, inverse, counts, firsts);
  result.output = index_select(slices ? a : rows.reshape({a.numel()}), slices ? dim : 0, from_vector(firsts));
  if (inverse && !slices) result.inverse_indices = result.inverse_indices.reshape(a.shape());
  return result;
}

}  // namespace

UniqueResult unique(const Tensor& a, const UniqueOptions& options) {
  return run_unique("unique", a, true, options.return_inverse, options.return_counts, options.dim);
}

UniqueResult unique_consecutive(const Tensor& a, const UniqueConsecutiveOptions& options) {
  return run_unique("unique_consecutive", a, false, options.return_inverse, options.return_counts, options.dim);
}

}  // namespace descent
