// NaN and infinities come out where PyTorch lets them out: no maximum, sort, pooling or product hides one. The values
// of single functions are compared in the tables (reference*.cpp).
#include <algorithm>
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "losses/cross_entropy.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(non_finite)

namespace {

using namespace descent::testing;

constexpr double kInf = std::numeric_limits<double>::infinity(), kNaN = std::numeric_limits<double>::quiet_NaN();
using List = std::vector<double>;

Tensor mixed(DType dtype) { return from_vector(List{1, kNaN, -kInf, kInf, 0}).to(dtype); }

void check(const char* what, const Tensor& found, const List& expected) {
  const List values = found.to_vector<double>();
  const bool same = std::equal(values.begin(), values.end(), expected.begin(), expected.end(),
                               [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); });
  BOOST_TEST(same, what << " in " << name_of(found.dtype()) << " gives " << found);
}

}  // namespace

BOOST_AUTO_TEST_CASE(reductions_and_orders) {
  for (const DType dtype : {float32, float64}) {
    const Tensor x = mixed(dtype);
    for (const Tensor& t : {sum(x), mean(x), prod(x), max(x), min(x), amax(x), amin(x), norm(x), norm(x, kInf), var(x),
                            median(x), nansum(x), logsumexp(x, {0}), kthvalue(x, 5).values, max(x, 0).values,
                            min(x, 0).values, matmul(zeros({5}, {.dtype = dtype}), x)})
      check("a reduction", t, {kNaN});
    check("nanmedian", nanmedian(x), {0});
    check("argmax", argmax(x), {1});
    check("argmin", argmin(x), {1});
    check("max's place", max(x, 0).indices, {1});
    check("any", any(x), {1});
    check("sort", sort(x).values, {-kInf, 0, 1, kInf, kNaN});
    check("sort downwards", sort(x, {.descending = true}).values, {kNaN, kInf, 1, 0, -kInf});
    check("argsort", argsort(x), {2, 4, 0, 3, 1});
    check("topk", topk(x, 2).values, {kNaN, kInf});
    check("cumsum", cumsum(x, 0), {1, kNaN, kNaN, kNaN, kNaN});
    check("cumprod", cumprod(x, 0), {1, kNaN, kNaN, kNaN, kNaN});
    check("cummax", cummax(x, 0).values, {1, kNaN, kNaN, kNaN, kNaN});
    check("softmax", softmax(x, 0), List(5, kNaN));
    check("x == x", x == x, {1, 0, 1, 1, 1});
    check("x·0", x * 0.0, {0, kNaN, kNaN, kNaN, 0});
    check("x⁰", pow(x, 0), List(5, 1));
    check("tril", tril(full({2, 2}, kNaN, {.dtype = dtype})), {kNaN, 0, kNaN, kNaN});
    // Rows long enough for every loop of the kernels, the NaN in each place.
    for (const std::int64_t n : {7, 40, 2100}) {
      for (const std::int64_t at : {std::int64_t{0}, n / 2, n - 1}) {
        Tensor row = ones({2, n}, {.dtype = dtype});
        row.select(0, 1).select(0, at).fill_(kNaN);
        for (const Tensor& t : {max(row, 1).values, min(row, 1).values, sum(row, {1}), amax(row, {1}), prod(row, 1),
                                logsumexp(row, {1}), median(row, 1).values}) {
          BOOST_TEST(std::isnan(t.to_vector<double>()[1]), "n " << n << ", NaN at " << at << ": " << t);
          BOOST_TEST(!std::isnan(t.to_vector<double>()[0]));
        }
        BOOST_TEST(argmax(row, 1).to_vector<std::int64_t>()[1] == at);
      }
    }
  }
}

// 0·NaN and 0·∞ are NaN: no product skips a zero.
BOOST_AUTO_TEST_CASE(products_with_zero) {
  for (const DType dtype : {float32, float64}) {
    for (const double bad : {kNaN, kInf, -kInf}) {
      for (const std::int64_t n : {1, 3, 8, 33, 130}) {
        const Tensor zero = zeros({n, n}, {.dtype = dtype});
        Tensor b = ones({n, n}, {.dtype = dtype});
        b.select(0, n / 2).select(0, n - 1).fill_(bad);
        const auto column = [&](const Tensor& t) { return t.select(-1, n - 1).isnan().all().item<bool>(); };
        BOOST_TEST(column(matmul(zero, b)), "matmul " << n);
        BOOST_TEST(column(matmul(b.t(), zero).t()), "matmul, transposed " << n);
        BOOST_TEST(column(linear(zero, b.t().contiguous())), "linear " << n);
        BOOST_TEST(column(bmm(zero.unsqueeze(0).expand({2, n, n}), b.unsqueeze(0).expand({2, n, n}))), "bmm " << n);
        BOOST_TEST(column(einsum("ij,jk->ik", {zero, b})), "einsum " << n);
        BOOST_TEST(matmul(zero, b).isnan().sum().item<std::int64_t>() == n);
      }
      Tensor image = ones({1, 1, 5, 5}, {.dtype = dtype});
      image.reshape({25}).select(0, 12).fill_(bad);
      const Tensor y = conv2d(image, zeros({1, 1, 3, 3}, {.dtype = dtype}));
      BOOST_TEST(y.isnan().all().item<bool>());
    }
  }
}

BOOST_AUTO_TEST_CASE(windows_norms_and_losses) {
  for (const DType dtype : {float32, float64}) {
    const Tensor x = mixed(dtype), row = x.reshape({1, 1, 5});
    check("max_pool1d", max_pool1d(row, 2, {.stride = 1}), {kNaN, kNaN, kInf, kInf});
    check("avg_pool1d", avg_pool1d(row, 2, {.stride = 1}), {kNaN, kNaN, kNaN, kInf});
    check("conv1d", conv1d(row, zeros({1, 1, 2}, {.dtype = dtype})), List(4, kNaN));
    check("layer_norm", layer_norm(x, {5}), List(5, kNaN));
    check("batch_norm", batch_norm(x.reshape({5, 1}), {}, {}, {}, {}, {.training = true}), List(5, kNaN));
    check("cross_entropy", losses::cross_entropy(x.reshape({1, 5}), tensor({0})), {kNaN});
    check("clamp", clamp(x, -1, 1), {1, kNaN, -1, 1, 0});
    check("maximum", maximum(x, zeros({5}, {.dtype = dtype})), {1, kNaN, 0, kInf, 0});
    check("minimum", minimum(zeros({5}, {.dtype = dtype}), x), {0, kNaN, -kInf, 0, 0});
    check("relu", relu(x), {1, kNaN, 0, kInf, 0});
  }
}

// A distance whose squares overflow or vanish is finite all the same.
BOOST_AUTO_TEST_CASE(distances_of_large_and_small) {
  for (const double size : {3e-200, 3e200}) {
    const Tensor a = tensor({{size, 0.0}}, {.dtype = float64}), b = tensor({{0.0, size / 3 * 4}}, {.dtype = float64});
    const double found = cdist(a, b).item<double>();
    BOOST_TEST(std::abs(found / (size / 3 * 5) - 1) < 1e-15, found);
  }
}

BOOST_AUTO_TEST_CASE(bounds_and_matrices) {
  const Tensor x = mixed(float64);
  check("clamp from NaN on", clamp(x, kNaN, 1.0), List(5, kNaN));
  check("clamp up to NaN", clamp(arange(5), std::nullopt, kNaN), List(5, kNaN));
  // What is not read may be anything.
  const Tensor half = tensor({{1.0, kNaN}, {0.0, 2.0}}, {.dtype = float64});
  check("eigvalsh", eigvalsh(half), {1, 2});
  check("eigh", eigh(half.t(), {.UPLO = "U"}).eigenvalues, {1, 2});
  require_throws<Error>([&] { eigvalsh(half.t()); }, "NaN");
  // NaN in every order, though its factors do not exist.
  const Tensor m = half.clone().requires_grad_();
  const Tensor slope = autograd::grad({det(m)}, {m}, {.create_graph = true})[0];
  check("det's gradient", slope, List(4, kNaN));
  check("det's second order", autograd::grad({slope.sum()}, {m})[0], List(4, kNaN));
}

BOOST_AUTO_TEST_CASE(gradients) {
  const auto gradient = [](const std::function<Tensor(const Tensor&)>& f) {
    const Tensor x = mixed(float64).requires_grad_();
    f(x).sum().backward();
    return x.grad();
  };
  const Tensor zero = zeros({5}, {.dtype = float64});
  // What is not chosen gets 0, whatever it holds; a formula that multiplies 0 by it gives NaN.
  check("where", gradient([&](const Tensor& x) { return where(x > 0.0, x, zero); }), {1, 0, 0, 1, 0});
  check("where of x²", gradient([&](const Tensor& x) { return where(x > 0.0, x * x, zero); }),
        {2, kNaN, kNaN, kInf, 0});
  check("masked_fill", gradient([](const Tensor& x) { return x.masked_fill(x.isnan(), 0); }), {1, 0, 1, 1, 1});
  check("max", gradient([](const Tensor& x) { return x.max(0).values; }), {0, 1, 0, 0, 0});
  check("cumsum", gradient([](const Tensor& x) { return x.cumsum(0); }), {5, 4, 3, 2, 1});
  check("sort", gradient([](const Tensor& x) { return x.sort().values * arange(5.0, {.dtype = float64}); }),
        {2, 4, 0, 3, 1});
  check("x·0", gradient([](const Tensor& x) { return x * 0.0; }), List(5, 0));
  check("softmax", gradient([](const Tensor& x) { return x.softmax(0); }), List(5, kNaN));
  check("abs", gradient([](const Tensor& x) { return x.abs(); }), {1, 0, -1, 1, 0});
  check("amax", gradient([](const Tensor& x) { return x.amax(); }), List(5, kNaN));
  check("logsumexp", gradient([](const Tensor& x) { return x.logsumexp({0}); }), List(5, kNaN));
  check("relu", gradient([](const Tensor& x) { return relu(x); }), {1, 1, 0, 1, 0});
  // A gradient that is NaN or infinite is handed on and added as it is.
  const Tensor x = mixed(float64).requires_grad_();
  (x * 1.0).backward(from_vector(List{kInf, 1, kNaN, -kInf, 2}));
  check("passed on", x.grad(), {kInf, 1, kNaN, -kInf, 2});
  (x * 1.0).backward(from_vector(List{-kInf, 1, 1, -kInf, kNaN}));
  check("added", x.grad(), {kNaN, 2, kNaN, -kInf, kNaN});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
