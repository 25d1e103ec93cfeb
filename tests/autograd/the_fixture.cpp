// The fixture around every test must be able to fail: each kind of slip is seen.
#include <cfenv>
#include <cmath>
#include <memory>
#include <fcntl.h>
#include <unistd.h>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(the_fixture)

namespace {

using namespace descent::testing;

/// What the fixture says after `slip`; `undo` puts things right again.
template <class Slip, class Undo>
std::string said(Slip slip, Undo undo) {
  const Snapshot before = take_snapshot();
  slip();
  const std::string text = differences(before, take_snapshot());
  undo();
  BOOST_TEST(differences(before, take_snapshot()) == "");
  return text;
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(sees_tensors_and_nodes) {
  Tensor kept, graph;
  const std::string tensors = said([&] { kept = ones({2}); }, [&] { kept = Tensor(); });
  BOOST_TEST(contains(tensors, "tensors"));
  BOOST_TEST(contains(tensors, "storages"));
  BOOST_TEST(contains(said([&] { graph = ones({2}, {.requires_grad = true}) * 2.0; }, [&] { graph = Tensor(); }),
                      "graph nodes"));
}

BOOST_AUTO_TEST_CASE(sees_modes) {
  BOOST_TEST(contains(said([] { set_grad_enabled(false); }, [] { set_grad_enabled(true); }), "grad mode"));
  const int threads = get_num_threads();
  BOOST_TEST(contains(said([&] { set_num_threads(threads + 1); }, [&] { set_num_threads(threads); }), "threads"));
  BOOST_TEST(
      contains(said([] { std::fesetround(FE_UPWARD); }, [] { std::fesetround(FE_TONEAREST); }), "rounding mode"));
}

BOOST_AUTO_TEST_CASE(sees_files) {
  int file = -1;
  BOOST_TEST(contains(said([&] { file = open("/dev/null", O_RDONLY); }, [&] { close(file); }), "open files"));
  std::unique_ptr<TempDir> folder;
  BOOST_TEST(contains(said([&] { folder = std::make_unique<TempDir>(); }, [&] { folder.reset(); }), "temporary files"));
}

BOOST_AUTO_TEST_CASE(helpers) {
  const Tensor a = tensor({1.0, 2.0}), nan = tensor({std::nan(""), 2.0});
  BOOST_TEST(max_relative_error(a, a) == 0);
  BOOST_TEST(max_relative_error(nan, nan) == 0);
  BOOST_TEST(std::isinf(max_relative_error(a, nan)));
  BOOST_TEST(std::isinf(max_relative_error(a, ones({3}))));
  BOOST_TEST(max_relative_error(a, tensor({1.0, 4.0})) == 0.5);
  BOOST_TEST(!same_bits(tensor({0.0}), tensor({-0.0})));
  BOOST_TEST(!same_bits(a, a.to(float64)));
  BOOST_TEST(same_bits(ones({2, 3}), ones({3, 2}).t()));
  BOOST_TEST(same_bits(random_tensor({5}, 1), random_tensor({5}, 1)));
  BOOST_TEST(!same_bits(random_tensor({5}, 1), random_tensor({5}, 2)));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
