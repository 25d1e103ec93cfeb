// Every pair of shapes up to 3 dims with sizes 0 … 3: result shape, values, and gradients summed to the right shape.
#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(broadcasting)

namespace {

using namespace descent::testing;

std::vector<Shape> all_shapes() {
  std::vector<Shape> shapes = {Shape()};
  for (std::size_t first = 0, dim = 0; dim < 3; ++dim) {
    const std::size_t last = shapes.size();
    for (; first < last; ++first) {
      for (std::int64_t size = 0; size <= 3; ++size) {
        Shape longer = shapes[first];
        longer.push_back(size);
        shapes.push_back(longer);
      }
    }
  }
  return shapes;
}

/// The rule in plain loops: the broadcast shape, or nothing.
std::optional<Shape> rule(const Shape& a, const Shape& b) {
  const std::size_t n = std::max(a.size(), b.size());
  Shape out(std::vector<std::int64_t>(n, 1));
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t x = i < n - a.size() ? 1 : a[i - (n - a.size())],
                       y = i < n - b.size() ? 1 : b[i - (n - b.size())];
    if (x != y && x != 1 && y != 1) return std::nullopt;
    out[i] = x == 1 ? y : x;
  }
  return out;
}

/// Position in a tensor of shape `s`, row-major, of element `flat` of the broadcast shape.
std::size_t source(const Shape& s, const Shape& whole, std::int64_t flat) {
  std::size_t at = 0, scale = 1;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const std::size_t d = whole.size() - 1 - i;
    const std::int64_t position = flat % whole[d];
    flat /= whole[d];
    if (i >= s.size()) continue;
    const std::int64_t size = s[s.size() - 1 - i];
    if (size != 1) at += static_cast<std::size_t>(position) * scale;
    scale *= static_cast<std::size_t>(size);
  }
  return at;
}

void check_pair(const Shape& sa, const Shape& sb) {
  const Tensor a = random_tensor(sa, 1, {.requires_grad = true}), b = random_tensor(sb, 2, {.requires_grad = true});
  const std::optional<Shape> whole = rule(sa, sb);
  if (!whole) {
    bool threw = false;
    try {
      mul(a, b);
    } catch (const ShapeError& error) {
      threw = std::string(error.what()).find(sa.str()) != std::string::npos &&
              std::string(error.what()).find(sb.str()) != std::string::npos;
    }
    if (!threw) BOOST_TEST(threw, "no ShapeError naming " << sa.str() << " and " << sb.str());
    return;
  }
  const Tensor out = mul(a, b), v = random_tensor(*whole, 3);
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>(), w = v.to_vector<double>();
  std::vector<double> value(w.size()), ga(x.size()), gb(y.size());
  for (std::size_t i = 0; i < w.size(); ++i) {
    const std::size_t ia = source(sa, *whole, static_cast<std::int64_t>(i)),
                      ib = source(sb, *whole, static_cast<std::int64_t>(i));
    value[i] = x[ia] * y[ib];
    ga[ia] += w[i] * y[ib];
    gb[ib] += w[i] * x[ia];
  }
  const std::vector<Tensor> g = grad({out}, {a, b}, {.grad_outputs = {v}});
  const bool right = out.shape() == *whole && g[0].shape() == sa && g[1].shape() == sb &&
                     max_relative_error(out.detach(), value) == 0 && max_relative_error(g[0], ga) < 1e-14 &&
                     max_relative_error(g[1], gb) < 1e-14;
  if (!right) BOOST_TEST(right, sa.str() << " with " << sb.str() << " gives " << out.shape().str());
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_pair) {
  const std::vector<Shape> shapes = all_shapes();
  BOOST_TEST(shapes.size() == 85u);
  for (const Shape& a : shapes) {
    for (const Shape& b : shapes) check_pair(a, b);
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
