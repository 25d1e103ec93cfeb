#include "data/sampler.h"

#include <algorithm>
#include <numeric>

#include "../fixture.h"

using namespace descent;
using namespace descent::data;
using namespace descent::testing;
using List = std::vector<std::int64_t>;

namespace {

List iota(std::int64_t n) {
  List list(static_cast<std::size_t>(n));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(data)
BOOST_AUTO_TEST_SUITE(samplers)

BOOST_AUTO_TEST_CASE(sequential) {
  BOOST_TEST((SequentialSampler(4).indices(3) == iota(4)));
  BOOST_TEST((SequentialSampler(TensorDataset{zeros({2})}).indices(0) == iota(2)));
  BOOST_TEST(SequentialSampler(0).indices(0).empty());
  require_throws<std::invalid_argument>([] { SequentialSampler(-1); }, "n must not be negative, got -1");
}

BOOST_AUTO_TEST_CASE(random_is_a_permutation_of_its_seed_and_epoch) {
  const RandomSampler sampler(1000, {.seed = 5});
  List order = sampler.indices(0);
  BOOST_TEST((order == RandomSampler(1000, {.seed = 5}).indices(0)));
  BOOST_TEST((order != sampler.indices(1)));
  BOOST_TEST((order != RandomSampler(1000, {.seed = 6}).indices(0)));
  BOOST_TEST((order != RandomSampler(1000, {.seed = 5 + (std::uint64_t{1} << 32)}).indices(0)));
  BOOST_TEST((order != iota(1000)));
  std::sort(order.begin(), order.end());
  BOOST_TEST((order == iota(1000)));
}

BOOST_AUTO_TEST_CASE(every_permutation_is_as_likely) {
  // 24 permutations of four, 24,000 epochs: χ² with 23 degrees of freedom stays below 60 (p < 1e-4 beyond).
  const RandomSampler sampler(4, {.seed = 11});
  std::vector<int> counts(256);
  for (int epoch = 0; epoch < 24'000; ++epoch) {
    std::size_t code = 0;
    for (const auto i : sampler.indices(epoch)) code = code * 4 + static_cast<std::size_t>(i);
    ++counts[code];
  }
  double chi = 0;
  int seen = 0;
  for (const int count : counts) {
    if (count == 0) continue;
    ++seen;
    chi += (count - 1000.0) * (count - 1000.0) / 1000.0;
  }
  BOOST_TEST(seen == 24);
  BOOST_TEST(chi < 60);
}

BOOST_AUTO_TEST_CASE(random_leaves_the_global_stream_alone) {
  manual_seed(3);
  const auto before = rng_state();
  const List order = RandomSampler(10, {.seed = 1}).indices(0);
  BOOST_TEST((rng_state() == before));
  rand({3});
  BOOST_TEST((RandomSampler(10, {.seed = 1}).indices(0) == order));
}

BOOST_AUTO_TEST_CASE(num_samples_and_replacement) {
  List two = RandomSampler(3, {.num_samples = 6}).indices(0);
  BOOST_TEST(two.size() == 6u);
  std::sort(two.begin(), two.begin() + 3);
  std::sort(two.begin() + 3, two.end());
  BOOST_TEST((two == List{0, 1, 2, 0, 1, 2}));
  BOOST_TEST(RandomSampler(9, {.num_samples = 4}).indices(0).size() == 4u);
  const RandomSampler draws(3, {.replacement = true, .num_samples = 300});
  const List drawn = draws.indices(0);
  for (const int i : {0, 1, 2}) BOOST_TEST(std::count(drawn.begin(), drawn.end(), i) > 60);
  BOOST_TEST(std::count_if(drawn.begin(), drawn.end(), [](auto i) { return i < 0 || i > 2; }) == 0);
}

BOOST_AUTO_TEST_CASE(wrong_options) {
  require_throws<std::invalid_argument>([] { RandomSampler(-1); }, "got -1");
  require_throws<std::invalid_argument>([] { RandomSampler(3, {.num_samples = -2}); }, "num_samples = -2");
  require_throws<std::invalid_argument>([] { RandomSampler(0, {.num_samples = 2}); }, "of 0 items");
  BOOST_TEST(RandomSampler(0).indices(0).empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
