#include "../../kernels/sort.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "array.h"

namespace kn = descent::kernels;
using namespace descent;
using namespace descent::testing;

namespace {

constexpr std::int64_t kSizes[] = {0, 1, 2, 5, 511, 513, 2050};

/// Many equal ones, and what is special about the type.
template <class T>
T value(std::int64_t i, std::int64_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    using Limits = std::numeric_limits<T>;
    const T special[] = {
        Limits::quiet_NaN(),  -Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), T(-0.0), T(0.0),
        Limits::denorm_min(), Limits::lowest()};
    const auto which = static_cast<std::uint64_t>((noise(i, 2) + 1) * 40);
    if (which < 8) return special[which];
    return static_cast<T>(i % 2 ? noise(i) : std::round(noise(i) * 20));
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    if (i % 29 == 3) return std::numeric_limits<T>::min();
    if (i % 31 == 4) return std::numeric_limits<T>::max();
    return static_cast<T>(noise(i) * double(n));
  } else {
    return static_cast<T>((noise(i) + 1) * 128);
  }
}

/// NaN last; everything else by <.
template <class T>
bool before(T a, T b) {
  return a < b || (b != b && a == a);
}

template <class T>
void check_rows(std::int64_t rows, std::int64_t n, bool descending) {
  const auto count = static_cast<std::size_t>(rows * n);
  const auto in = std::make_unique<T[]>(count);
  for (std::int64_t i = 0; i < rows * n; ++i) in[static_cast<std::size_t>(i)] = value<T>(i, n);
  std::vector<std::int64_t> expected(count);
  for (std::int64_t r = 0; r < rows; ++r) {
    const T* row = in.get() + r * n;
    const auto at = expected.begin() + r * n;
    std::iota(at, at + n, 0);
    std::stable_sort(at, at + n, [&](std::int64_t a, std::int64_t b) {
      return descending ? before(row[b], row[a]) : before(row[a], row[b]);
    });
  }
  for (const std::int64_t k : {n, n / 2, n / 4, n / 50, std::int64_t{1}}) {
    if (k > n) continue;
    const auto values = std::make_unique<T[]>(static_cast<std::size_t>(rows * k));
    std::vector<std::int64_t> indices(static_cast<std::size_t>(rows * k));
    if (k == n)
      kn::sort_rows(dtype_of<T>(), descending, rows, n, in.get(), values.get(), indices.data());
    else
      kn::topk_rows(dtype_of<T>(), descending, rows, n, k, in.get(), values.get(), indices.data());
    for (std::int64_t i = 0; i < rows * k; ++i) {
      const std::int64_t r = i / k, at = indices[static_cast<std::size_t>(i)];
      if (at != expected[static_cast<std::size_t>(r * n + i % k)] ||
          std::memcmp(&values[static_cast<std::size_t>(i)], &in[static_cast<std::size_t>(r * n + at)], sizeof(T)) !=
              0) {
        BOOST_ERROR("row " << r << " of " << n << ", the first " << k << ": place " << i % k << " is wrong");
        return;
      }
    }
  }
}

template <class T>
void check_type() {
  for (const bool descending : {false, true}) {
    for (const std::int64_t n : kSizes) check_rows<T>(2, n, descending);
    check_rows<T>(100, 7, descending);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(sort)

BOOST_AUTO_TEST_CASE(rows_match_a_stable_sort) {
  check_type<float>();
  check_type<double>();
  check_type<std::int64_t>();
  check_type<std::uint8_t>();
  check_type<bool>();
}

BOOST_AUTO_TEST_CASE(long_rows_match_a_stable_sort) {  // these are cut into parts and merged
  check_rows<float>(1, 65535, false);
  check_rows<float>(1, 65537, true);
  check_rows<double>(1, 65539, false);
}

BOOST_AUTO_TEST_CASE(same_order_for_any_threads) {
  const std::int64_t n = 80003;
  const auto in = Array<float>::make({n}, Layout::Contiguous, [](std::int64_t i) { return std::round(noise(i) * 99); });
  Array<float> values({n});
  Array<std::int64_t> indices({n});
  same_for_any_threads([&] { kn::sort_rows(DType::Float32, true, 1, n, in.data(), values.data(), indices.data()); },
                       [&] { return values.bytes() + indices.bytes(); });
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
