#include "data/loader.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "../fixture.h"

using namespace descent;
using namespace descent::data;
using namespace descent::testing;
using List = std::vector<std::int64_t>;

namespace {

TensorDataset numbers(std::int64_t n) { return {arange(n), arange(n) * 2}; }

/// The items of one epoch, batch by batch.
std::vector<List> epoch(DataLoader& loader) {
  std::vector<List> batches;
  for (auto [x, y] : loader) {
    BOOST_TEST_REQUIRE(equal(y, x * 2));
    batches.push_back(x.to_vector<std::int64_t>());
  }
  return batches;
}

/// Fails at one index; other batches take a while, in no particular order.
struct Failing : Dataset {
  std::int64_t bad;
  explicit Failing(std::int64_t at) : bad(at) {}
  std::int64_t size() const override { return 40; }
  Batch get_batch(const List& indices) const override {
    std::this_thread::sleep_for(std::chrono::microseconds(indices[0] * 7919 % 300));
    for (const auto i : indices) {
      if (i == bad) throw IndexError("planted at " + std::to_string(i));
    }
    return {from_vector(indices)};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(data)
BOOST_AUTO_TEST_SUITE(loader_)

BOOST_AUTO_TEST_CASE(batches_in_order) {
  DataLoader loader(numbers(7), {.batch_size = 3});
  BOOST_TEST(loader.size() == 3);
  BOOST_TEST((epoch(loader) == std::vector<List>{{0, 1, 2}, {3, 4, 5}, {6}}));
  DataLoader full(numbers(7), {.batch_size = 3, .drop_last = true});
  BOOST_TEST(full.size() == 2);
  BOOST_TEST((epoch(full) == std::vector<List>{{0, 1, 2}, {3, 4, 5}}));
  DataLoader single(numbers(2));
  BOOST_TEST((epoch(single) == std::vector<List>{{0}, {1}}));
}

BOOST_AUTO_TEST_CASE(sizes_at_the_edge) {
  for (const std::int64_t workers : {0, 2}) {
    DataLoader none(numbers(0), {.batch_size = 3, .shuffle = true, .num_workers = workers});
    BOOST_TEST(none.size() == 0);
    BOOST_TEST(epoch(none).empty());
    DataLoader large(numbers(2), {.batch_size = INT64_MAX, .num_workers = workers});
    BOOST_TEST((epoch(large) == std::vector<List>{{0, 1}}));
    DataLoader dropped(numbers(2), {.batch_size = 3, .num_workers = workers, .drop_last = true});
    BOOST_TEST(dropped.size() == 0);
    BOOST_TEST(epoch(dropped).empty());
    DataLoader even(numbers(4), {.batch_size = 2, .num_workers = workers});
    BOOST_TEST((epoch(even) == std::vector<List>{{0, 1}, {2, 3}}));
  }
}

BOOST_AUTO_TEST_CASE(order_does_not_depend_on_workers) {
  std::vector<std::vector<List>> first;
  for (const std::int64_t workers : {0, 1, 2, 3, 8}) {
    DataLoader loader(numbers(101), {.batch_size = 4, .shuffle = true, .num_workers = workers, .seed = 9});
    const std::vector<std::vector<List>> epochs{epoch(loader), epoch(loader)};
    BOOST_TEST((epochs[0] != epochs[1]));
    if (first.empty()) first = epochs;
    BOOST_TEST((epochs == first));
  }
}

BOOST_AUTO_TEST_CASE(epochs_depend_on_seed_and_number_alone) {
  DataLoader a(numbers(50), {.batch_size = 50, .shuffle = true, .seed = 1});
  DataLoader b(numbers(50), {.batch_size = 50, .shuffle = true, .seed = 1});
  const auto first = epoch(a), second = epoch(a);
  manual_seed(77);
  rand({5});
  b.set_epoch(1);
  BOOST_TEST(b.epoch() == 1);
  BOOST_TEST((epoch(b) == second));
  BOOST_TEST(b.epoch() == 2);
  b.set_epoch(0);
  BOOST_TEST((epoch(b) == first));
  DataLoader other(numbers(50), {.batch_size = 50, .shuffle = true, .seed = 2});
  BOOST_TEST((epoch(other) != first));
  require_throws<std::invalid_argument>([&] { b.set_epoch(-1); }, "epoch");
}

BOOST_AUTO_TEST_CASE(samplers_of_ones_own) {
  struct Backwards : Sampler {
    std::int64_t size() const override { return 3; }
    List indices(std::int64_t) const override { return {4, 2, 0}; }
  };
  DataLoader loader(numbers(5), {.batch_size = 2, .sampler = Backwards()});
  BOOST_TEST(loader.size() == 2);
  BOOST_TEST((epoch(loader) == std::vector<List>{{4, 2}, {0}}));
  DataLoader random(numbers(5), {.batch_size = 5, .sampler = RandomSampler(5, {.seed = 3})});
  DataLoader shuffled(numbers(5), {.batch_size = 5, .shuffle = true, .seed = 3});
  BOOST_TEST((epoch(random) == epoch(shuffled)));
}

BOOST_AUTO_TEST_CASE(samplers_that_lie) {
  struct Short : Sampler {
    std::int64_t size() const override { return 3; }
    List indices(std::int64_t) const override { return {0}; }
  };
  struct Outside : Sampler {
    std::int64_t size() const override { return 2; }
    List indices(std::int64_t) const override { return {0, 9}; }
  };
  DataLoader few(numbers(5), {.sampler = Short()});
  require_throws<Error>([&] { epoch(few); }, "promised 3 indices and gave 1");
  DataLoader wild(numbers(5), {.sampler = Outside(), .num_workers = 1});
  require_throws<IndexError>([&] { epoch(wild); }, "index 9");
}

BOOST_AUTO_TEST_CASE(leaving_early_is_safe) {
  for (const std::int64_t workers : {0, 1, 3}) {
    DataLoader loader(numbers(100), {.batch_size = 2, .num_workers = workers});
    for (int round = 0; round < 200; ++round) {
      int seen = 0;
      for (auto [x, y] : loader) {
        if (seen++ == round % 7) break;
      }
    }
    BOOST_TEST(loader.epoch() == 200);
    BOOST_TEST(epoch(loader).size() == 50u);
  }
}

BOOST_AUTO_TEST_CASE(errors_in_workers_come_out_in_their_turn) {
  for (const std::int64_t workers : {0, 1, 4}) {
    DataLoader loader(Failing(23), {.batch_size = 2, .num_workers = workers});
    int seen = 0;
    require_throws<IndexError>(
        [&] {
          for (auto [x, y] : loader) ++seen;
        },
        "planted at 23");
    BOOST_TEST(seen == 11);
  }
}

BOOST_AUTO_TEST_CASE(slow_batches_stay_in_order) {
  DataLoader loader(Failing(-1), {.batch_size = 1, .num_workers = 4});
  List seen;
  for (auto [x, y] : loader) seen.push_back(x.item<std::int64_t>());
  for (std::size_t i = 0; i < 40; ++i) BOOST_TEST(seen[i] == static_cast<std::int64_t>(i));
}

BOOST_AUTO_TEST_CASE(workers_gather_ahead_but_not_far) {
  struct Counting : Dataset {
    std::shared_ptr<std::atomic<int>> count = std::make_shared<std::atomic<int>>(0);
    std::int64_t size() const override { return 1000; }
    Batch get_batch(const List& indices) const override {
      ++*count;
      return {from_vector(indices)};
    }
  };
  const Counting set;
  DataLoader loader(set, {.num_workers = 2});
  auto it = loader.begin();
  while (*set.count < 5) std::this_thread::yield();  // one taken, four in the ring
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  BOOST_TEST(*set.count == 5);
  BOOST_TEST((*it)[0].item<int>() == 0);
}

BOOST_AUTO_TEST_CASE(loops_may_be_nested) {
  DataLoader loader(numbers(4), {.batch_size = 2, .num_workers = 1});
  int pairs = 0;
  for (auto [x, y] : loader) {
    for (auto [u, v] : loader) pairs += static_cast<int>(x.numel() * u.numel());
  }
  BOOST_TEST(pairs == 16);
}

BOOST_AUTO_TEST_CASE(the_loader_keeps_its_data_set) {
  std::unique_ptr<DataLoader> loader;
  {
    const auto set = numbers(3);
    loader = std::make_unique<DataLoader>(set, DataLoaderOptions{.batch_size = 3});
  }
  BOOST_TEST((epoch(*loader) == std::vector<List>{{0, 1, 2}}));
  const std::shared_ptr<const Dataset> shared = std::make_shared<TensorDataset>(numbers(2));
  DataLoader from_shared(shared, {.batch_size = 2});
  BOOST_TEST((epoch(from_shared) == std::vector<List>{{0, 1}}));
  BOOST_TEST(&from_shared.dataset() == shared.get());
}

BOOST_AUTO_TEST_CASE(workers_take_over_the_grad_mode) {
  struct Recording : Dataset {
    Tensor w = ones({1}).requires_grad_();
    std::int64_t size() const override { return 2; }
    Batch get_batch(const List&) const override { return {w * 2.0}; }
  };
  for (const std::int64_t workers : {0, 2}) {
    DataLoader loader(Recording(), {.num_workers = workers});
    for (auto [x, y] : loader) BOOST_TEST(x.requires_grad());
    const NoGradGuard no_grad;
    for (auto [x, y] : loader) BOOST_TEST(!x.requires_grad());
  }
}

BOOST_AUTO_TEST_CASE(wrong_options) {
  const auto make = [](const DataLoaderOptions& options) { DataLoader(numbers(3), options); };
  require_throws<std::invalid_argument>([&] { make({.batch_size = 0}); }, "batch_size must be at least 1, got 0");
  require_throws<std::invalid_argument>([&] { make({.num_workers = -1}); }, "num_workers");
  require_throws<std::invalid_argument>([&] { make({.num_workers = 100000}); }, "num_workers");
  require_throws<std::invalid_argument>([&] { make({.shuffle = true, .sampler = SequentialSampler(3)}); },
                                        "exclude each other");
  require_throws<std::invalid_argument>([] { DataLoader(std::shared_ptr<const Dataset>()); }, "null");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
