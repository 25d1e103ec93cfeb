// The text of graphs, letter by letter.
#include <pthread.h>

#include <algorithm>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(dot)

namespace {

using namespace descent::testing;

Tensor leaf(const Shape& shape) { return ones(shape, {.dtype = float64, .requires_grad = true}); }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_small_graph) {
  const Tensor x = ones({4, 3}, {.dtype = float64});  // needs no gradient: not shown
  const Tensor w = leaf({3, 2}), b = leaf({2});
  const Tensor h = tanh(matmul(x, w) + b);
  const Tensor loss = (h * h).sum();
  const std::string expected =
      "digraph {\n"
      "  node [shape=box]\n"
      "  out [label=\"float64 []\", shape=ellipse]\n"
      "  n0 [label=\"sum\"]\n"
      "  n1 [label=\"mul\"]\n"
      "  n2 [label=\"tanh\"]\n"
      "  n3 [label=\"add\"]\n"
      "  n4 [label=\"matmul\"]\n"
      "  n5 [label=\"bias\\nfloat64 [2]\", shape=ellipse]\n"
      "  n6 [label=\"float64 [3, 2]\", shape=ellipse]\n"
      "  n0 -> out\n"
      "  n1 -> n0\n"
      "  n2 -> n1\n"
      "  n2 -> n1\n"
      "  n3 -> n2\n"
      "  n4 -> n3\n"
      "  n5 -> n3\n"
      "  n6 -> n4\n"
      "}\n";
  BOOST_TEST(graph_dot(loss, {.params = {{"bias", b}, {"other", x}, {"missing", Tensor()}}}) == expected);
  BOOST_TEST(graph_dot(loss, {.params = {{"bias", b}}}) == expected);
}

// Equal graphs give equal text, and asking changes nothing.
BOOST_AUTO_TEST_CASE(no_addresses) {
  const auto text = [] {
    const Tensor a = leaf({2}), b = leaf({2});
    const Tensor loss = ((a * b).exp() + a / b).sum();
    const std::string first = graph_dot(loss);
    loss.backward();
    BOOST_TEST(graph_dot(loss) == first);
    return first;
  };
  const std::string once = text();
  const Tensor keeps_memory = leaf({100});
  BOOST_TEST(text() == once);
}

BOOST_AUTO_TEST_CASE(what_is_shared_appears_once) {
  const Tensor x = leaf({});
  Tensor y = x;
  for (int i = 0; i < 30; ++i) y = y * y;  // 2³⁰ paths
  const std::string text = graph_dot(y);
  BOOST_TEST(count(text, "label=\"mul\"") == 30);
  BOOST_TEST(count(text, "shape=ellipse") == 2);
  BOOST_TEST(count(text, "->") == 61);
}

BOOST_AUTO_TEST_CASE(leaves_alone) {
  const Tensor constant = zeros({2, 3}), w = leaf({5});
  BOOST_TEST(graph_dot(constant) ==
             "digraph {\n  node [shape=box]\n  out [label=\"float32 [2, 3]\", shape=ellipse]\n}\n");
  BOOST_TEST(graph_dot(w, {.params = {{"w", w}}}) ==
             "digraph {\n  node [shape=box]\n  n0 [label=\"w\\nfloat64 [5]\", shape=ellipse]\n}\n");
  require_throws<Error>([] { graph_dot(Tensor()); }, "graph_dot");
}

BOOST_AUTO_TEST_CASE(saved_tensors) {
  const Tensor w = leaf({3});
  const Tensor y = tanh(w), loss = (y * w).sum();
  const std::string text = graph_dot(loss, {.show_saved = true});
  BOOST_TEST(count(text, "[label=\"tanh\\nsaved output 0: float64 [3], 24 bytes\"]") == 1);
  BOOST_TEST(count(text, "saved input") == 2);
  loss.backward();
  const std::string later = graph_dot(loss, {.show_saved = true});
  BOOST_TEST(count(later, "[label=\"tanh\\nsaved output 0: freed\"]") == 1);
  BOOST_TEST(count(later, "bytes") == 0);
}

BOOST_AUTO_TEST_CASE(several_outputs_and_escapes) {
  const Tensor w = leaf({3});
  const auto [values, indices] = sort(w);
  const std::string text = graph_dot(values, {.params = {{"a \"b\"\\n\n<&>\t", w}}});
  BOOST_TEST(count(text, "  n0 -> out [label=\"0\"]\n") == 1);
  BOOST_TEST(count(text, "[label=\"a \\\"b\\\"\\\\n\\n<&amp;> \\nfloat64 [3]\", shape=ellipse]") == 1);
}

BOOST_AUTO_TEST_CASE(a_million_ops_on_a_small_stack) {
  std::size_t boxes = 0, arrows = 0;
  std::function<void()> f = [&] {
    Tensor y = leaf({});
    for (int i = 0; i < 1'000'000; ++i) y = y + 1.0;
    const std::string text = graph_dot(y);
    boxes = count(text, "[label=\"add");
    arrows = count(text, "->");
  };
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  BOOST_TEST_REQUIRE(pthread_attr_setstacksize(&attributes, 256 * 1024) == 0);
  pthread_t thread;
  const auto call = [](void* p) -> void* {
    (*static_cast<std::function<void()>*>(p))();
    return nullptr;
  };
  BOOST_TEST_REQUIRE(pthread_create(&thread, &attributes, call, &f) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  BOOST_TEST(boxes == 1'000'000);
  BOOST_TEST(arrows == 1'000'001);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
