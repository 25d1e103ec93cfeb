// Ops that repeat, split, roll, flip and move dims against PyTorch's (tests/reference/repeat.py).
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

/// A function of the first input.
template <class F>
Call of(F f) {
  return [f](const List& in) { return f(in[0]); };
}

Call piece(std::function<List(const List&)> f, std::size_t i) {
  return [=](const List& in) { return f(in)[i]; };
}

std::map<std::string, Call> calls() {
  std::map<std::string, Call> all = {
      {"unflatten/plain", of([](const Tensor& a) {
         return a.unflatten(1, {3, 2});
       })},
      {"unflatten/inferred", of([](const Tensor& a) {
         return a.unflatten(-2, {3, -1});
       })},
      {"movedim/one", of([](const Tensor& a) { return a.movedim(0, -1); })},
      {"movedim/two", of([](const Tensor& a) {
         return a.movedim({0, -1}, {1, 0});
       })},
      {"movedim/last", of([](const Tensor& a) { return a.movedim(3, 1); })},
      {"expand_as", [](const List& in) { return in[0].expand_as(in[1]); }},
      {"repeat/plain", of([](const Tensor& a) {
         return a.repeat({2, 1, 2});
       })},
      {"repeat/fresh", of([](const Tensor& a) {
         return a.repeat({2, 3});
       })},
      {"repeat/zero", of([](const Tensor& a) {
         return a.repeat({1, 0, 2});
       })},
      {"tile/plain", of([](const Tensor& a) { return a.tile(2); })},
      {"tile/fresh", of([](const Tensor& a) {
         return a.tile({2, 1, 1, 2});
       })},
      {"repeat_interleave/dim", of([](const Tensor& a) { return a.repeat_interleave(2, 1); })},
      {"repeat_interleave/flat", of([](const Tensor& a) { return a.repeat_interleave(3); })},
      {"repeat_interleave/counts", [](const List& in) { return in[0].repeat_interleave(in[1], 1); }},
      {"repeat_interleave/flat_counts", [](const List& in) { return in[0].repeat_interleave(in[1]); }},
      {"roll/one", of([](const Tensor& a) { return a.roll(1, 0); })},
      {"roll/two", of([](const Tensor& a) {
         return a.roll({-1, 5}, {1, -1});
       })},
      {"roll/same", of([](const Tensor& a) {
         return a.roll({1, 1}, {1, 1});
       })},
      {"roll/flat", of([](const Tensor& a) { return a.roll(-4); })},
      {"flip/one", of([](const Tensor& a) { return a.flip(-1); })},
      {"flip/two", of([](const Tensor& a) {
         return a.flip({0, 1});
       })},
      {"fliplr", of(fliplr)},
      {"flipud", of(flipud)},
      {"split/1", of([](const Tensor& a) { return a.split(2, 1)[1]; })},
      {"split_sizes/2", of([](const Tensor& a) {
         return a.split({1, 0, 2}, 1)[2];
       })},
      {"chunk/2", of([](const Tensor& a) { return a.chunk(3)[2]; })},
      {"chunk_few/2", of([](const Tensor& a) { return a.chunk(4)[2]; })},
      {"unbind/1", of([](const Tensor& a) { return a.unbind(-2)[1]; })},
      {"one_hot/5", of([](const Tensor& a) { return one_hot(a, 5); })},
      {"one_hot/-1", of([](const Tensor& a) { return one_hot(a); })},
  };
  for (int i = 0; i < 4; ++i) {
    all["hstack/" + std::to_string(i)] = hstack;
    all["vstack/" + std::to_string(i)] = vstack;
    all["dstack/" + std::to_string(i)] = dstack;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    all["meshgrid_ij/" + std::to_string(i)] = piece([](const List& in) { return meshgrid(in); }, i);
    all["meshgrid_xy/" + std::to_string(i)] = piece([](const List& in) { return meshgrid(in, {.indexing = "xy"}); }, i);
  }
  for (int k = -1; k < 4; ++k) {
    all["rot90/" + std::to_string(k)] = of([k](const Tensor& a) { return rot90(a, k); });
    all["rot90_back/" + std::to_string(k)] = of([k](const Tensor& a) { return rot90(a, k, {-1, 1}); });
  }
  return all;
}

Call call_for(const std::string& name) {
  static const std::map<std::string, Call> all = calls();
  const auto found = all.find(name);
  if (found == all.end()) BOOST_FAIL("no op for the reference case " << name);
  return found->second;
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_repeat)

BOOST_AUTO_TEST_CASE(repeat) { check_table("ops/repeat.txt", call_for); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
