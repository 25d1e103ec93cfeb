// Padding, windows and shuffles against PyTorch's (tests/reference/pad.py).
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

using Sizes = std::vector<int64_t>;

/// The paddings of a mode, in the order of the table.
const std::map<std::string, std::vector<Sizes>>& sizes_of_modes() {
  static const std::map<std::string, std::vector<Sizes>> all = {
      {"constant", {{1, 2}, {1, 0, 2, 1}, {-1, 2, 0, -2}, {0, 0, 0, 0, 1, 1}, {-2, -1}, {3, -4}}},
      {"reflect", {{2, 1}, {2, 3}, {1, 2, 2, 1}, {2, 2, 1, 0}, {1, 0, 2, 1, 1, 1}, {-1, 2}, {2, -2}, {-3, 4}}},
      {"replicate", {{7, 2}, {2, 3}, {1, 2, 2, 4}, {2, 2, 1, 0}, {1, 0, 2, 1, 1, 3}, {-1, 2}, {2, -2}}},
      {"circular", {{2, 1}, {4, 3}, {1, 2, 2, 3}, {3, 2, 1, 0}, {1, 0, 2, 1, 1, 2}, {-1, 2}, {2, -2}, {-1, -1}}},
  };
  return all;
}

template <class F>
Call of(F f) {
  return [f](const List& in) { return f(in[0]); };
}

std::map<std::string, Call> calls() {
  std::map<std::string, Call> all = {
      {"windows/overlap", of([](const Tensor& a) { return a.unfold(0, 3, 1); })},
      {"windows/step", of([](const Tensor& a) { return a.unfold(-1, 2, 3); })},
      {"windows/middle", of([](const Tensor& a) { return a.unfold(1, 2, 1); })},
      {"windows/scalar", of([](const Tensor& a) { return a.unfold(0, 1, 1); })},
      {"unfold/plain", of([](const Tensor& a) { return unfold(a, 2); })},
      {"unfold/unbatched", of([](const Tensor& a) {
         return unfold(a, {2, 3}, {.padding = {1, 0}, .stride = {2, 1}});
       })},
      {"unfold/dilated", of([](const Tensor& a) {
         return unfold(a, 2, {.dilation = {1, 2}, .padding = 1, .stride = 2});
       })},
      {"fold/plain", of([](const Tensor& a) {
         return fold(a, {3, 3}, 2);
       })},
      {"fold/unbatched", of([](const Tensor& a) {
         return fold(a, {3, 4}, {2, 3}, {.padding = {1, 0}, .stride = {2, 1}});
       })},
      {"fold/dilated", of([](const Tensor& a) {
         return fold(a, {3, 4}, 2, {.dilation = {1, 2}, .padding = 1, .stride = 2});
       })},
      {"pixel_shuffle", of([](const Tensor& a) { return pixel_shuffle(a, 2); })},
      {"pixel_unshuffle", of([](const Tensor& a) { return pixel_unshuffle(a, 2); })},
      {"channel_shuffle", of([](const Tensor& a) { return channel_shuffle(a, 3); })},
  };
  for (const auto& [mode, paddings] : sizes_of_modes()) {
    for (std::size_t i = 0; i < paddings.size(); ++i) {
      const PadOptions options = {.mode = mode, .value = mode == "constant" ? 1.5 : 0.0};
      all["pad_" + mode + "/" + std::to_string(i)] =
          of([sizes = paddings[i], options](const Tensor& a) { return pad(a, sizes, options); });
    }
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
BOOST_AUTO_TEST_SUITE(reference_pad)

BOOST_AUTO_TEST_CASE(pad) { check_table("ops/pad.txt", call_for); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
