// Every elementwise function in every layout: an element's bits depend on nothing but the operands' bits.
#include "../../kernels/elementwise.h"

#include <functional>
#include <limits>
#include <tuple>

#include "simd_targets.h"
#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;
using kn::Binary;
using kn::Unary;
using kn::View;

namespace {

const Sizes kLengths = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 1000};

template <class T>
bool same(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
T value(std::int64_t i, std::uint64_t seed) {
  if constexpr (std::is_same_v<T, bool>)
    return noise(i, seed) > 0;
  else if constexpr (std::is_same_v<T, unsigned char>)
    return static_cast<T>(128 + 127 * noise(i, seed));
  else if constexpr (std::is_integral_v<T>)
    return static_cast<T>(noise(i, seed) * (i % 3 ? 10 : 9e18));
  else
    return static_cast<T>(i % 97 == 5 ? 1e9 : i % 89 == 3 ? 0 : noise(i, seed) * 4);
}

/// `operands` inputs of one type and an output; f sees their views.
template <class T>
using Call = std::function<void(View out, const View* in)>;

/// The value of f for single elements: what every layout must reproduce.
template <class T>
T alone(const Call<T>& f, T a, T b) {
  Array<T> x({1}), y({1}), z({1});
  x[0] = a;
  y[0] = b;
  const View in[] = {x.view(), y.view()};
  f(z.view(), in);
  return z[0];
}

template <class T>
void check(const std::string& name, const Call<T>& f, const Sizes& shape, Layout layout_out, Layout layout_a,
           Layout layout_b) {
  const auto a = Array<T>::make(shape, layout_a, [](std::int64_t i) { return value<T>(i, 1); });
  const auto b = Array<T>::make(shape, layout_b, [](std::int64_t i) { return value<T>(i, 2); });
  Array<T> out(shape, layout_out);
  const View in[] = {a.view(), b.view()};
  f(out.view(), in);
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) wrong += !same(out[i], alone<T>(f, a[i], b[i]));
  BOOST_TEST(wrong == 0, name << ": " << wrong << " of " << a.numel() << " elements differ; layouts "
                              << static_cast<int>(layout_out) << static_cast<int>(layout_a)
                              << static_cast<int>(layout_b));
}

/// One operand broadcast: stride 0 along all, the first or the last dimension of a matrix.
template <class T>
void check_broadcast(const std::string& name, const Call<T>& f, std::int64_t rows, std::int64_t cols) {
  const Sizes shape{rows, cols};
  for (const Sizes& strides : {Sizes{0, 0}, Sizes{0, 1}, Sizes{1, 0}}) {
    for (int which = 0; which < 3; ++which) {  // the first, the second, both
      const auto full = Array<T>::make(shape, Layout::Contiguous, [](std::int64_t i) { return value<T>(i, 3); });
      const auto part =
          Array<T>::make({rows + cols}, Layout::Contiguous, [](std::int64_t i) { return value<T>(i, 4); });
      Array<T> out(shape);
      View narrow = full.view();
      narrow.data = part.data();
      narrow.strides = strides.data();
      narrow.contiguous = false;
      const View in[] = {which == 1 ? full.view() : narrow, which == 0 ? full.view() : narrow};
      f(out.view(), in);
      std::int64_t wrong = 0;
      for (std::int64_t i = 0; i < out.numel(); ++i) {
        const T other = part[i / cols * strides[0] + i % cols * strides[1]];
        wrong += !same(out[i], alone<T>(f, which == 1 ? full[i] : other, which == 0 ? full[i] : other));
      }
      BOOST_TEST(wrong == 0, name << ": " << wrong << " elements differ; strides " << strides[0] << ", " << strides[1]
                                  << ", operand " << which);
    }
  }
}

template <class T>
void check_everywhere(const std::string& name, const Call<T>& f) {
  for (const std::int64_t n : kLengths) {
    check<T>(name, f, {n}, Layout::Contiguous, Layout::Contiguous, Layout::Contiguous);
    check<T>(name, f, {n}, Layout::Contiguous, Layout::Spread, Layout::Contiguous);
  }
  for (const Layout out : kLayouts) {
    for (const Layout in : kLayouts) {
      check<T>(name, f, {5, 67}, out, in, Layout::Contiguous);
      check<T>(name, f, {2, 3, 35}, out, Layout::Contiguous, in);
    }
  }
  check_broadcast<T>(name, f, 3, 19);
  check_broadcast<T>(name, f, 1, 1);
  check_broadcast<T>(name, f, 40, 2);

  // In place, and on a shared first operand.
  auto x = Array<T>::make({131}, Layout::Contiguous, [](std::int64_t i) { return value<T>(i, 5); });
  const auto before = Array<T>::make({131}, Layout::Contiguous, [](std::int64_t i) { return value<T>(i, 5); });
  const View in[] = {x.view(), x.view()};
  f(x.view(), in);
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) wrong += !same(x[i], alone<T>(f, before[i], before[i]));
  BOOST_TEST(wrong == 0, name << ": " << wrong << " elements differ in place");
}

/// Large enough to be shared out: 100,003 elements in a row, or 99,813 in a matrix whose first operand is transposed.
template <class T>
struct Large {
  Sizes shape;
  Array<T> a, b;
  Large(const Sizes& s, Layout layout)
      : shape(s),
        a(Array<T>::make(s, layout, [](std::int64_t i) { return value<T>(i, 6); })),
        b(Array<T>::make(s, Layout::Contiguous, [](std::int64_t i) { return value<T>(i, 7); })) {}
};

template <class T>
void check_threads(const Call<T>& f, const std::vector<Large<T>>& operands) {
  for (const auto& [shape, a, b] : operands) {
    Array<T> out(shape);
    const View in[] = {a.view(), b.view()};
    same_for_any_threads([&] { f(out.view(), in); }, [&] { return out.bytes(); });
    for (const std::int64_t i : {std::int64_t{0}, std::int64_t{32767}, std::int64_t{32768}, a.numel() - 1}) {
      BOOST_TEST(same(out[i], alone<T>(f, a[i], b[i])));
    }
  }
}

template <class T>
std::vector<std::pair<std::string, Call<T>>> all_functions() {
  std::vector<std::pair<std::string, Call<T>>> list;
  constexpr bool kFloat = std::is_floating_point_v<T>;
  for (int i = 0; i <= static_cast<int>(Unary::Relu); ++i) {
    const auto op = static_cast<Unary>(i);
    if (!kFloat && op >= Unary::Sqrt && op != Unary::Relu) continue;
    list.emplace_back("unary " + std::to_string(i), [op](View out, const View* in) { kn::unary(op, out, in[0]); });
  }
  for (int i = 0; i <= static_cast<int>(Binary::SigmoidGrad); ++i) {
    const auto op = static_cast<Binary>(i);
    if (!kFloat && (op == Binary::Div || op > Binary::ReluGrad)) continue;
    list.emplace_back("binary " + std::to_string(i),
                      [op](View out, const View* in) { kn::binary(op, out, in[0], in[1]); });
  }
  return list;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(elementwise)

using Numbers = std::tuple<bool, unsigned char, std::int64_t, float, double>;

BOOST_AUTO_TEST_CASE_TEMPLATE(every_layout_gives_the_same_bits, T, Numbers) {
  for (const auto& [name, f] : all_functions<T>()) check_everywhere<T>(name, f);
}

BOOST_AUTO_TEST_CASE(every_layout_gives_the_same_bits_on_every_target) {
  for_each_target([](const char* target) {
    for (const auto& [name, f] : all_functions<float>()) {
      check<float>(std::string(target) + " " + name, f, {3, 41}, Layout::Contiguous, Layout::Spread, Layout::Reversed);
    }
    for (const auto& [name, f] : all_functions<double>()) {
      check<double>(std::string(target) + " " + name, f, {3, 41}, Layout::Reversed, Layout::Contiguous, Layout::Spread);
    }
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_number_of_threads_gives_the_same_bits, T, Numbers) {
  const std::vector<Large<T>> operands = {{{1, 100003, 1}, Layout::Contiguous}, {{343, 291}, Layout::Reversed}};
  for (const auto& [name, f] : all_functions<T>()) {
    BOOST_TEST_CONTEXT(name) { check_threads<T>(f, operands); }
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_written_outside) {
  for (const std::int64_t n : kLengths) {
    Array<float> in({n}), out({n + 40});
    for (std::int64_t i = 0; i < out.numel(); ++i) out[i] = 7;
    View target = in.view();
    target.data = out.data() + 20;
    kn::unary(Unary::Exp, target, in.view());
    kn::binary(Binary::Add, target, in.view(), in.view());
    std::int64_t kept = 0;
    for (std::int64_t i = 0; i < out.numel(); ++i) kept += out[i] == 7;
    BOOST_TEST(kept == 40);
  }
}

BOOST_AUTO_TEST_CASE(empty_views_without_memory) {
  const std::int64_t shape[] = {0, 3}, strides[] = {3, 1};
  const View empty{nullptr, shape, strides, 0, 2, float32, true};
  View flags = empty;
  flags.dtype = boolean;
  const float one = 1;
  kn::unary(Unary::Exp, empty, empty);
  kn::binary(Binary::Pow, empty, empty, empty);
  kn::compare(kn::Compare::Less, flags, empty, empty);
  kn::where(empty, flags, empty, empty);
  kn::clamp(empty, empty, &one, &one);
  kn::copy(empty, empty);
  kn::fill(empty, &one);
  BOOST_TEST(empty.data == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
