// Medians, with and without NaN.
#include "../../kernels/median.h"

#include <limits>

#include "reduce-inl.h"
#include "statistics-inl.h"

namespace descent {
namespace autograd {
namespace {

template <bool kSkipNaN>
struct Median {  // of all elements; those that reach it share the gradient
  static constexpr const char* name = kSkipNaN ? "nanmedian" : "median";
  static constexpr Uses uses = {input(0) | output()};
  Tensor forward(const Tensor& a) const {
    if (a.numel() == 0) return full({}, std::numeric_limits<double>::quiet_NaN(), {.dtype = a.dtype()});
    const Tensor x = a.contiguous(), scratch = x.clone();
    Tensor out = make_tensor({}, a.dtype());
    kernels::median(a.dtype(), 1, a.numel(), kSkipNaN, data_of<char>(x), data_of<char>(scratch), data_of<char>(out),
                    nullptr);
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Tensor a = s.in(0);
    const std::uint32_t mask = dim_mask(name, a, {});
    return share_among(reaches(a, s.out()), with_reduced_dims(g, a.shape(), mask), mask);
  }
};

template <bool kSkipNaN>
struct MedianDim {  // the element found gets the gradient
  static constexpr const char* name = kSkipNaN ? "nanmedian.dim" : "median.dim";
  static constexpr Uses uses = {output(1)};
  int dim;
  bool keepdim;
  ValuesAndIndices forward(const Tensor& a) const {
    const Tensor x = (a.dim() == 0 ? a : a.transpose(dim, -1)).contiguous(), scratch = x.clone();
    const std::int64_t n = a.dim() == 0 ? 1 : x.size(-1);
    Shape kept = x.shape();
    if (a.dim() > 0) kept[kept.size() - 1] = 1;
    Tensor values = make_tensor(kept, a.dtype()), index = make_tensor(kept, int64);
    if (values.numel() > 0) {
      kernels::median(a.dtype(), values.numel(), n, kSkipNaN, data_of<char>(x), data_of<char>(scratch),
                      data_of<char>(values), data_of<std::int64_t>(index));
    }
    const Shape shape = reduced_shape(a.shape(), a.dim() == 0 ? 0 : std::uint32_t{1} << dim, keepdim);
    const auto shaped = [&](const Tensor& t) {
      return (a.dim() == 0 ? t : t.transpose(dim, -1)).clone().reshape(shape);
    };
    return {shaped(values), shaped(index)};
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const { return at_choice(s.shape(0), dim, keepdim, s.out(1), g); }
};

template <bool kSkipNaN>
Tensor run_median(const Tensor& a) {
  constexpr const char* op = Median<kSkipNaN>::name;
  a.checked(op);
  no_booleans(op, a.dtype(), "convert with .to(uint8)");
  if (!a.is_floating_point()) not_empty(op, a);
  return apply(Median<kSkipNaN>{}, a);
}

template <bool kSkipNaN>
ValuesAndIndices run_median(const Tensor& a, std::int64_t dim, bool keepdim) {
  constexpr const char* op = Median<kSkipNaN>::name;
  const int d = not_empty_dim(op, a, dim);
  no_booleans(op, a.dtype(), "convert with .to(uint8)");
  return apply(MedianDim<kSkipNaN>{d, keepdim}, a);
}

}  // namespace

OpList median_ops() { return list_of<Median<false>, Median<true>, MedianDim<false>, MedianDim<true>>(); }

}  // namespace autograd

using namespace autograd;

Tensor median(const Tensor& a) { return run_median<false>(a); }
Tensor nanmedian(const Tensor& a) { return run_median<true>(a); }
ValuesAndIndices median(const Tensor& a, std::int64_t dim, bool keepdim) { return run_median<false>(a, dim, keepdim); }
ValuesAndIndices nanmedian(const Tensor& a, std::int64_t dim, bool keepdim) {
  return run_median<true>(a, dim, keepdim);
}

Tensor TensorMethods::median() const { return descent::median(self()); }
ValuesAndIndices TensorMethods::median(std::int64_t dim, bool keepdim) const {
  return descent::median(self(), dim, keepdim);
}

}  // namespace descent
