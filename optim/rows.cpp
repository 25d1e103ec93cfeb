#include "rows-inl.h"

#include <array>
#include <cmath>

namespace descent::optim::detail {
namespace {

template <class T>
struct Square {
  static constexpr int kSums = 1;
  std::array<T, 1> measure(T x, T) const { return {x}; }
};

template <class T>
struct Times {
  T factor;
  void operator()(T& x, T) const { x = factor == 0 ? T(0) : factor * x; }
};

}  // namespace

template <class T>
void shrink(T* x, std::int64_t n, double threshold) {
  double squares;
  kernels::measure(Square<T>{}, n, static_cast<const T*>(x), static_cast<const T*>(x), &squares);
  const double norm = std::sqrt(squares);
  const T factor = norm <= threshold ? T(0) : T(1 - threshold / norm);
  kernels::update(Times<T>{factor}, n, x, static_cast<const T*>(x));  // the rule ignores the second
}

template void shrink(float*, std::int64_t, double);
template void shrink(double*, std::int64_t, double);

}  // namespace descent::optim::detail
