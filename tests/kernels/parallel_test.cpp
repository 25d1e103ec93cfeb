#include "../../kernels/parallel.h"

#include <atomic>
#include <new>
#include <stdexcept>
#include <vector>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(parallel)

BOOST_AUTO_TEST_CASE(every_chunk_once) {
  same_for_any_threads([] {},
                       [] {
                         std::vector<std::atomic<int>> calls(1000);
                         std::string out;
                         kn::parallel_for(999, 10, [&](std::int64_t begin, std::int64_t end) {
                           for (std::int64_t i = begin; i < end; ++i) ++calls[static_cast<std::size_t>(i)];
                         });
                         for (const auto& n : calls) out += std::to_string(n);
                         BOOST_TEST(out == std::string(999, '1') + "0");
                         return out;
                       });
}

// An exception would end the program if it left a thread of the team by itself.
BOOST_AUTO_TEST_CASE(an_exception_comes_out) {
  const int before = get_num_threads();
  for (int threads = 1; threads <= 4; ++threads) {
    set_num_threads(threads);
    for (std::int64_t bad = 0; bad < 9; ++bad) {
      std::atomic<int> calls = 0;
      BOOST_CHECK_EXCEPTION(kn::parallel_chunks(9,
                                                [&](std::int64_t i) {
                                                  ++calls;
                                                  if (i == bad) throw std::runtime_error("chunk " + std::to_string(i));
                                                }),
                            std::runtime_error,
                            [&](const std::runtime_error& e) { return e.what() == "chunk " + std::to_string(bad); });
      BOOST_TEST(calls == (threads == 1 ? bad + 1 : 9));
    }
    BOOST_CHECK_THROW(kn::parallel_chunks(100, [](std::int64_t) { throw std::bad_alloc(); }), std::bad_alloc);
    std::atomic<int> sum = 0;
    kn::parallel_chunks(5, [&](std::int64_t i) { sum += static_cast<int>(i); });  // and the team works on
    BOOST_TEST(sum == 10);
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(serial_within_a_region) {
  const int before = get_num_threads();
  set_num_threads(3);
  std::atomic<int> inner = 0, nested = 0, outside = 0;
  kn::parallel_chunks(3, [&](std::int64_t) {
    outside += !kn::in_parallel();  // no checks of Boost.Test here: they are not for several threads
    kn::parallel_chunks(4, [&](std::int64_t) { ++inner; });
    try {
      kn::parallel_chunks(4, [&](std::int64_t i) {
        if (i == 2) throw std::runtime_error("within");
      });
    } catch (const std::runtime_error&) {
      ++nested;
    }
  });
  BOOST_TEST(inner == 12);
  BOOST_TEST(nested == 3);
  BOOST_TEST(outside == 0);
  BOOST_TEST(!kn::in_parallel());
  set_num_threads(before);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
