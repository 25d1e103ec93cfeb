// Row-major arrays of dual numbers and what is needed to write array functions down by their definitions.
#pragma once

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "autograd/shape.h"
#include "dual.h"

namespace descent::testing {

template <class S>
struct Array {
  Shape shape;
  std::vector<S> data = {};
};
template <class S>
using Arrays = std::vector<Array<S>>;

inline std::size_t count_of(const Shape& shape) {
  std::size_t n = 1;
  for (const std::int64_t size : shape) n *= static_cast<std::size_t>(size);
  return n;
}

/// f(index) for every index, in row-major order.
template <class F>
void each_index(const Shape& shape, F f) {
  Shape index = shape;
  std::fill(index.begin(), index.end(), 0);
  for (std::size_t left = count_of(shape); left > 0; --left) {
    f(std::as_const(index));
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

/// The element at an index, which may have more dims than the array: broadcasting reads.
inline std::size_t position(const Shape& shape, const Shape& index) {
  const std::size_t skip = index.size() - shape.size();
  std::size_t at = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    at = at * static_cast<std::size_t>(shape[d]) + static_cast<std::size_t>(shape[d] == 1 ? 0 : index[d + skip]);
  }
  return at;
}
template <class S>
const S& at(const Array<S>& a, const Shape& index) {
  return a.data[position(a.shape, index)];
}

/// The array whose element at an index is f(index).
template <class S, class F>
Array<S> build(const Shape& shape, F f) {
  Array<S> out{shape};
  out.data.reserve(count_of(shape));
  each_index(shape, [&](const Shape& index) { out.data.push_back(f(index)); });
  return out;
}

/// What two shapes broadcast to; false when they do not.
inline bool broadcasts(const Shape& a, const Shape& b, Shape& out) {
  out = a.size() >= b.size() ? a : b;
  const Shape& other = a.size() >= b.size() ? b : a;
  const std::size_t skip = out.size() - other.size();
  for (std::size_t d = 0; d < other.size(); ++d) {
    std::int64_t& size = out[d + skip];
    if (size == other[d] || other[d] == 1) continue;
    if (size != 1) return false;
    size = other[d];
  }
  return true;
}

/// f of each element.
template <class S, class F>
Array<S> map(const Array<S>& a, F f) {
  Array<S> out{a.shape};
  out.data.reserve(a.data.size());
  for (const S& x : a.data) out.data.push_back(f(x));
  return out;
}
/// f(x, y) of two that broadcast.
template <class S, class F>
Array<S> zip(const Array<S>& a, const Array<S>& b, F f) {
  Shape shape;
  broadcasts(a.shape, b.shape, shape);
  return build<S>(shape, [&](const Shape& i) { return f(at(a, i), at(b, i)); });
}
/// f(x, y, z) of three.
template <class S, class F>
Array<S> zip(const Array<S>& a, const Array<S>& b, const Array<S>& c, F f) {
  Shape two, shape;
  broadcasts(a.shape, b.shape, two);
  broadcasts(two, c.shape, shape);
  return build<S>(shape, [&](const Shape& i) { return f(at(a, i), at(b, i), at(c, i)); });
}

/// f(vector) -> vector for every vector along a dim; all results have one length.
template <class S, class F>
Array<S> along(const Array<S>& a, int dim, F f) {
  const auto d = static_cast<std::size_t>(dim);
  const auto n = static_cast<std::size_t>(a.shape[d]);
  std::size_t inner = 1, outer = 1;
  for (std::size_t k = 0; k < d; ++k) outer *= static_cast<std::size_t>(a.shape[k]);
  for (std::size_t k = d + 1; k < a.shape.size(); ++k) inner *= static_cast<std::size_t>(a.shape[k]);
  std::vector<S> line(n);
  const std::size_t length = f(line).size();
  Array<S> out{a.shape};
  out.shape[d] = static_cast<std::int64_t>(length);
  out.data.resize(outer * length * inner);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t i = 0; i < inner; ++i) {
      for (std::size_t k = 0; k < n; ++k) line[k] = a.data[(o * n + k) * inner + i];
      const std::vector<S> result = f(line);
      for (std::size_t k = 0; k < length; ++k) out.data[(o * length + k) * inner + i] = result[k];
    }
  }
  return out;
}

inline bool contains(const Shape& dims, std::size_t d) {
  return dims.empty() || std::find(dims.begin(), dims.end(), static_cast<std::int64_t>(d)) != dims.end();
}
/// f(vector) -> number over the given dims together (all without any), in row-major order.
template <class S, class F>
Array<S> reduce(const Array<S>& a, const Shape& dims, bool keepdim, F f) {
  Shape kept = a.shape, shape;
  for (std::size_t d = 0; d < kept.size(); ++d) {
    if (contains(dims, d)) kept[d] = 1;
    if (keepdim || !contains(dims, d)) shape.push_back(kept[d]);
  }
  std::vector<std::vector<S>> groups(count_of(kept));
  each_index(a.shape, [&](const Shape& i) { groups[position(kept, i)].push_back(at(a, i)); });
  Array<S> out{shape};
  for (const std::vector<S>& group : groups) out.data.push_back(f(group));
  return out;
}

template <class S>
Array<S> reshaped(const Array<S>& a, const Shape& shape) {
  return {shape, a.data};
}
template <class S>
Array<S> permuted(const Array<S>& a, const Shape& dims) {
  Shape shape = dims, source = dims;
  for (std::size_t d = 0; d < dims.size(); ++d) shape[d] = a.shape[static_cast<std::size_t>(dims[d])];
  return build<S>(shape, [&](const Shape& i) {
    for (std::size_t d = 0; d < dims.size(); ++d) source[static_cast<std::size_t>(dims[d])] = i[d];
    return at(a, source);
  });
}
/// Those at the given positions along a dim.
template <class S>
Array<S> picked(const Array<S>& a, int dim, const std::vector<std::int64_t>& positions) {
  return along(a, dim, [&](const std::vector<S>& line) {
    std::vector<S> out;
    for (const std::int64_t p : positions) out.push_back(line[static_cast<std::size_t>(p)]);
    return out;
  });
}
template <class S>
Array<S> joined(const Arrays<S>& parts, int dim) {
  Array<S> out = parts[0];
  const auto d = static_cast<std::size_t>(dim);
  out.shape[d] = 0;
  for (const Array<S>& part : parts) out.shape[d] += part.shape[d];
  return build<S>(out.shape, [&](Shape i) {
    std::size_t k = 0;
    for (; i[d] >= parts[k].shape[d]; ++k) i[d] -= parts[k].shape[d];
    return parts[k].data[position(parts[k].shape, i)];
  });
}

/// Matrix product of operands with at least two dims; leading dims broadcast.
template <class S>
Array<S> product(const Array<S>& a, const Array<S>& b) {
  const std::size_t da = a.shape.size(), db = b.shape.size();
  const Shape front_a(a.shape.data(), da - 2), front_b(b.shape.data(), db - 2);
  Shape shape;
  broadcasts(front_a, front_b, shape);
  const std::size_t batch = shape.size();
  shape.push_back(a.shape[da - 2]);
  shape.push_back(b.shape[db - 1]);
  return build<S>(shape, [&](const Shape& i) {
    Shape left = i, right = i;
    S sum;
    for (std::int64_t k = 0; k < a.shape[da - 1]; ++k) {
      left[batch + 1] = right[batch] = k;
      sum = sum + at(a, left) * at(b, right);
    }
    return sum;
  });
}

/// Off the tape: the values, without derivatives.
template <class S>
Array<S> constant(const Array<S>& a) {
  return map(a, [](const S& x) { return S(value_of(x)); });
}

template <class S>
S sum_of(const std::vector<S>& line) {
  S sum;
  for (const S& x : line) sum = sum + x;
  return sum;
}
template <class S>
S largest_of(const std::vector<S>& line) {
  return *std::max_element(line.begin(), line.end(), [](const S& x, const S& y) { return value_of(x) < value_of(y); });
}
/// log Σ eˣ
template <class S>
S log_sum_exp(const std::vector<S>& line) {
  const double shift = value_of(largest_of(line));
  S sum;
  for (const S& x : line) sum = sum + exp(x - shift);
  return log(sum) + shift;
}
/// Order that sorts a vector, ascending.
template <class S>
std::vector<std::int64_t> order_of(const std::vector<S>& line) {
  std::vector<std::int64_t> order(line.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    return value_of(line[static_cast<std::size_t>(i)]) < value_of(line[static_cast<std::size_t>(j)]);
  });
  return order;
}

}  // namespace descent::testing
