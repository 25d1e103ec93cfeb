// Tensors without elements, without dims, and leaves that do not lie in row-major order: through whole graphs, not op
// by op (tests/autograd/ops walks those).
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "losses/cross_entropy.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(empty_and_odd)

namespace {

using namespace descent::testing;

constexpr double kInf = std::numeric_limits<double>::infinity();

Tensor leaf(const Shape& shape, std::uint64_t seed = 1) { return random_tensor(shape, seed, {.requires_grad = true}); }
Tensor nothing(const Shape& shape) { return zeros(shape, {.dtype = float64, .requires_grad = true}); }
std::vector<double> values(const Tensor& t) { return t.to_vector<double>(); }
bool all_nan(const Tensor& t) { return t.isnan().all().item<bool>(); }
using List = std::vector<double>;

/// A gradient is there, has the tensor's shape, and is 0 everywhere.
void check_zero_gradient(const Tensor& t) {
  BOOST_TEST_REQUIRE(t.grad().defined());
  BOOST_TEST((t.grad().shape() == t.shape()));
  BOOST_TEST((values(t.grad()) == List(static_cast<std::size_t>(t.numel()))));
}

}  // namespace

// PyTorch's values; what has none throws.
BOOST_AUTO_TEST_CASE(reductions_over_nothing) {
  const Tensor e = zeros({0, 3}, {.dtype = float64});
  BOOST_TEST(sum(e).item<double>() == 0);
  BOOST_TEST(nansum(e).item<double>() == 0);
  BOOST_TEST(prod(e).item<double>() == 1);
  BOOST_TEST(norm(e).item<double>() == 0);
  BOOST_TEST(all(e).item<bool>());
  BOOST_TEST(!any(e).item<bool>());
  for (const Tensor& t : {mean(e), var(e), std(e), median(e), nanmedian(e), nanmean(e)}) BOOST_TEST(all_nan(t));
  BOOST_TEST((values(sum(e, {0})) == List(3, 0)));
  BOOST_TEST((values(prod(e, 0)) == List(3, 1)));
  BOOST_TEST((values(logsumexp(e, {0})) == List(3, -kInf)));
  BOOST_TEST((values(norm(e, 2, {0})) == List(3, 0)));
  BOOST_TEST((values(count_nonzero(e, {0})) == List(3, 0)));
  BOOST_TEST((values(all(e, {0})) == List(3, 1)));
  BOOST_TEST((values(any(e, {0})) == List(3, 0)));
  for (const Tensor& t : {mean(e, {0}), var(e, Shape{0})}) {
    BOOST_TEST((t.shape() == Shape{3}));
    BOOST_TEST(all_nan(t));
  }
  for (const Tensor& t : {max(e, 1).values, argmax(e, 1), amax(e, {1}), logsumexp(e, {1}), median(e, 1).values,
                          kthvalue(e, 2, 1).values, std(e, Shape{1})})
    BOOST_TEST((t.shape() == Shape{0}));
  BOOST_CHECK_THROW(max(e), Error);
  BOOST_CHECK_THROW(min(e), Error);
  BOOST_CHECK_THROW(amax(e), Error);
  BOOST_CHECK_THROW(argmax(e), Error);
  BOOST_CHECK_THROW(norm(e, kInf), Error);
  BOOST_CHECK_THROW(max(e, 0), Error);
  BOOST_CHECK_THROW(argmin(e, 0), Error);
  BOOST_CHECK_THROW(median(e, 0), Error);
  BOOST_CHECK_THROW(kthvalue(e, 1, 0), std::exception);
}

BOOST_AUTO_TEST_CASE(other_ops_on_nothing) {
  const Tensor e = zeros({0, 3}, {.dtype = float64}), square = zeros({0, 0}, {.dtype = float64});
  for (const Tensor& t : {cumsum(e, 0), softmax(e, 0), softmax(e, 1), sort(e, 0).values, cummax(e, 0).values,
                          topk(e, 0, 0).values, flip(e, {0, 1}), roll(e, {2}, {0}), e.clone(), e * 2.0})
    BOOST_TEST((t.shape() == Shape{0, 3}));
  BOOST_TEST((values(cat({e, ones({2, 3}, {.dtype = float64})})) == List(6, 1)));
  BOOST_TEST(det(square).item<double>() == 1);
  BOOST_TEST((inverse(square).shape() == Shape{0, 0}));
  BOOST_TEST((values(matmul(zeros({2, 0}), zeros({0, 3}))) == List(6, 0)));
  BOOST_TEST((values(einsum("ij,jk->ik", {zeros({2, 0}), zeros({0, 3})})) == List(6, 0)));
  BOOST_TEST((values(histc(zeros({0}), {.bins = 4})) == List(4, 0)));
  BOOST_TEST((values(bincount(zeros({0}, {.dtype = int64}), {.minlength = 2})) == List(2, 0)));
  BOOST_TEST(unique(e).output.numel() == 0);
  BOOST_TEST((nonzero(e).shape() == Shape{0, 2}));
  BOOST_TEST(e.split(2, 0).size() == 1U);
  BOOST_TEST(unbind(e, 0).empty());
  BOOST_TEST((e == e).all().item<bool>());
}

// No rows come in: every parameter gets a gradient of zeros, as in PyTorch.
BOOST_AUTO_TEST_CASE(an_empty_batch_through_a_net) {
  Tensor table = leaf({7, 4}), w = leaf({4, 4}, 2), b = leaf({4}, 3), gain = leaf({4}, 4), shift = leaf({4}, 5);
  Tensor filter = leaf({2, 1, 3, 3}, 6), head = leaf({3, 2 * 2 * 1}, 7);
  const Tensor x = embedding(zeros({0, 5}, {.dtype = int64}), table);
  BOOST_TEST((x.shape() == Shape{0, 5, 4}));
  const Tensor h = layer_norm(gelu(linear(x, w, b)), {4}, gain, shift);
  const Tensor seen = scaled_dot_product_attention(h, h, h, {.is_causal = true});
  const Tensor image = relu(conv2d(seen.unsqueeze(1), filter, {}, {.padding = 1}));
  const Tensor out = linear(dropout(max_pool2d(image, {2, 3}).flatten(1), 0.5), head);
  BOOST_TEST((out.shape() == Shape{0, 3}));
  out.square().sum().backward();
  for (const Tensor& p : {table, w, b, gain, shift, filter, head}) check_zero_gradient(p);

  const Tensor logits = nothing({0, 3}), target = zeros({0}, {.dtype = int64});
  BOOST_TEST(losses::cross_entropy(logits, target, {.reduction = Reduction::Sum}).item<double>() == 0);
  BOOST_TEST(all_nan(losses::cross_entropy(logits, target)));
  BOOST_TEST(losses::cross_entropy(logits, target, {.reduction = Reduction::None}).numel() == 0);
  losses::cross_entropy(logits, target, {.reduction = Reduction::Sum}).backward();
  check_zero_gradient(logits);
}

// A sum over no features is 0; its factors get gradients without elements.
BOOST_AUTO_TEST_CASE(no_features) {
  Tensor x = nothing({2, 0}), w = nothing({3, 0}), b = leaf({3});
  const Tensor y = linear(x, w, b);
  BOOST_TEST((values(y) == values(b.unsqueeze(0).expand({2, 3}))));
  y.sum().backward();
  check_zero_gradient(x);
  check_zero_gradient(w);
  BOOST_TEST((values(b.grad()) == List(3, 2)));
}

BOOST_AUTO_TEST_CASE(the_engine_on_nothing) {
  Tensor x = nothing({0, 2});
  int hooks = 0;
  x.register_hook([&](const Tensor&) { ++hooks; });
  Tensor h = x.exp() + 1.0;
  h.retain_grad();
  h.mul_(2.0);
  const Tensor y = (h * h.t().t()).sum({0});
  y.backward(ones({2}, {.dtype = float64}));
  BOOST_TEST(hooks == 1);
  check_zero_gradient(x);
  x.exp().backward(nothing({0, 2}).detach());
  check_zero_gradient(x);
  BOOST_TEST(hooks == 2);

  const Tensor g = grad({x.square().sum()}, {x}, {.create_graph = true})[0];
  BOOST_TEST((g.shape() == Shape{0, 2}));
  BOOST_TEST(g.requires_grad());
  BOOST_TEST((grad({g.sum()}, {x})[0].shape() == Shape{0, 2}));
  require_throws<ShapeError>([&] { x.exp().backward(); }, "[0, 2]");  // no implicit 1 without an element
  const Tensor expanded = leaf({1, 2}), none = expanded.expand({0, 2});
  none.sum().backward();
  check_zero_gradient(expanded);
}

BOOST_AUTO_TEST_CASE(numbers_without_dims) {
  const Tensor x = full({}, 2.0, {.dtype = float64, .requires_grad = true});
  const Tensor y = x.sum({0}) * x.softmax(-1) + x.cumsum(0) * x.sort(0).values + x.max(0).values + x.mean({-1}) +
                   x.unsqueeze(0).squeeze(0) + x.expand({3}).sum() + x.reshape({1, 1}).t().sum() + x.t() * x.flip({0}) +
                   x.logsumexp({0});
  BOOST_TEST((y.shape() == Shape{}));
  y.backward();
  BOOST_TEST((x.grad().shape() == Shape{}));
  // d(x + x² + x + x + x + 3x + x + x² + x) = 9 + 4x
  BOOST_TEST(max_relative_error(x.grad(), {17}) < 1e-15);
  BOOST_CHECK_THROW(x[0], IndexError);
  BOOST_CHECK_THROW(x.slice(0, 0, 1), IndexError);
  BOOST_CHECK_THROW(x.sum({1}), IndexError);
  BOOST_CHECK_THROW(cat({x, x}), Error);
  BOOST_TEST((stack({x, x}).shape() == Shape{2}));
}

// A leaf whose memory is permuted, sliced or shared by its elements: the gradient is of its shape, one value for each
// element, and adds up.
BOOST_AUTO_TEST_CASE(leaves_in_odd_layouts) {
  const Tensor base = random_tensor({4, 6}, 1), w = random_tensor({6, 4}, 2), v = random_tensor({2, 3}, 3),
               u = random_tensor({5, 6}, 4);
  struct Odd {
    Tensor view, weight;
  };
  const Odd odd[] = {{base.t(), w},
                     {base.slice(0, 1, 4, 2).slice(1, 0, 6, 2), v},
                     {base.select(0, 2).expand({5, 6}), u},
                     {base.select(1, 3).select(0, 1).expand({2, 3}), v}};
  for (const Odd& o : odd) {
    Tensor x = o.view.detach();
    x.requires_grad_();
    BOOST_TEST(!x.is_contiguous());
    for (int times = 1; times <= 3; ++times) {
      (x.square() * o.weight).sum().backward();
      const Tensor expected = x.detach() * o.weight * (2.0 * times);
      BOOST_TEST(max_relative_error(x.grad(), expected) < 1e-15);
    }
    BOOST_TEST(x.grad().is_contiguous());
    const Tensor g = grad({(x.exp() * o.weight).sum()}, {x}, {.create_graph = true})[0];
    const Tensor second = grad({g.sum()}, {x})[0];
    BOOST_TEST(max_relative_error(second, x.detach().exp() * o.weight) < 1e-14);
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
