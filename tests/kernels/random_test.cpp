#include "../../kernels/random.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Philox;

namespace {

using Floats = std::tuple<float, double>;
using Four = std::array<std::uint32_t, 4>;

struct Moments {
  double mean = 0, variance = 0, skew = 0, kurtosis = 0;
};
template <class T>
Moments moments(const Array<T>& a) {
  Moments m;
  const double n = double(a.numel());
  for (std::int64_t i = 0; i < a.numel(); ++i) m.mean += double(a.data()[i]) / n;
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const double d = double(a.data()[i]) - m.mean;
    m.variance += d * d / n;
    m.skew += d * d * d / n;
    m.kurtosis += d * d * d * d / n;
  }
  m.skew /= std::pow(m.variance, 1.5);
  m.kurtosis /= m.variance * m.variance;
  return m;
}

/// χ² of counts that should be equal, less its mean, in deviations.
double chi_square(const std::vector<std::int64_t>& counts) {
  double total = 0, chi = 0;
  for (const std::int64_t c : counts) total += double(c);
  const double expected = total / double(counts.size()), freedom = double(counts.size()) - 1;
  for (const std::int64_t c : counts) chi += (double(c) - expected) * (double(c) - expected) / expected;
  return (chi - freedom) / std::sqrt(2 * freedom);
}

template <class T>
Array<T> uniform(std::int64_t n, Philox s, double lo = 0, double hi = 1) {
  Array<T> a({n});
  kn::random_uniform(a.view(), s, lo, hi);
  return a;
}
template <class T>
Array<T> normal(std::int64_t n, Philox s, double mean = 0, double std = 1) {
  Array<T> a({n});
  kn::random_normal(a.view(), s, mean, std);
  return a;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(random)

BOOST_AUTO_TEST_CASE(philox_known_answers) {
  // kat_vectors of Random123, the authors' own implementation.
  const std::uint32_t f = 0xffffffff;
  BOOST_TEST((kn::philox4x32_10({0, 0, 0, 0}, {0, 0}) == Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  BOOST_TEST((kn::philox4x32_10({f, f, f, f}, {f, f}) == Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST((kn::philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
              Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(vectors_draw_what_the_bare_generator_gives) {
  for (const std::uint64_t seed : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{0x123456789abcdef}})
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{37}, std::uint64_t{1} << 40}) {
      const auto words = [&](std::uint64_t block, std::uint32_t kind) {
        return kn::philox4x32_10({std::uint32_t(block), std::uint32_t(block >> 32), kind, 0},
                                 {std::uint32_t(seed), std::uint32_t(seed >> 32)});
      };
      const auto a = uniform<float>(200, {seed, offset});
      const auto b = uniform<double>(200, {seed, offset});
      for (std::uint64_t i = 0; i < 200; ++i) {
        const std::uint64_t e = offset + i, j = e % 64, k = e % 32;
        const std::uint32_t w = words(e / 64 * 16 + j % 16, 0)[j / 16];
        BOOST_TEST(a[std::int64_t(i)] == float(w >> 8) * 0x1p-24f);
        const Four v = words(e / 32 * 16 + k % 16, 1);
        const std::uint64_t w64 = v[k / 16 * 2] | std::uint64_t{v[k / 16 * 2 + 1]} << 32;
        BOOST_TEST(b[std::int64_t(i)] == double(w64 >> 11) * 0x1p-53);
      }
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_draw_continues_where_the_last_ended, T, Floats) {
  // Drawing 1000 at once, or in pieces of any length, gives the same numbers.
  for (int kind = 0; kind < 4; ++kind) {
    const auto fill = [&](kn::View v, Philox s) {
      if (kind == 0) kn::random_uniform(v, s, -2, 3);
      if (kind == 1) kn::random_normal(v, s, 1, 2);
      if (kind == 2) kn::random_int(v, s, -5, 1000);
      if (kind == 3) {
        Array<bool> mask({v.numel});
        const auto ones = Array<T>::make({v.numel}, Layout::Contiguous, [](std::int64_t) { return 1; });
        kn::dropout(v, mask.view(), ones.view(), 0.3, s);
      }
    };
    Array<T> whole({1000});
    fill(whole.view(), {7, 11});
    std::int64_t done = 0;
    for (std::int64_t size = 1; done < 1000; size += 13) {
      Array<T> piece({std::min(size, 1000 - done)});
      fill(piece.view(), {7, 11 + std::uint64_t(done)});
      for (std::int64_t i = 0; i < piece.numel(); ++i)
        if (piece[i] != whole[done + i]) BOOST_ERROR("kind " << kind << " number " << done + i);
      done += piece.numel();
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(same_bits_for_any_threads, T, Floats) {
  Array<T> a({200001}), b({200001}), c({200001});
  Array<bool> mask({200001});
  same_for_any_threads(
      [&] {
        kn::random_uniform(a.view(), {1, 5}, 0, 1);
        kn::random_normal(b.view(), {1, 5}, 0, 1);
        kn::dropout(c.view(), mask.view(), b.view(), 0.5, {1, 5});
      },
      [&] { return a.bytes() + b.bytes() + c.bytes() + mask.bytes(); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(uniform_is_uniform, T, Floats) {
  const std::int64_t n = 1'000'000;
  const auto a = uniform<T>(n, {42, 0});
  const Moments m = moments(a);
  BOOST_TEST(std::abs(m.mean - 0.5) < 5 * std::sqrt(1. / 12 / double(n)));
  BOOST_TEST(std::abs(m.variance - 1. / 12) < 5 * std::sqrt(1. / 180 / double(n)));
  std::vector<std::int64_t> cells(1000), pairs(1024);
  for (std::int64_t i = 0; i < n; ++i) {
    const double u = a.data()[i];
    BOOST_REQUIRE((u >= 0 && u < 1));
    ++cells[std::size_t(u * 1000)];
    if (i % 2) ++pairs[std::size_t(u * 32) * 32 + std::size_t(double(a.data()[i - 1]) * 32)];  // neighbours
  }
  BOOST_TEST(std::abs(chi_square(cells)) < 5);
  BOOST_TEST(std::abs(chi_square(pairs)) < 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(uniform_keeps_to_its_bounds, T, Floats) {
  const double big = std::numeric_limits<T>::max(), step = std::numeric_limits<T>::epsilon();
  const double bounds[][2] = {{1, 1 + 4 * step}, {1000, 1000.001}, {-3, -1},   {-big, big},
                              {0, step},         {5, 5},           {-1e-40, 0}};
  for (const auto& b : bounds) {
    const T lo = T(b[0]), hi = T(b[1]);
    const auto a = uniform<T>(20000, {3, 0}, lo, hi);
    for (std::int64_t i = 0; i < a.numel(); ++i)
      if (!(a[i] >= lo && (a[i] < hi || lo == hi))) BOOST_ERROR(a[i] << " outside [" << lo << ", " << hi << ")");
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(normal_is_normal, T, Floats) {
  const std::int64_t n = 1'000'000;
  const auto a = normal<T>(n, {42, 3});
  const Moments m = moments(a);
  BOOST_TEST(std::abs(m.mean) < 5 / std::sqrt(double(n)));
  BOOST_TEST(std::abs(m.variance - 1) < 5 * std::sqrt(2. / double(n)));
  BOOST_TEST(std::abs(m.skew) < 5 * std::sqrt(6. / double(n)));
  BOOST_TEST(std::abs(m.kurtosis - 3) < 5 * std::sqrt(24. / double(n)));
  std::vector<std::int64_t> cells(200);  // Φ(z) is uniform
  double together = 0;                   // of the two numbers of a pair
  const std::int64_t apart = 16, group = 2 * apart;
  for (std::int64_t i = 0; i < n; ++i) {
    const double z = a.data()[i];
    BOOST_REQUIRE(std::isfinite(z));
    ++cells[std::min<std::size_t>(199, std::size_t(0.5 * std::erfc(-z / std::sqrt(2.)) * 200))];
    if ((i + 3) % group < apart && i + apart < n) together += z * double(a.data()[i + apart]);
  }
  BOOST_TEST(std::abs(chi_square(cells)) < 5);
  BOOST_TEST(std::abs(together) < 5 * std::sqrt(double(n) / 2));
  const Moments shifted = moments(normal<T>(n, {42, 3}, -7, 0.5));
  BOOST_TEST(std::abs(shifted.mean + 7) < 5 * 0.5 / std::sqrt(double(n)));
  BOOST_TEST(std::abs(shifted.variance - 0.25) < 0.01);
}

BOOST_AUTO_TEST_CASE(seeds_and_kinds_give_different_numbers) {
  const auto a = uniform<float>(64, {0, 0}), b = uniform<float>(64, {~std::uint64_t{0}, 0});
  const auto c = uniform<float>(64, {std::uint64_t{1} << 32, 0}), d = uniform<float>(64, {0, 64});
  const auto wide = uniform<double>(64, {0, 0});
  int same = 0;
  for (std::int64_t i = 0; i < 64; ++i)
    same += (a[i] == b[i]) + (a[i] == c[i]) + (a[i] == d[i]) + (a[i] == float(wide[i]));
  BOOST_TEST(same <= 1);
}

BOOST_AUTO_TEST_CASE(integers_are_equally_likely) {
  const std::int64_t n = 700'000;
  Array<std::int64_t> a({n});
  kn::random_int(a.view(), {5, 9}, -3, 4);
  std::vector<std::int64_t> cells(7);
  for (std::int64_t i = 0; i < n; ++i) {
    BOOST_REQUIRE((a.data()[i] >= -3 && a.data()[i] < 4));
    ++cells[std::size_t(a.data()[i] + 3)];
  }
  BOOST_TEST(std::abs(chi_square(cells)) < 5);
  const std::int64_t lowest = std::numeric_limits<std::int64_t>::min(),
                     highest = std::numeric_limits<std::int64_t>::max();
  kn::random_int(a.view(), {5, 9}, lowest, highest);
  const std::int64_t negative = std::count_if(a.data(), a.data() + n, [](std::int64_t x) { return x < 0; });
  BOOST_TEST(std::abs(double(negative) / double(n) - 0.5) < 5 * 0.5 / std::sqrt(double(n)));
  Array<std::uint8_t> bytes({1000});
  kn::random_int(bytes.view(), {5, 9}, 200, 201);
  BOOST_TEST(std::count(bytes.data(), bytes.data() + 1000, 200) == 1000);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bernoulli_follows_p, T, Floats) {
  const std::int64_t n = 300'000;
  const double ps[] = {0, 1, 0.25};
  const auto p = Array<T>::make({n}, Layout::Contiguous, [&](std::int64_t i) { return ps[i % 3]; });
  Array<bool> hit({n});
  Array<float> same({n});
  kn::random_bernoulli(hit.view(), p.view(), {8, 1});
  kn::random_bernoulli(same.view(), p.view(), {8, 1});
  std::int64_t count[3] = {};
  for (std::int64_t i = 0; i < n; ++i) {
    count[i % 3] += hit.data()[i];
    BOOST_REQUIRE(same.data()[i] == (hit.data()[i] ? 1.f : 0.f));
  }
  BOOST_TEST(count[0] == 0);
  BOOST_TEST(count[1] == n / 3);
  BOOST_TEST(std::abs(double(count[2]) / (double(n) / 3) - 0.25) < 5 * std::sqrt(0.25 * 0.75 * 3 / double(n)));
}

BOOST_AUTO_TEST_CASE(permutations) {
  for (const std::int64_t n : {0, 1, 2, 100, 5000}) {
    std::vector<std::int64_t> p(static_cast<std::size_t>(n)), sorted;
    kn::random_permutation(p.data(), n, {6, 2});
    sorted = p;
    std::sort(sorted.begin(), sorted.end());
    for (std::int64_t i = 0; i < n; ++i) BOOST_REQUIRE(sorted[std::size_t(i)] == i);
  }
  std::vector<std::int64_t> orders(24);  // all of four things equally often
  for (std::uint64_t trial = 0; trial < 48000; ++trial) {
    std::int64_t p[4];
    kn::random_permutation(p, 4, {6, trial * 4});
    std::size_t code = 0;
    for (int i = 0; i < 4; ++i) {
      std::size_t smaller = 0;
      for (int j = i + 1; j < 4; ++j) smaller += p[j] < p[i];
      code = code * std::size_t(4 - i) + smaller;
    }
    ++orders[code];
  }
  BOOST_TEST(std::abs(chi_square(orders)) < 5);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(dropout_keeps_and_scales, T, Floats) {
  const std::int64_t n = 400'000;
  auto x = Array<T>::make({n}, Layout::Contiguous, [](std::int64_t i) { return 1 + noise(i); });
  x[0] = std::numeric_limits<T>::quiet_NaN();
  x[1] = std::numeric_limits<T>::infinity();
  for (const double p : {0., 0.1, 0.5, 0.999, 1.}) {
    Array<T> y({n}), d({n});
    Array<bool> mask({n});
    kn::dropout(y.view(), mask.view(), x.view(), p, {4, 77});
    kn::dropout_apply(d.view(), mask.view(), x.view(), p);
    BOOST_TEST((y.bytes() == d.bytes()));
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      kept += mask.data()[i];
      if (!mask.data()[i])
        BOOST_REQUIRE(y.data()[i] == 0);
      else if (i > 1 && !close(y.data()[i], double(x.data()[i]) / (1 - p), sizeof(T) == 4 ? 1e-6 : 1e-14))
        BOOST_ERROR("p " << p << " at " << i);
    }
    BOOST_TEST(std::abs(double(kept) / double(n) - (1 - p)) <= 5 * std::sqrt(p * (1 - p) / double(n)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
