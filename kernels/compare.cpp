#include <cstdint>
#include <type_traits>
#include <utility>

#include "elementwise.h"
#include "parallel.h"
#include "strided.h"

namespace descent::kernels {
namespace {

// A boolean is one byte holding 0 or 1.
template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

// One byte an element; bit 0 or 1 of `scalars` says that a or b is one element.
using CompareRow = void (*)(void* out, const void* a, const void* b, std::int64_t n, unsigned scalars);

template <class T, class F>
void compare_row(void* out, const void* pa, const void* pb, std::int64_t n, unsigned scalars) {
  auto* y = static_cast<std::uint8_t*>(out);
  const T* a = static_cast<const T*>(pa);
  const T* b = static_cast<const T*>(pb);
  const F f;
  if (scalars == 0) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[i], b[i]);
  } else if (scalars == 1) {
    const T x = *a;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(x, b[i]);
  } else {
    const T x = *b;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(a[i], x);
  }
}

struct Equal {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b;
  }
};
struct Less {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

// a > b is b < a: four functions are enough.
template <class T>
constexpr CompareRow kRows[] = {compare_row<T, Equal>, compare_row<T, NotEqual>, compare_row<T, Less>,
                                compare_row<T, LessEqual>};

template <class T>
void where_row(char* const* p, std::int64_t n, unsigned scalars) {
  T* y = reinterpret_cast<T*>(p[0]);
  const auto* c = reinterpret_cast<const std::uint8_t*>(p[1]);
  const T* a = reinterpret_cast<const T*>(p[2]);
  const T* b = reinterpret_cast<const T*>(p[3]);
  // Both values are read before the choice, so that the loop needs no branch.
  const auto run = [=](auto&& at_a, auto&& at_b) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T x = at_a(i), z = at_b(i);
      y[i] = c[i] ? x : z;
    }
  };
  const auto each_a = [a](std::int64_t i) { return a[i]; };
  const auto each_b = [b](std::int64_t i) { return b[i]; };
  const auto one_a = [x = *a](std::int64_t) { return x; };
  const auto one_b = [x = *b](std::int64_t) { return x; };
  switch (scalars >> 1) {
    case 0:
      return run(each_a, each_b);
    case 1:
      return run(one_a, each_b);
    case 2:
      return run(each_a, one_b);
    default:
      return run(one_a, one_b);
  }
}

template <class T>
void clamp_row(void* out, const void* in, std::int64_t n, T lo, T hi) {
  T* y = static_cast<T*>(out);
  const T* x = static_cast<const T*>(in);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const T v = x[i] < lo ? lo : x[i];
    y[i] = v > hi ? hi : v;
  }
}

}  // namespace

void compare(Compare op, View out, View a, View b) {
  if (out.numel == 0) return;
  if (op >= Compare::Greater) {
    std::swap(a, b);
    op = op == Compare::Greater ? Compare::Less : Compare::LessEqual;
  }
  const CompareRow row =
      dispatch(a.dtype, [op]<class T>() -> CompareRow { return kRows<Stored<T>>[static_cast<int>(op)]; });
  if (out.contiguous && a.contiguous && b.contiguous) {
    const auto size = static_cast<std::int64_t>(size_of(a.dtype));
    char* y = out.as<char>();
    const char *pa = a.as<char>(), *pb = b.as<char>();
    return parallel_for(out.numel, kGrain, [=](std::int64_t begin, std::int64_t end) {
      row(y + begin, pa + begin * size, pb + begin * size, end - begin, 0);
    });
  }
  strided_rows<3>(StridedLoop<3>({&out, &a, &b}), kGrain,
                  [row](char* const* p, std::int64_t n, unsigned scalars) { row(p[0], p[1], p[2], n, scalars); });
}

void where(View out, View condition, View a, View b) {
  if (out.numel == 0) return;
  dispatch(out.dtype, [&]<class Value>() {
    using T = Stored<Value>;
    if (out.contiguous && condition.contiguous && a.contiguous && b.contiguous) {
      constexpr auto size = static_cast<std::int64_t>(sizeof(T));
      return parallel_for(out.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
        char* const p[] = {out.as<char>() + begin * size, condition.as<char>() + begin, a.as<char>() + begin * size,
                           b.as<char>() + begin * size};
        where_row<T>(p, end - begin, 0);
      });
    }
    strided_rows<6>(StridedLoop<4>({&out, &condition, &a, &b}), kGrain, where_row<T>);
  });
}

void clamp(View out, View in, const void* lo, const void* hi) {
  if (out.numel == 0) return;
  dispatch(out.dtype, [&]<class Value>() {
    using T = Stored<Value>;
    const T low = *static_cast<const T*>(lo), high = *static_cast<const T*>(hi);
    if (out.contiguous && in.contiguous) {
      return parallel_for(out.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
        clamp_row<T>(out.as<T>() + begin, in.as<T>() + begin, end - begin, low, high);
      });
    }
    strided_rows<0>(StridedLoop<2>({&out, &in}), kGrain,
                    [=](char* const* p, std::int64_t n, unsigned) { clamp_row<T>(p[0], p[1], n, low, high); });
  });
}

}  // namespace descent::kernels
