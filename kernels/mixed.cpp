#include "mixed.h"

#include <cstdint>
#include <type_traits>

#include "dtype.h"
#include "parallel.h"
#include "strided.h"

namespace descent::kernels {
namespace {

struct LerpOf {
  template <class T>
  T operator()(T a, T b, T c, T) const {
    const T difference = b - a;
    return c < T(0.5) && c > T(-0.5) ? a + c * difference : b - difference * (1 - c);
  }
};
struct AddcmulOf {
  template <class T>
  T operator()(T a, T b, T c, T value) const {
    return static_cast<T>(a + static_cast<T>(value * b) * c);
  }
};
struct AddcdivOf {
  template <class T>
  T operator()(T a, T b, T c, T value) const {
    return a + value * b / c;
  }
};

template <class T, class F>
void run(F f, const View& out, const View& a, const View& b, const View& c, T value) {
  constexpr unsigned kLast = 1u << 2;  // c may be one element: the weight of lerp
  strided_rows<kLast>(StridedLoop<4>({&out, &a, &b, &c}), kGrain, [=](char* const* p, std::int64_t n, unsigned one) {
    T* y = reinterpret_cast<T*>(p[0]);
    const T* x0 = reinterpret_cast<const T*>(p[1]);
    const T* x1 = reinterpret_cast<const T*>(p[2]);
    const T* x2 = reinterpret_cast<const T*>(p[3]);
    if (one != 0) {
      const T last = *x2;
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) y[i] = f(x0[i], x1[i], last, value);
    } else {
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i) y[i] = f(x0[i], x1[i], x2[i], value);
    }
  });
}

template <class T>
void real(Mixed op, const View& out, const View& a, const View& b, const View& c, double value) {
  const T v = static_cast<T>(value);
  if (op == Mixed::Lerp) return run<T>(LerpOf{}, out, a, b, c, v);
  if (op == Mixed::Addcdiv) return run<T>(AddcdivOf{}, out, a, b, c, v);
  run<T>(AddcmulOf{}, out, a, b, c, v);
}

}  // namespace

void mixed(Mixed op, View out, View a, View b, View c, double value) {
  if (out.numel == 0) return;
  switch (out.dtype) {
    case DType::Float32:
      return real<float>(op, out, a, b, c, value);
    case DType::Float64:
      return real<double>(op, out, a, b, c, value);
    case DType::Int64:
      return run<std::uint64_t>(AddcmulOf{}, out, a, b, c,
                                static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
    default:
      return run<std::uint8_t>(AddcmulOf{}, out, a, b, c, static_cast<std::uint8_t>(static_cast<std::int64_t>(value)));
  }
}

}  // namespace descent::kernels
