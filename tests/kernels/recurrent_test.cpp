#include "../../kernels/recurrent.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <limits>
#include <tuple>

#include "array.h"

namespace kn = descent::kernels;  // the suite has the same name
using namespace descent;
using namespace descent::testing;

namespace {

using Floats = std::tuple<float, double>;
using Reals = std::vector<double>;

/// Rows of one value, a part of a vector, whole vectors, both; enough rows to be shared out.
const std::vector<std::pair<std::int64_t, std::int64_t>> kSizes = {{1, 1}, {3, 5}, {2, 16}, {5, 37}, {700, 9}};

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 2e-6 : 1e-14;
template <class T>
constexpr double kGradTolerance = sizeof(T) == 4 ? 2e-6 : 1e-10;  // of the stencil

template <class T>
constexpr T kGuard = T(-77);

/// `count` values and one behind them that nobody may touch.
template <class T>
std::vector<T> values(std::int64_t count, std::uint64_t seed) {
  std::vector<T> out;
  for (std::int64_t i = 0; i < count; ++i) out.push_back(static_cast<T>(2 * noise(i, seed)));
  out.push_back(kGuard<T>);
  return out;
}
template <class T>
std::vector<T> unwritten(std::int64_t count) {
  return std::vector<T>(static_cast<std::size_t>(count) + 1, kGuard<T>);
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// ∂f/∂x[k] by a five-point stencil.
double slope(const std::function<double(const Reals&)>& f, Reals x, std::size_t k) {
  constexpr double kStep = 2e-3;
  const double at = x[k];
  const auto shifted = [&](double by) {
    x[k] = at + by * kStep;
    return f(x);
  };
  return (8 * (shifted(1) - shifted(-1)) - (shifted(2) - shifted(-2))) / (12 * kStep);
}

/// Those with respect to x[begin] … x[end − 1].
Reals slopes(const std::function<double(const Reals&)>& f, const Reals& x, std::size_t begin, std::size_t end) {
  Reals out;
  for (std::size_t k = begin; k < end; ++k) out.push_back(slope(f, x, k));
  return out;
}

/// Sums of i, f, g, o and c before -> i, f, g, o, c, h.
Reals lstm(const Reals& x) {
  const double i = sigmoid(x[0]), f = sigmoid(x[1]), g = std::tanh(x[2]), o = sigmoid(x[3]), c = f * x[4] + i * g;
  return {i, f, g, o, c, o * std::tanh(c)};
}

/// Sums from the input of r, z, n, those from h, and h before -> r, z, n, h.
Reals gru(const Reals& x) {
  const double r = sigmoid(x[0] + x[3]), z = sigmoid(x[1] + x[4]), n = std::tanh(x[2] + r * x[5]);
  return {r, z, n, (1 - z) * n + z * x[6]};
}

template <class T>
void check_all(const std::vector<T>& found, const std::vector<double>& expected, double tolerance, const char* what) {
  BOOST_TEST_REQUIRE(found.size() == expected.size() + 1);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    BOOST_TEST(close(found[i], expected[i], tolerance),
               what << "[" << i << "]: " << found[i] << ", expected " << expected[i]);
  }
  BOOST_TEST(found.back() == kGuard<T>, what << ": written behind the end");
}

/// One element of a batch. In a row, the parts of a cell (its gates) stand one behind the other, `hidden` values each.
struct Element {
  std::int64_t row, column, hidden;

  std::size_t at(std::int64_t part, std::int64_t parts) const {
    return static_cast<std::size_t>((row * parts + part) * hidden + column);
  }
  /// Its entry in every part of each array, which is given with the number of its parts.
  template <class T>
  Reals read(std::initializer_list<std::pair<const std::vector<T>&, std::int64_t>> arrays) const {
    Reals out;
    for (const auto& [array, parts] : arrays) {
      for (std::int64_t k = 0; k < parts; ++k) out.push_back(array[at(k, parts)]);
    }
    return out;
  }
  void write(Reals& array, const Reals& parts) const {
    const auto count = static_cast<std::int64_t>(parts.size());
    for (std::int64_t k = 0; k < count; ++k) array[at(k, count)] = parts[static_cast<std::size_t>(k)];
  }
};

/// Calls f for each element of a batch.
template <class F>
void each(std::int64_t rows, std::int64_t hidden, F&& f) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < hidden; ++i) f(Element{r, i, hidden});
  }
}

Reals zeros(std::int64_t count) { return Reals(static_cast<std::size_t>(count)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)
BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE_TEMPLATE(lstm_and_its_gradient, T, Floats) {
  const DType dtype = dtype_of<T>();
  for (const auto& [rows, hidden] : kSizes) {
    const std::int64_t n = rows * hidden;
    const auto sums = values<T>(4 * n, 1), before = values<T>(n, 2), dh = values<T>(n, 3), dc = values<T>(n, 4);
    auto gates = sums, c = before, h = unwritten<T>(n), dbefore = dc, dsums = unwritten<T>(4 * n);
    kn::lstm_cell(dtype, rows, hidden, gates.data(), c.data(), h.data());
    kn::lstm_cell_grad(dtype, rows, hidden, gates.data(), before.data(), dh.data(), dbefore.data(), dsums.data());

    Reals gates_, c_, h_, dbefore_, dsums_;
    for (Reals* all : {&gates_, &dsums_}) *all = zeros(4 * n);
    for (Reals* all : {&c_, &h_, &dbefore_}) *all = zeros(n);
    each(rows, hidden, [&](const Element& e) {
      const Reals x = e.read<T>({{sums, 4}, {before, 1}}), up = e.read<T>({{dh, 1}, {dc, 1}}), y = lstm(x);
      e.write(gates_, {y[0], y[1], y[2], y[3]});
      e.write(c_, {y[4]});
      e.write(h_, {y[5]});
      const auto loss = [&](const Reals& at) { return up[0] * lstm(at)[5] + up[1] * lstm(at)[4]; };
      e.write(dsums_, slopes(loss, x, 0, 4));
      e.write(dbefore_, {slope(loss, x, 4)});
    });
    BOOST_TEST_CONTEXT("rows " << rows << ", hidden " << hidden) {
      check_all(gates, gates_, kTolerance<T>, "gates");
      check_all(c, c_, kTolerance<T>, "c");
      check_all(h, h_, kTolerance<T>, "h");
      check_all(dsums, dsums_, kGradTolerance<T>, "dgates");
      check_all(dbefore, dbefore_, kGradTolerance<T>, "dc");
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gru_and_its_gradient, T, Floats) {
  const DType dtype = dtype_of<T>();
  for (const auto& [rows, hidden] : kSizes) {
    const std::int64_t n = rows * hidden;
    const auto sums = values<T>(3 * n, 1), own = values<T>(3 * n, 2), before = values<T>(n, 3), up = values<T>(n, 4);
    auto gates = sums, candidate = unwritten<T>(n), h = unwritten<T>(n), dh = up;
    auto dgates = unwritten<T>(3 * n), down = unwritten<T>(3 * n);
    kn::gru_cell(dtype, rows, hidden, gates.data(), own.data(), candidate.data(), before.data(), h.data());
    kn::gru_cell_grad(dtype, rows, hidden, gates.data(), candidate.data(), before.data(), dh.data(), dgates.data(),
                      down.data());

    Reals gates_, candidate_, h_, dh_, dgates_, down_;
    for (Reals* all : {&gates_, &dgates_, &down_}) *all = zeros(3 * n);
    for (Reals* all : {&candidate_, &h_, &dh_}) *all = zeros(n);
    each(rows, hidden, [&](const Element& e) {
      const Reals x = e.read<T>({{sums, 3}, {own, 3}, {before, 1}}), g = e.read<T>({{up, 1}}), y = gru(x);
      e.write(gates_, {y[0], y[1], y[2]});
      e.write(candidate_, {x[5]});
      e.write(h_, {y[3]});
      const auto loss = [&](const Reals& at) { return g[0] * gru(at)[3]; };
      e.write(dgates_, slopes(loss, x, 0, 3));
      e.write(down_, slopes(loss, x, 3, 6));
      e.write(dh_, {slope(loss, x, 6)});
    });
    BOOST_TEST_CONTEXT("rows " << rows << ", hidden " << hidden) {
      check_all(gates, gates_, kTolerance<T>, "gates");
      check_all(candidate, candidate_, 0, "candidate");
      check_all(h, h_, kTolerance<T>, "h");
      check_all(dgates, dgates_, kGradTolerance<T>, "dgates");
      check_all(down, down_, kGradTolerance<T>, "drecurrent");
      check_all(dh, dh_, kGradTolerance<T>, "dh");
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rnn_and_its_gradient, T, Floats) {
  const DType dtype = dtype_of<T>();
  for (const bool relu : {false, true}) {
    for (const std::int64_t n : {1, 7, 64, 40001}) {
      const auto sums = values<T>(n, 1), up = values<T>(n, 2);
      auto h = sums, down = unwritten<T>(n), in_place = up;
      kn::rnn_cell(dtype, relu, n, h.data());
      kn::rnn_cell_grad(dtype, relu, n, h.data(), up.data(), down.data());
      kn::rnn_cell_grad(dtype, relu, n, h.data(), in_place.data(), in_place.data());
      Reals h_, down_;
      for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
        const double x = sums[i];
        h_.push_back(relu ? std::max(x, 0.0) : std::tanh(x));
        down_.push_back(up[i] * (relu ? (x > 0 ? 1.0 : 0.0) : 1 - std::tanh(x) * std::tanh(x)));
      }
      BOOST_TEST_CONTEXT((relu ? "relu " : "tanh ") << n) {
        check_all(h, h_, kTolerance<T>, "h");
        check_all(down, down_, kTolerance<T>, "dsum");
        BOOST_TEST((in_place == down));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(relu_of_nothing_and_of_nan, T, Floats) {
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  std::vector<T> h = {nan, T(-0.0), T(0), -inf, inf}, g = {T(1), T(2), T(3), T(4), T(5)};
  kn::rnn_cell(dtype_of<T>(), true, 5, h.data());
  BOOST_TEST(std::isnan(h[0]));
  BOOST_TEST((std::vector<T>(h.begin() + 1, h.end()) == std::vector<T>{0, 0, 0, inf}));
  kn::rnn_cell_grad(dtype_of<T>(), true, 5, h.data(), g.data(), g.data());
  BOOST_TEST((std::vector<T>(g.begin() + 1, g.end()) == std::vector<T>{0, 0, 0, 5}));  // 0 has the slope 0
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sums, T, Floats) {
  for (const std::int64_t n : {1, 7, 64, 40001}) {
    const auto term = values<T>(n, 1), start = values<T>(n, 2);
    auto sum = start;
    kn::add_to(dtype_of<T>(), n, sum.data(), term.data());
    bool same = sum.back() == kGuard<T>;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) same &= sum[i] == start[i] + term[i];
    BOOST_TEST(same, n << " elements");
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nothing_to_do, T, Floats) {
  const DType dtype = dtype_of<T>();
  auto a = unwritten<T>(8);
  const auto before = a;
  for (const auto& [rows, hidden] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {2, 0}}) {
    kn::lstm_cell(dtype, rows, hidden, a.data(), a.data(), a.data());
    kn::gru_cell(dtype, rows, hidden, a.data(), a.data(), a.data(), a.data(), a.data());
  }
  kn::rnn_cell(dtype, false, 0, a.data());
  kn::add_to(dtype, 0, a.data(), a.data());
  BOOST_TEST((a == before));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(any_number_of_threads, T, Floats) {
  const DType dtype = dtype_of<T>();
  const std::int64_t rows = 1000, hidden = 21, n = rows * hidden;
  std::string bits;
  const auto put = [&](const std::vector<T>& v) {
    bits.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T));
  };
  const auto run = [&] {
    bits.clear();
    auto gates = values<T>(4 * n, 1), c = values<T>(n, 2), h = unwritten<T>(n), dc = values<T>(n, 3);
    const auto before = c, dh = values<T>(n, 4);
    auto down = unwritten<T>(4 * n), more = unwritten<T>(3 * n);
    kn::lstm_cell(dtype, rows, hidden, gates.data(), c.data(), h.data());
    kn::lstm_cell_grad(dtype, rows, hidden, gates.data(), before.data(), dh.data(), dc.data(), down.data());
    for (const auto* v : {&gates, &c, &h, &dc, &down}) put(*v);
    kn::gru_cell(dtype, rows, hidden, gates.data(), down.data(), c.data(), before.data(), h.data());
    kn::gru_cell_grad(dtype, rows, hidden, gates.data(), c.data(), before.data(), dc.data(), down.data(), more.data());
    kn::rnn_cell(dtype, false, n, h.data());
    kn::add_to(dtype, n, h.data(), dc.data());
    for (const auto* v : {&gates, &c, &h, &dc, &down, &more}) put(*v);
  };
  same_for_any_threads(run, [&] { return bits; });
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
