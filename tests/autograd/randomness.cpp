// Random tensors: seeds, thread counts, ranges, and distributions by their moments.
#include <algorithm>
#include <cmath>
#include <set>
#include <thread>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(randomness)

namespace {

using namespace descent::testing;

std::string draws() {
  const Tensor p = full({100'000}, 0.3);
  return bytes_of(rand({100'003})) + bytes_of(randn({100'001}, {.dtype = float64})) +
         bytes_of(randint(-5, 9, {70'000})) + bytes_of(bernoulli(p)) + bytes_of(dropout(p, 0.4)) +
         bytes_of(randperm(50'000)) + bytes_of(multinomial(rand({20, 30}), 5));
}

/// Mean and variance of a sample.
std::pair<double, double> moments(const Tensor& t) {
  const std::vector<double> v = t.to_vector<double>();
  double mean = 0, variance = 0;
  for (const double x : v) mean += x / static_cast<double>(v.size());
  for (const double x : v) variance += (x - mean) * (x - mean) / static_cast<double>(v.size());
  return {mean, variance};
}

}  // namespace

BOOST_AUTO_TEST_CASE(same_bits_for_any_number_of_threads) {
  manual_seed(7);
  const std::string first = draws();
  for (int threads = 1; threads <= 4; ++threads) {
    ThreadsGuard guard(threads);
    manual_seed(7);
    BOOST_TEST((draws() == first));
  }
}

BOOST_AUTO_TEST_CASE(seeds) {
  const auto draw = [](std::uint64_t seed) {
    manual_seed(seed);
    return bytes_of(rand({64}));
  };
  std::set<std::string> seen;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 32,
                                   std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    BOOST_TEST(draw(seed) == draw(seed));
    seen.insert(draw(seed));
  }
  BOOST_TEST(seen.size() == 6u);
  manual_seed(1);
  BOOST_TEST(!same_bits(rand({64}), rand({64})));  // the stream goes on
}

BOOST_AUTO_TEST_CASE(state_restored) {
  manual_seed(5);
  randn({13});  // an odd number: half a pair is left
  const auto state = rng_state();
  const std::string after = bytes_of(randn({7})) + bytes_of(rand({5}));
  manual_seed(99);
  set_rng_state(state);
  BOOST_TEST((bytes_of(randn({7})) + bytes_of(rand({5})) == after));
}

BOOST_AUTO_TEST_CASE(threads_take_stretches_of_their_own) {
  std::vector<Tensor> drawn(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < 4; ++i) threads.emplace_back([&, i] { drawn[i] = rand({256}); });
  }
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < i; ++j) BOOST_TEST(!same_bits(drawn[i], drawn[j]));
  }
}

BOOST_AUTO_TEST_CASE(uniform) {
  for (const DType dtype : {float32, float64}) {
    const Tensor t = rand({200'000}, {.dtype = dtype});
    const auto [mean, variance] = moments(t);
    BOOST_TEST(std::abs(mean - 0.5) < 0.004);
    BOOST_TEST(std::abs(variance - 1.0 / 12) < 0.002);
    BOOST_TEST(t.min().item<double>() >= 0);
    BOOST_TEST(t.max().item<double>() < 1);
  }
  Tensor t = empty({100'000});
  t.uniform_(-3, -1);
  BOOST_TEST(t.min().item<double>() >= -3);
  BOOST_TEST(t.max().item<double>() < -1);
  BOOST_TEST(std::abs(moments(t).first + 2) < 0.02);
}

BOOST_AUTO_TEST_CASE(normal) {
  for (const DType dtype : {float32, float64}) {
    const Tensor t = randn({200'000}, {.dtype = dtype});
    const auto [mean, variance] = moments(t);
    BOOST_TEST(std::abs(mean) < 0.012);
    BOOST_TEST(std::abs(variance - 1) < 0.02);
    BOOST_TEST(std::abs(moments(t * t * t).first) < 0.06);          // skewness
    BOOST_TEST(std::abs(moments(square(t * t)).first - 3) < 0.15);  // kurtosis
    BOOST_TEST(t.abs().max().item<double>() > 4);
    BOOST_TEST(!std::isinf(t.abs().max().item<double>()));
  }
  Tensor t = empty({100'000});
  t.normal_(5, 0.5);
  BOOST_TEST(std::abs(moments(t).first - 5) < 0.01);
  BOOST_TEST(std::abs(moments(t).second - 0.25) < 0.01);
}

BOOST_AUTO_TEST_CASE(whole_numbers) {
  const std::vector<std::int64_t> v = randint(-2, 3, {50'000}).to_vector<std::int64_t>();
  for (std::int64_t k = -2; k < 3; ++k) BOOST_TEST(std::abs(std::count(v.begin(), v.end(), k) - 10'000) < 600);
  BOOST_TEST(randint(5, {3}).dtype() == int64);
  BOOST_TEST(randint(0, 5, {3}, {.dtype = float32}).dtype() == float32);
  BOOST_TEST(randint(7, 8, {4}).sum().item<std::int64_t>() == 28);
  require_throws<std::invalid_argument>([] { randint(3, 3, {2}); }, "randint: ");
  require_throws<std::invalid_argument>([] { randint(0, {2}); }, "randint: ");
}

BOOST_AUTO_TEST_CASE(permutations) {
  for (const std::int64_t n : {0, 1, 2, 10, 1000}) {
    std::vector<std::int64_t> v = randperm(n).to_vector<std::int64_t>();
    std::sort(v.begin(), v.end());
    for (std::int64_t i = 0; i < n; ++i) BOOST_TEST(v[static_cast<std::size_t>(i)] == i);
  }
  int counts[6] = {};  // of the 6 orders of 3
  for (int i = 0; i < 6000; ++i) {
    const auto v = randperm(3).to_vector<std::int64_t>();
    ++counts[v[0] * 2 + (v[1] > v[2])];
  }
  for (const int count : counts) BOOST_TEST(std::abs(count - 1000) < 150);
  BOOST_CHECK_THROW(randperm(-1), std::exception);
}

BOOST_AUTO_TEST_CASE(coins) {
  const Tensor p = tensor({0.0, 1.0, 0.25}).expand({100'000, 3});
  const Tensor share = bernoulli(p).mean({0});
  BOOST_TEST(share[0].item<double>() == 0);
  BOOST_TEST(share[1].item<double>() == 1);
  BOOST_TEST(std::abs(share[2].item<double>() - 0.25) < 0.008);
  Tensor t = empty({100'000});
  t.bernoulli_(0.75);
  BOOST_TEST(std::abs(moments(t).first - 0.75) < 0.008);
}

BOOST_AUTO_TEST_CASE(draws_by_weight) {
  const Tensor w = tensor({1.0, 0.0, 3.0});
  const std::vector<std::int64_t> v = multinomial(w, 40'000, true).to_vector<std::int64_t>();
  BOOST_TEST(std::count(v.begin(), v.end(), 1) == 0);
  BOOST_TEST(std::abs(std::count(v.begin(), v.end(), 2) - 30'000) < 500);
  for (int i = 0; i < 50; ++i) {
    std::vector<std::int64_t> both = multinomial(w, 2).to_vector<std::int64_t>();
    std::sort(both.begin(), both.end());
    BOOST_TEST((both == std::vector<std::int64_t>{0, 2}));
  }
  BOOST_TEST((multinomial(ones({4, 3}), 2).shape() == Shape{4, 2}));
}

BOOST_AUTO_TEST_CASE(dropout_mask_and_scale) {
  Tensor x = ones({100'000}, {.requires_grad = true});
  const Tensor y = dropout(x, 0.25);
  const Tensor kept = y.detach() != 0;
  BOOST_TEST(std::abs(kept.to(float64).mean().item<double>() - 0.75) < 0.008);
  BOOST_TEST(std::abs(y.max().item<double>() - 1 / 0.75) < 1e-6);
  y.sum().backward();
  BOOST_TEST(same_bits(x.grad(), y.detach()));  // the same mask and scale
  BOOST_TEST(same_bits(dropout(x.detach(), 0.5, false), x.detach()));
  BOOST_TEST(same_bits(dropout(x.detach(), 0.0), x.detach()));
  BOOST_TEST(dropout(x.detach(), 1.0).abs().max().item<double>() == 0);
  BOOST_TEST(dropout(full({4}, INFINITY), 1.0).abs().max().item<double>() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
