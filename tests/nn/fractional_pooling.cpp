// Fractional max pooling beyond the walk over all layers: what is drawn, where the maxima lie, what is refused.
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "autograd/gradcheck.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(fractional_pooling)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(windows_begin_where_the_samples_say) {
  const Tensor x = arange(10.0).reshape({1, 1, 1, 10}).to(float64);
  const auto pooled = [&](double u) {
    const Tensor samples = tensor({u, 0.0}, {.dtype = float64}).reshape({1, 1, 2});  // the width's first
    return fractional_max_pool2d(x, {1, 2}, {.output_size = {1, 4}, .random_samples = samples}).to_vector<double>();
  };
  // alpha = 8/3: the windows begin at floor((i + u)·8/3) - floor(u·8/3) and end one further, the last one at 8.
  BOOST_TEST((pooled(0) == std::vector<double>{1, 3, 6, 9}));
  BOOST_TEST((pooled(0.5) == std::vector<double>{1, 4, 6, 9}));
  BOOST_TEST((pooled(0.9) == std::vector<double>{1, 4, 6, 9}));
  BOOST_TEST((pooled(0.3) == std::vector<double>{1, 4, 7, 9}));
  const Tensor one = fractional_max_pool2d(x, {1, 3}, {.output_size = {1, 1}});
  BOOST_TEST(one.item<double>() == 9);  // one window: the last one
}

BOOST_AUTO_TEST_CASE(planes_draw_windows_of_their_own) {
  manual_seed(3);
  const Tensor x = arange(81.0).reshape({1, 1, 9, 9}).expand({40, 3, 9, 9});
  nn::FractionalMaxPool2d pool(2, {.output_ratio = 0.6});
  pool.eval();
  const auto [y, places] = pool.forward_with_indices(x);
  BOOST_TEST(y.shape() == Shape({40, 3, 5, 5}));
  BOOST_TEST(same_bits(y, x.flatten(-2).gather(2, places.flatten(-2)).reshape(y.shape())));
  BOOST_TEST(same_bits(places.to(float32), y));  // each element is its place
  const Tensor all = y.reshape({120, 25});
  BOOST_TEST(any(all != all.select(0, 0)).item<bool>());
  BOOST_TEST(!same_bits(pool(x), y));  // and anew in each call
  manual_seed(3);
  BOOST_TEST(same_bits(pool(x), y));
  BOOST_TEST(max_unpool2d(y, places, 2, {.output_size = {9, 9}}).shape() == x.shape());
  BOOST_TEST(pool(x.select(0, 0)).shape() == Shape({3, 5, 5}));
  BOOST_TEST(pool(zeros({0, 3, 9, 9})).shape() == Shape({0, 3, 5, 5}));
  BOOST_TEST(pool.state_dict().empty());
}

BOOST_AUTO_TEST_CASE(values_that_are_not_numbers) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({1.0, nan, 2.0, -infinity, -infinity, 3.0}, {.dtype = float64}).reshape({1, 1, 6});
  const auto [y, places] = fractional_max_pool2d_with_indices(
      x, {1, 2}, {.output_size = {1, 3}, .random_samples = zeros({1, 1, 2}, {.dtype = float64})});
  BOOST_TEST(std::isnan(y.to_vector<double>()[0]));
  BOOST_TEST((places.to_vector<std::int64_t>() == std::vector<std::int64_t>{1, 2, 5}));
}

BOOST_AUTO_TEST_CASE(second_order) {
  Tensor x = random_tensor({2, 2, 5, 6}, 7, {.dtype = float64, .requires_grad = true});
  const Tensor samples = rand({2, 2, 2}, {.dtype = float64});
  const auto f = [&](const Tensor& a) {
    return fractional_max_pool2d(a, 2, {.output_size = {3, 4}, .random_samples = samples}).square();
  };
  BOOST_TEST(autograd::gradcheck(f, {x}));
  BOOST_TEST(autograd::gradgradcheck(f, {x}));
}

BOOST_AUTO_TEST_CASE(refuses) {
  const Tensor x = zeros({2, 3, 6, 6});
  using Options = FractionalMaxPoolOptions;
  const auto call = [&](const Extent& kernel, const Options& o) {
    return [=] { fractional_max_pool2d(x, kernel, o); };
  };
  require_throws<std::invalid_argument>(call(2, {}), "either output_size or output_ratio must be given, got neither");
  require_throws<std::invalid_argument>(call(2, {.output_size = 2, .output_ratio = 0.5}), "got both");
  require_throws<std::invalid_argument>(call(2, {.output_ratio = 1}), "output_ratio must be between 0 and 1, got 1");
  require_throws<std::invalid_argument>(call(0, {.output_size = 2}), "kernel_size");
  require_throws<std::invalid_argument>(call(2, {.output_size = {2, 0}}), "output_size");
  require_throws<ShapeError>(call(2, {.output_ratio = {0.5, 0.5, 0.5}}), "each of the 2 spatial dims, got 3");
  require_throws<ShapeError>(call(2, {.output_ratio = 0.1}), "leaves nothing of the size 6");
  require_throws<ShapeError>(call(3, {.output_size = 5}), "5 windows of 3 do not fit into the size 6 of dim -2");
  require_throws<ShapeError>(call(std::int64_t{1} << 62, {.output_size = 5}), "do not fit");
  require_throws<ShapeError>(call(2, {.output_size = 2, .random_samples = zeros({2, 3, 3})}),
                             "random_samples must be [2, 3, 2], got [2, 3, 3]");
  require_throws<DTypeError>(call(2, {.output_size = 2, .random_samples = zeros({2, 3, 2}, {.dtype = float64})}),
                             "random_samples must have the input's type float32, got float64");
  require_throws<std::invalid_argument>(call(2, {.output_size = 2, .random_samples = ones({2, 3, 2})}), "[0, 1)");
  require_throws<ShapeError>([&] { fractional_max_pool3d(zeros({6, 6}), 2, {.output_size = 2}); }, "5 or");
  require_throws<DTypeError>([&] { fractional_max_pool2d(x.to(int64), 2, {.output_size = 2}); }, "takes floats");
  require_throws<std::invalid_argument>([] { nn::FractionalMaxPool3d(2, {}); },
                                        "FractionalMaxPool3d: either output_size or output_ratio");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
