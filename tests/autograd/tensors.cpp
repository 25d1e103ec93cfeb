// Making tensors, reading them, copying handles; undefined ones.
#include <cmath>
#include <limits>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(tensors)

namespace {

using namespace descent::testing;
using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

}  // namespace

BOOST_AUTO_TEST_CASE(from_literals) {
  BOOST_TEST(tensor({1.0, 2.0}).dtype() == float32);
  BOOST_TEST(tensor({1.0f, 2.0f}).dtype() == float32);
  BOOST_TEST(tensor({1, 2}).dtype() == int64);
  BOOST_TEST(tensor({true, false}).dtype() == boolean);
  BOOST_TEST(tensor(3).dim() == 0);
  BOOST_TEST(tensor(3.5).item<double>() == 3.5);
  BOOST_TEST((tensor({{1, 2, 3}, {4, 5, 6}}).shape() == Shape{2, 3}));
  BOOST_TEST((tensor({{{1}, {2}}}).shape() == Shape{1, 2, 1}));
  BOOST_TEST((tensor({{1, 2}, {3, 4}}).to_vector<std::int64_t>() == Ints{1, 2, 3, 4}));
  BOOST_TEST(tensor({1, 2}, {.dtype = float64}).dtype() == float64);
  BOOST_TEST(tensor({1, 2.5}).dtype() == float32);
  BOOST_TEST(tensor({1.0}, {.requires_grad = true}).requires_grad());
  const std::int64_t large = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST(tensor({large}).item<std::int64_t>() == large);
  require_throws<ShapeError>([] { tensor({{1, 2}, {3}}); }, "tensor: ");
  require_throws<ShapeError>([] { tensor({{1, 2}, 3}); }, "tensor: ");
}

BOOST_AUTO_TEST_CASE(from_vectors) {
  BOOST_TEST(from_vector(std::vector<double>{1, 2}).dtype() == float64);
  BOOST_TEST(from_vector(std::vector<float>{1, 2}).dtype() == float32);
  BOOST_TEST(from_vector(std::vector<int>{1, 2}).dtype() == int64);
  BOOST_TEST(from_vector(std::vector<std::uint8_t>{1, 2}).dtype() == uint8);
  BOOST_TEST(from_vector(std::vector<bool>{true, false}).dtype() == boolean);
  std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const Tensor t = from_vector(values, {2, 3});
  values[0] = 9;  // copied
  BOOST_TEST((t.to_vector<float>() == Floats{1, 2, 3, 4, 5, 6}));
  BOOST_TEST((from_vector(std::span<const float>(values).subspan(2, 2), {2}).to_vector<float>() == Floats{3, 4}));
  BOOST_TEST((from_vector(std::vector<int>{-1}).to_vector<std::int64_t>() == Ints{-1}));
  BOOST_TEST(from_vector(std::vector<double>{1}, {1}, {.dtype = float32}).dtype() == float32);
  require_throws<ShapeError>([&] { from_vector(values, {4}); }, "[4]");
  require_throws<ShapeError>([&] { from_vector(values, {-1, 3}); }, "-1");
  BOOST_TEST(from_vector(std::vector<float>{}).numel() == 0);
}

BOOST_AUTO_TEST_CASE(filled) {
  BOOST_TEST((zeros({2, 2}).to_vector<float>() == Floats{0, 0, 0, 0}));
  BOOST_TEST((ones({2}, {.dtype = int64}).to_vector<std::int64_t>() == Ints{1, 1}));
  BOOST_TEST(full({2}, 2.5).dtype() == float32);
  BOOST_TEST(full({2}, 3).dtype() == int64);
  BOOST_TEST(full({2}, true).dtype() == boolean);
  BOOST_TEST(full({2}, 3, {.dtype = float64}).to_vector<double>()[1] == 3);
  BOOST_TEST((empty({2, 3}).shape() == Shape{2, 3}));
  BOOST_TEST((zeros_like(ones({2}, {.dtype = int64})).to_vector<std::int64_t>() == Ints{0, 0}));
  BOOST_TEST(ones_like(arange(3), {.dtype = float64}).dtype() == float64);
  BOOST_TEST(full_like(arange(3), 7).to_vector<std::int64_t>()[2] == 7);
  BOOST_TEST((eye(2, 3).to_vector<float>() == Floats{1, 0, 0, 0, 1, 0}));
  BOOST_TEST((eye(2).shape() == Shape{2, 2}));
  BOOST_CHECK_THROW(ones({2}, {.dtype = int64, .requires_grad = true}), Error);
}

BOOST_AUTO_TEST_CASE(ranges) {
  BOOST_TEST((arange(3).to_vector<std::int64_t>() == Ints{0, 1, 2}));
  BOOST_TEST((arange(5, 0, -2).to_vector<std::int64_t>() == Ints{5, 3, 1}));
  BOOST_TEST(arange(0.0, 1.0, 0.25).dtype() == float32);
  BOOST_TEST((arange(0.0, 1.0, 0.25).to_vector<float>() == Floats{0, 0.25, 0.5, 0.75}));
  BOOST_TEST(arange(3, 3).numel() == 0);
  BOOST_TEST((linspace(0, 1, 5).to_vector<float>() == Floats{0, 0.25, 0.5, 0.75, 1}));
  BOOST_TEST(linspace(2, 5, 1).item<float>() == 2);
  BOOST_TEST(linspace(-3, 0.1, 7).to_vector<float>()[6] == 0.1f);  // the end exactly
  BOOST_CHECK_THROW(arange(0, 5, 0), std::exception);
  BOOST_CHECK_THROW(arange(5, 0, 1), std::exception);
  BOOST_CHECK_THROW(linspace(0, 1, -1), std::exception);
  BOOST_CHECK_THROW(arange(std::nan("")), std::exception);
}

BOOST_AUTO_TEST_CASE(reading) {
  const Tensor t = tensor({{1.5, 2.5}, {3.5, -4.5}});
  BOOST_TEST((t.to_vector<double>() == std::vector<double>{1.5, 2.5, 3.5, -4.5}));
  BOOST_TEST((t.to_vector<std::int64_t>() == Ints{1, 2, 3, -4}));
  BOOST_TEST((t.t().to_vector<float>() == Floats{1.5, 3.5, 2.5, -4.5}));
  BOOST_TEST(tensor({{7}}).item<double>() == 7);
  BOOST_TEST(t[1][0].item<float>() == 3.5f);
  require_throws<ShapeError>([&] { t.item<float>(); }, "[2, 2]");
  require_throws<ShapeError>([&] { zeros({0}).item<float>(); }, "item: ");
  require_throws<DTypeError>([&] { t.data<double>(); }, "float32");
  BOOST_TEST(t.size(-1) == 2);
  require_throws<IndexError>([&] { t.size(2); }, "size: ");
  BOOST_TEST((t.strides() == Shape{2, 1}));
  BOOST_TEST(t.is_contiguous());
  BOOST_TEST(!t.t().is_contiguous());
  BOOST_TEST(t.t().contiguous().is_contiguous());
  BOOST_TEST(t.contiguous().data<float>() == t.data<float>());
}

BOOST_AUTO_TEST_CASE(iterating_by_index) {
  const Tensor t = arange(6).reshape({2, 3});
  BOOST_TEST((t[-1].to_vector<std::int64_t>() == Ints{3, 4, 5}));
  require_throws<IndexError>([&] { t[2]; }, "2");
  require_throws<IndexError>([&] { t[0][0][0]; }, "0-dim");
}

BOOST_AUTO_TEST_CASE(conversions) {
  const Tensor t = tensor({-1.7, 0.0, 2.9});
  BOOST_TEST((t.to(int64).to_vector<std::int64_t>() == Ints{-1, 0, 2}));
  BOOST_TEST((t.to(boolean).to_vector<bool>() == std::vector<bool>{true, false, true}));
  BOOST_TEST(t.to(float32).data<float>() == t.data<float>());  // itself
  BOOST_TEST((tensor({true, false}).to(float64).to_vector<double>() == std::vector<double>{1, 0}));
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  BOOST_TEST(tensor({odd}).to(int64).item<std::int64_t>() == odd);
  BOOST_TEST(tensor({0.1}, {.dtype = float64}).to(float32).item<float>() == 0.1f);
}

BOOST_AUTO_TEST_CASE(handles_and_copies) {
  Tensor a = zeros({2}), b = a, c = a.clone();
  b.fill_(3.0);
  BOOST_TEST(a.to_vector<float>()[0] == 3);
  BOOST_TEST(c.to_vector<float>()[0] == 0);
  const Tensor moved = std::move(b);
  BOOST_TEST(!b.defined());
  b = moved;
  Tensor& alias = b;
  b = alias;  // to itself
  b = std::move(alias);
  BOOST_TEST(b.to_vector<float>()[0] == 3);
  a.set_data(ones({3}, {.dtype = float64}));
  BOOST_TEST(moved.dtype() == float64);  // every handle sees it
  BOOST_TEST((moved.shape() == Shape{3}));
}

BOOST_AUTO_TEST_CASE(undefined) {
  const Tensor none;
  BOOST_TEST(!none.defined());
  Tensor writable;
  const std::vector<std::function<void()>> uses = {
      [&] { none.shape(); },
      [&] { none.dtype(); },
      [&] { none.numel(); },
      [&] { none.item<float>(); },
      [&] { none.to_vector<float>(); },
      [&] { none.data<float>(); },
      [&] { none.to(float64); },
      [&] { none.clone(); },
      [&] { none.detach(); },
      [&] { none.contiguous(); },
      [&] { writable.copy_(ones({2})); },
      [&] { ones({2}).copy_(none); },
      [&] { none.grad(); },
      [&] { none.requires_grad(); },
      [&] { writable.requires_grad_(); },
      [&] { writable.zero_grad(); },
      [&] { none.is_leaf(); },
      [&] { none + 1.0; },
      [&] { ones({2}) + none; },
      [&] { none.sum(); },
      [&] { none[0]; },
      [&] { none.reshape({1}); },
      [&] {
        cat({ones({2}), none});
      },
      [&] { stack({none}); },
      [&] { matmul(none, none); },
      [&] { where(none, 1.0, ones({2})); },
      [&] { writable.add_(1.0); },
      [&] { writable.fill_(0); },
      [&] { ones({2}).add_(none); },
      [&] {
        linear(none, ones({2, 2}));
      },
      [&] { none.max(0); },
      [&] { none.argmax(); },
      [&] { dropout(none, 0.5); },
  };
  for (std::size_t i = 0; i < uses.size(); ++i) {
    BOOST_TEST_CONTEXT("use " << i) require_throws<Error>(uses[i], "undefined");
  }
}

BOOST_AUTO_TEST_CASE(close_and_equal) {
  const Tensor a = tensor({1.0, 2.0}), nan = tensor({1.0, std::nan("")});
  BOOST_TEST(allclose(a, a + 1e-6));
  BOOST_TEST(!allclose(a, a + 1e-3));
  BOOST_TEST(allclose(a, a + 1e-3, {.rtol = 0, .atol = 1e-2}));
  BOOST_TEST(!allclose(nan, nan));
  BOOST_TEST(allclose(nan, nan, {.equal_nan = true}));
  const Tensor inf = tensor({1.0, INFINITY});
  BOOST_TEST(allclose(inf, inf));
  BOOST_TEST(!allclose(inf, a));
  BOOST_TEST(equal(a, a.clone()));
  BOOST_TEST(!equal(a, a.to(float64)));
  BOOST_TEST(!equal(a, ones({3})));
  BOOST_TEST(!equal(nan, nan));
}

BOOST_AUTO_TEST_CASE(views_share_memory) {
  Tensor a = arange(12).reshape({3, 4});
  Tensor column = a.select(1, 2), part = a.slice(0, 1, 3).slice(1, 0, 4, 2);
  column.fill_(-1);
  BOOST_TEST((part.to_vector<std::int64_t>() == Ints{4, -1, 8, -1}));
  a.fill_(5);
  BOOST_TEST((part.to_vector<std::int64_t>() == Ints{5, 5, 5, 5}));
  BOOST_TEST((a.view({2, 6}).data<std::int64_t>() == std::as_const(a).data<std::int64_t>()));
  BOOST_TEST((a.t().reshape({12}).data<std::int64_t>() != std::as_const(a).data<std::int64_t>()));
}

BOOST_AUTO_TEST_CASE(memory_goes_back) {
  for (int i = 0; i < 3; ++i) zeros({1000, 1000});
  empty_cache();
  empty_cache();
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
