// MultiheadAttention.
#include "nn/attention.h"

#include <cmath>
#include <limits>

#include "sequence.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(attention)
namespace {

using namespace testing;

const double kInf = std::numeric_limits<double>::infinity();

/// What must not be seen: [3, 3] above the diagonal, and the padding of two sequences.
Tensor causal() { return arange(3).unsqueeze(0) > arange(3).unsqueeze(1); }
Tensor padding() { return tensor({{false, false, true}, {false, true, true}}); }

Call call(nn::MultiheadAttention m, const nn::AttentionOptions& options) {
  return [m, options](const Named& in) mutable -> std::vector<Tensor> {
    const Tensor q = in.at("q"), k = in.contains("k") ? in.at("k") : q, v = in.contains("v") ? in.at("v") : k;
    const auto [y, weights] = m.forward(q, k, v, options);
    return weights.defined() ? std::vector<Tensor>{y, weights} : std::vector<Tensor>{y};
  };
}

/// Compares with PyTorch, and the faster way without weights with that.
void check(const std::string& name, const nn::MultiheadAttention& m, nn::AttentionOptions options,
           bool second_order = false) {
  const StateDict table = read_table("nn/sequence_attention.txt");
  check_case(table, name, m, call(m, options), second_order);
  const StateDict in = below(table, name + "/in/");
  options.need_weights = false;
  const std::vector<Tensor> y = call(m, options)(in);
  BOOST_TEST(y.size() == 1u);
  BOOST_TEST(max_relative_error(y[0], table.at(name + "/out/0")) < 1e-13, name << " without weights");
}

BOOST_AUTO_TEST_CASE(values_are_pytorchs) {
  check("self", nn::MultiheadAttention(4, 2), {}, true);
  check("causal", nn::MultiheadAttention(4, 2), {.attn_mask = causal()}, true);
  check("causal", nn::MultiheadAttention(4, 2), {.is_causal = true});
  check("causal", nn::MultiheadAttention(4, 2), {.attn_mask = causal().expand({4, 3, 3})});
  check("padded", nn::MultiheadAttention(4, 2, {.batch_first = true}),
        {.key_padding_mask = padding(), .attn_mask = causal(), .average_attn_weights = false});
  const Tensor added = read_table("nn/sequence_attention.txt").at("added_mask");
  const Tensor minus = where(padding(), full({}, -kInf, {.dtype = float64}), 0.0);
  check("added", nn::MultiheadAttention(4, 2), {.key_padding_mask = padding(), .attn_mask = added});
  check("added", nn::MultiheadAttention(4, 2), {.key_padding_mask = minus, .attn_mask = added});
  check("cross", nn::MultiheadAttention(4, 2, {.bias = false, .kdim = 3, .vdim = 5, .batch_first = true}),
        {.key_padding_mask = padding()}, true);
  check("extra", nn::MultiheadAttention(4, 2, {.add_bias_kv = true, .add_zero_attn = true}),
        {.key_padding_mask = padding(), .attn_mask = causal()}, true);
  check("single", nn::MultiheadAttention(4, 2, {.batch_first = true}), {.key_padding_mask = padding()[0]});
}

BOOST_AUTO_TEST_CASE(gradients_with_dropout_and_without) {
  nn::MultiheadAttention m(4, 2, {.dropout = 0.4, .dtype = float64});
  const Tensor x = random_tensor({3, 2, 4}, 1);
  for (const bool weights : {true, false}) {
    const auto f = [&](const Tensor& in) {
      manual_seed(3);
      return m.forward(in, in, in, {.need_weights = weights}).first;
    };
    m.train();
    const Tensor dropped = f(x);
    BOOST_TEST(autograd::gradcheck(f, {x}, kSequenceCheck));
    m.eval();
    BOOST_TEST(!same_bits(f(x), dropped));
    BOOST_TEST(autograd::gradcheck(f, {x}, kSequenceCheck));
    BOOST_TEST(autograd::gradgradcheck(f, {x}, kSequenceCheck));
  }
}

BOOST_AUTO_TEST_CASE(a_mask_may_be_trained) {
  nn::MultiheadAttention m(2, 1, {.dtype = float64});
  const Tensor x = random_tensor({3, 1, 2}, 1);
  BOOST_TEST(autograd::gradcheck([&](const Tensor& mask) { return m.forward(x, x, x, {.attn_mask = mask}).first; },
                                 {random_tensor({3, 3}, 2)}, kSequenceCheck));
}

BOOST_AUTO_TEST_CASE(a_query_that_sees_nothing_is_nan_alone) {
  nn::MultiheadAttention m(2, 1);
  const Tensor x = random_tensor({2, 2, 2}, 1, {.dtype = float32});
  const auto [y, weights] = m.forward(x, x, x, {.key_padding_mask = tensor({{true, true}, {false, true}})});
  BOOST_TEST(std::isnan(y[0][0][0].item<double>()));
  BOOST_TEST(std::isfinite(y.select(1, 1).sum().item<double>()));
  BOOST_TEST(weights[1][0][1].item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(parameters_start_as_pytorchs) {
  const nn::MultiheadAttention m(64, 4, {.add_bias_kv = true});
  const double bound = std::sqrt(6.0 / (64 + 3 * 64));
  BOOST_TEST(m.in_proj_weight.abs().max().item<double>() <= bound);
  BOOST_TEST(m.in_proj_weight.abs().max().item<double>() > 0.99 * bound);
  BOOST_TEST(m.in_proj_bias.abs().max().item<double>() == 0);
  BOOST_TEST(m.out_proj.bias.abs().max().item<double>() == 0);
  BOOST_TEST(m.out_proj.weight.abs().max().item<double>() <= 0.125);
  BOOST_TEST(m.bias_k.std().item<double>() < 0.3);  // √(2 / 128) = 0.125 with 64 values
  BOOST_TEST(m.bias_k.std().item<double>() > 0.05);
  const nn::MultiheadAttention apart(8, 2, {.kdim = 3});
  BOOST_TEST(!apart.in_proj_weight.defined());
  BOOST_TEST((apart.k_proj_weight.shape() == Shape{8, 3}));
}

BOOST_AUTO_TEST_CASE(empty_batches_and_single_elements) {
  nn::MultiheadAttention m(4, 2);
  const Tensor none = zeros({3, 0, 4}), one = ones({1, 1, 4});
  BOOST_TEST((m.forward(none, none, none).first.shape() == Shape{3, 0, 4}));
  BOOST_TEST((m.forward(none, none, none).second.shape() == Shape{0, 3, 3}));
  const auto [y, weights] = m(one, one, one);
  BOOST_TEST((y.shape() == Shape{1, 1, 4}));
  BOOST_TEST(weights.item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(errors) {
  using Wrong = std::invalid_argument;
  require_throws<Wrong>([] { nn::MultiheadAttention(5, 2); }, "MultiheadAttention: num_heads must divide embed_dim");
  require_throws<Wrong>([] { nn::MultiheadAttention(4, 0); }, "MultiheadAttention: num_heads must divide embed_dim");
  require_throws<Wrong>([] { nn::MultiheadAttention(4, 2, {.dropout = -1}); }, "dropout must be in [0, 1], got -1");
  require_throws<Wrong>([] { nn::MultiheadAttention(4, 2, {.kdim = 0}); }, "kdim and vdim must be >= 1");
  nn::MultiheadAttention m(4, 2);
  const Tensor x = zeros({3, 2, 4});
  const auto refused = [&](const nn::AttentionOptions& options, const char* part) {
    require_throws<ShapeError>([&] { m.forward(x, x, x, options); }, part);
  };
  require_throws<ShapeError>([&] { m.forward(x, x, x[0]); }, "must have 3 dims, or 2 without a batch");
  require_throws<ShapeError>([&] { m.forward(x, zeros({3, 2, 5}), x); }, "must have last sizes 4, 4 and 4");
  require_throws<ShapeError>([&] { m.forward(x, zeros({2, 2, 4}), x); }, "key and value must be of one length");
  require_throws<ShapeError>([&] { m.forward(x, zeros({3, 1, 4}), zeros({3, 1, 4})); }, "of one batch size");
  require_throws<DTypeError>([&] { m.forward(x, x.to(float64), x); }, "must be float32 as the parameters are");
  refused({.attn_mask = zeros({3, 2})}, "attn_mask must be [3, 3] or [4, 3, 3], got [3, 2]");
  refused({.key_padding_mask = zeros({3, 2})}, "key_padding_mask must be [2, 3], got [3, 2]");
  require_throws<DTypeError>(
      [&] {
        m.forward(x, x, x, {.attn_mask = zeros({3, 3}, {.dtype = int64})});
      },
      "attn_mask must be boolean or float32 as query is, got int64");
  require_throws<Error>([&] { m.forward(x); }, "MultiheadAttention");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
