// What single layers promise beside the values: how they start, what they refuse, what their other functions do.
#include <cmath>

#include "../fixture.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(layer_details)
namespace {

using namespace testing;

/// U(−b, b): reaches its bounds, mean 0 ± b/√(3n), mean square b²/3 ± 0.9·b²/3/√n; five sigmas.
void check_uniform(const Tensor& w, double b) {
  const auto n = static_cast<double>(w.numel());
  BOOST_TEST(w.abs().max().item<double>() <= b);
  BOOST_TEST(w.abs().max().item<double>() > b * (1 - 8 / n));
  BOOST_TEST(std::abs(w.mean().item<double>()) < 5 * b / std::sqrt(3 * n));
  BOOST_TEST(std::abs(w.square().mean().item<double>() * 3 / (b * b) - 1) < 5 * 0.9 / std::sqrt(n));
}

BOOST_AUTO_TEST_CASE(they_start_as_pytorchs) {
  const nn::Conv2d conv(32, 64, {3, 5}, {.groups = 2});  // fan_in 16·15
  check_uniform(conv.weight, 1 / std::sqrt(240.0));
  check_uniform(conv.bias, 1 / std::sqrt(240.0));
  const nn::ConvTranspose1d transposed(64, 32, 4);  // fan_in 32·4
  check_uniform(transposed.weight, 1 / std::sqrt(128.0));
  const nn::Bilinear bilinear(25, 20, 30);
  check_uniform(bilinear.weight, 0.2);
  check_uniform(bilinear.bias, 0.2);
  const nn::Embedding embedding(200, 50, {.padding_idx = -2});
  BOOST_TEST(embedding.weight[198].abs().sum().item<double>() == 0);
  const Tensor rows = embedding.weight.slice(0, 0, 198);
  BOOST_TEST(std::abs(rows.mean().item<double>()) < 5 / std::sqrt(9900.0));
  BOOST_TEST(std::abs(rows.square().mean().item<double>() - 1) < 5 * std::sqrt(2 / 9900.0));
  const nn::BatchNorm2d norm(3);
  BOOST_TEST(same_bits(norm.weight, ones({3})));
  BOOST_TEST(same_bits(norm.bias, zeros({3})));
  BOOST_TEST(same_bits(norm.running_mean, zeros({3})));
  BOOST_TEST(same_bits(norm.running_var, ones({3})));
  BOOST_TEST(norm.num_batches_tracked.dtype() == int64);
  BOOST_TEST(norm.num_batches_tracked.dim() == 0);
  BOOST_TEST(same_bits(nn::PReLU({.num_parameters = 2}).weight, full({2}, 0.25)));
}

BOOST_AUTO_TEST_CASE(resetting_draws_anew) {
  nn::Conv1d conv(2, 3, 2);
  const Tensor before = conv.weight.detach().clone();
  conv.reset_parameters();
  BOOST_TEST(!equal(before, conv.weight));
  nn::BatchNorm1d norm(2);
  norm(random_tensor({5, 2}, 1, {.dtype = float32}));
  BOOST_TEST(norm.num_batches_tracked.item<int>() == 1);
  BOOST_TEST(!equal(norm.running_mean, zeros({2})));
  norm.reset_parameters();
  BOOST_TEST(norm.num_batches_tracked.item<int>() == 0);
  BOOST_TEST(same_bits(norm.running_mean, zeros({2})));
  BOOST_TEST(same_bits(norm.running_var, ones({2})));
}

BOOST_AUTO_TEST_CASE(batch_norm_counts_batches_and_a_failure_changes_nothing) {
  nn::BatchNorm1d norm(3, {.momentum = std::nullopt});
  const Tensor a = random_tensor({4, 3}, 1, {.dtype = float32}), b = random_tensor({4, 3}, 2, {.dtype = float32});
  norm(a);
  norm(b);
  BOOST_TEST(max_relative_error(norm.running_mean, (a.mean({0}) + b.mean({0})) / 2) < 1e-6);
  const Tensor mean = norm.running_mean.clone();
  require_throws<ShapeError>([&] { norm(ones({1, 3})); }, "batch_norm: training needs more than one value per channel");
  require_throws<ShapeError>([&] { norm(ones({2, 3, 4, 5})); }, "BatchNorm1d: takes an input of 2 or 3 dims");
  BOOST_TEST(same_bits(norm.running_mean, mean));
  BOOST_TEST(norm.num_batches_tracked.item<int>() == 2);
  norm(zeros({0, 3}));  // an empty batch leaves the statistics alone
  BOOST_TEST(same_bits(norm.running_mean, mean));
  norm.eval();
  BOOST_TEST(norm(ones({1, 3})).numel() == 3);
  BOOST_TEST(same_bits(norm.running_mean, mean));
}

BOOST_AUTO_TEST_CASE(dropout_by_channels) {
  const Tensor x = ones({40, 50, 6});
  const auto check = [&](nn::Module&& layer, double p, double kept_value) {
    manual_seed(4);
    const Tensor y = layer(x);
    BOOST_TEST(same_bits(y, y.slice(2, 0, 1).expand({40, 50, 6}).clone()));
    const double kept = (y == kept_value).sum().item<double>() / 12000;
    BOOST_TEST(std::abs(kept - (1 - p)) < 5 * std::sqrt(p * (1 - p) / 2000));
    layer.eval();
    BOOST_TEST(layer(x).impl() == x.impl());
  };
  check(nn::Dropout1d(0.2), 0.2, 1.25f);
  check(nn::Dropout2d(0.5), 0.5, 2);
  const double limit = -1.7580993408473766, p = 0.3;
  const double a = 1 / std::sqrt((1 - p) * (1 + p * limit * limit));
  check(nn::FeatureAlphaDropout(p), p, static_cast<float>(static_cast<float>(a) - static_cast<float>(a * p * limit)));
  // mean and variance stay
  const Tensor normal = randn({100000}), y = nn::AlphaDropout(0.4)(normal);
  BOOST_TEST(std::abs(y.mean().item<double>()) < 0.02);
  BOOST_TEST(std::abs(y.square().mean().item<double>() - 1) < 0.03);
}

BOOST_AUTO_TEST_CASE(transposed_convolutions_to_a_size) {
  nn::ConvTranspose2d layer(2, 3, 3, {.stride = 2, .padding = 1});
  const Tensor x = random_tensor({1, 2, 4, 4}, 1, {.dtype = float32});
  BOOST_TEST((layer(x).shape() == Shape{1, 3, 7, 7}));
  BOOST_TEST((layer.forward(x, {8, 7}).shape() == Shape{1, 3, 8, 7}));
  BOOST_TEST(same_bits(layer(x, {8, 7}), conv_transpose2d(x, layer.weight, layer.bias,
                                                          {.stride = 2, .padding = 1, .output_padding = {1, 0}})));
  BOOST_TEST(same_bits(layer(x, Shape{1, 9, 8, 7}), layer(x, {8, 7})));
  BOOST_TEST(same_bits(layer(x[0], Shape{9, 8, 7}), layer(x[0], {8, 7})));
  require_throws<ShapeError>(
      [&] {
        layer(x, {9, 8, 7});
      },
      "ConvTranspose2d: output_size takes one number or 2, got [9, 8, 7]");
  require_throws<std::invalid_argument>([&] { layer.forward(x, 9); },
                                        "ConvTranspose2d: output_size must lie in [7, 8]");
}

BOOST_AUTO_TEST_CASE(maxima_and_their_places) {
  nn::MaxPool2d pool(2);
  nn::MaxUnpool2d unpool(2);
  const Tensor x = random_tensor({1, 2, 4, 5}, 3);
  const ValuesAndIndices maxima = pool.forward_with_indices(x);
  const Tensor values = maxima.values, places = maxima.indices;
  BOOST_TEST(same_bits(values, pool(x)));
  const Tensor back = unpool(values, places, {4, 5});
  BOOST_TEST((back.shape() == x.shape()));
  BOOST_TEST(same_bits(unpool(values, places, x.shape()), back));
  BOOST_TEST(same_bits(unpool(values[0], places[0], x[0].shape()), back[0]));
  require_throws<std::invalid_argument>([&] { unpool(values, places, {4, 0}); }, "output_size must be less than");
  require_throws<ShapeError>([&] { unpool(values, places, {2, 4, 5}); }, "output_size takes one number or 2");
  BOOST_TEST(same_bits(where(back != 0, x, 0), back));
  BOOST_TEST((back != 0).sum().item<int>() == 8);
  auto [most, at] = nn::AdaptiveMaxPool1d(1).forward_with_indices(x[0][0]);
  BOOST_TEST(same_bits(x[0][0].gather(1, at), most));
}

BOOST_AUTO_TEST_CASE(embedding_from_a_matrix) {
  const Tensor matrix = random_tensor({4, 3}, 1);
  nn::Embedding layer = nn::Embedding::from_pretrained(matrix);
  const Tensor index = tensor({{3, 0}});
  BOOST_TEST(same_bits(layer(index)[0][0], matrix[3]));
  BOOST_TEST(!layer.weight.requires_grad());
  BOOST_TEST(nn::Embedding::from_pretrained(matrix, {.freeze = false}).weight.requires_grad());
  BOOST_CHECK_THROW(nn::Embedding::from_pretrained(ones({3})), ShapeError);
  nn::EmbeddingBag bag = nn::EmbeddingBag::from_pretrained(matrix, {.mode = "sum"});
  BOOST_TEST(max_relative_error(bag(index)[0], matrix[3] + matrix[0]) < 1e-15);
  BOOST_TEST(!bag.weight.requires_grad());
  BOOST_CHECK_THROW(nn::EmbeddingBag::from_pretrained(ones({3})), ShapeError);
  require_throws<std::invalid_argument>([&] { nn::EmbeddingBag::from_pretrained(matrix, {.mode = "min"}); }, "mode");
  BOOST_CHECK_THROW(nn::Embedding(5, 2)(tensor({5})), IndexError);
}

BOOST_AUTO_TEST_CASE(sparse_gradients_hold_the_rows_looked_up) {
  const Tensor index = tensor({{3, 1}, {3, 0}}), v = random_tensor({2, 2, 3}, 1, {.dtype = float32});
  nn::Embedding sparse(5, 3, {.padding_idx = 1, .sparse = true}), dense(5, 3, {.padding_idx = 1});
  (sparse(index) * v).sum().backward();
  (dense(index) * v).sum().backward();
  BOOST_TEST(sparse.weight.grad().is_sparse());
  BOOST_TEST((sparse.weight.grad().indices().to_vector<std::int64_t>() == std::vector<std::int64_t>{0, 3}));
  BOOST_TEST(same_bits(sparse.weight.grad().to_dense(), dense.weight.grad()));
  for (const char* mode : {"sum", "mean"}) {
    nn::EmbeddingBag rows(5, 3, {.mode = mode, .sparse = true}), all(5, 3, {.mode = mode});
    (rows(index) * v[0]).sum().backward();
    (all(index) * v[0]).sum().backward();
    BOOST_TEST(rows.weight.grad().is_sparse());
    BOOST_TEST(same_bits(rows.weight.grad().to_dense(), all.weight.grad()));
  }
}

BOOST_AUTO_TEST_CASE(constructors_refuse) {
  const auto bad = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  bad([] { nn::Conv2d(0, 1, 3); }, "Conv2d: in_channels must be at least 1, got 0");
  bad([] { nn::Conv2d(1, 1, 0); }, "Conv2d: kernel_size must be at least 1");
  bad([] { nn::Conv2d(1, 1, 1, {.stride = 0}); }, "Conv2d: stride must be at least 1");
  bad([] { nn::Conv2d(4, 6, 1, {.groups = 4}); }, "Conv2d: groups must divide in_channels and out_channels");
  bad([] { nn::Conv1d(1, 1, 1, {.padding = "full"}); }, "Conv1d: padding must be numbers, \"same\" or \"valid\"");
  bad([] { nn::Conv1d(1, 1, 1, {.padding_mode = "mirror"}); }, "Conv1d: padding_mode must be");
  bad([] { nn::Conv1d(1, 1, 3, {.stride = 2, .padding = "same"}); }, "needs a stride of 1");
  bad([] { nn::Conv1d(1, 1, 1, {.dtype = int64}); }, "Conv1d: dtype must be floating, got int64");
  bad([] { nn::ConvTranspose1d(1, 1, 1, {.padding_mode = "reflect"}); }, "padding_mode must be \"zeros\"");
  bad([] { nn::ConvTranspose1d(1, 1, 1, {.output_padding = 1}); }, "output_padding must be smaller than stride");
  bad([] { nn::MaxPool1d(2, {.padding = 2}); }, "MaxPool1d: padding must be at most half of kernel_size");
  bad([] { nn::AvgPool2d(2, {.divisor_override = 0}); }, "AvgPool2d: divisor_override must not be 0");
  bad([] { nn::LPPool1d(0, 2); }, "LPPool1d: norm_type must be positive, got 0");
  bad([] { nn::AdaptiveAvgPool2d({2, -1}); }, "AdaptiveAvgPool2d: output_size must be at least 0");
  bad([] { nn::Upsample({.mode = "nearest"}); }, "Upsample: give either size or scale_factor");
  bad([] { nn::Upsample({.size = 2, .mode = "best"}); }, "Upsample: unknown mode \"best\"");
  bad([] { nn::PixelShuffle(0); }, "PixelShuffle: upscale_factor must be at least 1");
  bad([] { nn::Unflatten(1, {-1, -1}); }, "Unflatten: unflattened_size takes");
  bad([] { nn::BatchNorm2d(0); }, "BatchNorm2d: num_features must be at least 1");
  bad([] { nn::BatchNorm2d(1, {.momentum = 2}); }, "BatchNorm2d: momentum must be in [0, 1], got 2");
  bad([] { nn::InstanceNorm1d(1, {.eps = -1}); }, "InstanceNorm1d: eps must not be negative");
  bad([] { nn::LayerNorm(Shape{}); }, "LayerNorm: normalized_shape must name");
  bad([] { nn::GroupNorm(3, 4); }, "GroupNorm: num_groups must divide num_channels, got 3 and 4");
  bad([] { nn::RMSNorm(3, {.eps = NAN}); }, "RMSNorm: eps must not be negative");
  bad([] { nn::Embedding(3, 2, {.padding_idx = 3}); }, "Embedding: padding_idx must be in [-3, 3), got 3");
  bad([] { nn::Embedding(3, 2, {.max_norm = 0}); }, "Embedding: max_norm must be positive");
  bad([] { nn::EmbeddingBag(3, 2, {.mode = "min"}); }, "EmbeddingBag: mode must be");
  bad([] { nn::Dropout2d(1.5); }, "Dropout2d: p must be in [0, 1], got 1.5");
  bad([] { nn::RReLU({.lower = 1, .upper = 0}); }, "RReLU: lower must not exceed upper");
  bad([] { nn::Hardtanh({.min_val = 1, .max_val = 0}); }, "Hardtanh: min_val must not exceed max_val");
  bad([] { nn::GELU({.approximate = "erf"}); }, "GELU: approximate must be");
  bad([] { nn::CELU({.alpha = 0}); }, "CELU: alpha must not be 0");
  bad([] { nn::Softplus({.beta = 0}); }, "Softplus: beta must not be 0");
  bad([] { nn::Softshrink({.lambd = -1}); }, "Softshrink: lambd must be >= 0");
  bad([] { nn::LeakyReLU({.negative_slope = NAN}); }, "LeakyReLU: negative_slope must be finite");
  require_throws<ShapeError>([] { nn::Conv2d(1, 1, {1, 2, 3}); }, "Conv2d: kernel_size takes one number or 2");
  require_throws<ShapeError>([] { nn::ZeroPad2d({1, 2}); }, "ZeroPad2d: padding takes one number or 4");
  require_throws<ShapeError>(
      [] {
        nn::ReflectionPad1d(1)(ones({2, 2, 3, 3}));
      },
      "ReflectionPad1d: takes an input of 3");
  require_throws<ShapeError>([] { nn::Bilinear(2, 2, 2)(ones({3, 2}), ones({2, 2})); }, "bilinear: needs x1");
  require_throws<Error>([] { nn::Bilinear(2, 2, 2).forward(ones({3, 2})); }, "does not override");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
