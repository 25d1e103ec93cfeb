// Adam-mini's blocks of rows against plain loops; what they refuse.
#include <cmath>

#include "../fixture.h"
#include "cases.h"
#include "nn/attention.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

/// Steps of a [rows, cols] matrix cut into blocks, whose gradient in step t is some_gradient(p, t) with row r times
/// factors[t][r].
std::vector<double> by_hand(const Tensor& start, std::size_t blocks, const o::AdamMiniOptions& options,
                            const std::vector<std::vector<double>>& factors) {
  std::vector<double> p = start.to_vector<double>(), m(p.size()), v(blocks);
  const std::size_t n = p.size() / blocks, cols = static_cast<std::size_t>(start.size(1));
  const auto [beta1, beta2] = options.betas;
  for (std::size_t t = 1; t <= factors.size(); ++t) {
    std::vector<double> g = some_gradient(start, static_cast<int>(t)).to_vector<double>();
    for (std::size_t i = 0; i < g.size(); ++i) g[i] *= factors[t - 1][i / cols];
    for (std::size_t b = 0; b < blocks; ++b) {
      double squares = 0;
      for (std::size_t i = b * n; i < (b + 1) * n; ++i) squares += g[i] * g[i];
      v[b] = beta2 * v[b] + (1 - beta2) * squares / static_cast<double>(n);
      const double root = std::sqrt(v[b] / (1 - std::pow(beta2, double(t)))) + options.eps;
      for (std::size_t i = b * n; i < (b + 1) * n; ++i) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        p[i] -= options.lr * options.weight_decay * p[i];
        p[i] -= options.lr * m[i] / (1 - std::pow(beta1, double(t))) / root;
      }
    }
  }
  return p;
}

Tensor matrix(DType dtype = float64) { return random_tensor({8, 3}, 4, {.dtype = dtype, .requires_grad = true}); }

void step(o::Optimizer& opt, Tensor& p, int t) {
  p.set_grad(some_gradient(p, t));
  opt.step();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

BOOST_AUTO_TEST_CASE(adam_mini_cuts_into_blocks_of_rows) {
  const std::vector<std::vector<double>> ones(5, std::vector<double>(8, 1.0));
  for (const std::int64_t blocks : {0, 1, 2, 4, 8}) {
    const o::AdamMiniOptions options{
        .lr = 0.1, .betas = {0.8, 0.9}, .eps = 1e-3, .weight_decay = 0.2, .blocks = blocks};
    Tensor p = matrix(), gaps = matrix().detach().t().contiguous().t().requires_grad_(), small = matrix(float32);
    const auto expected = by_hand(p.detach(), blocks == 0 ? 8 : static_cast<std::size_t>(blocks), options, ones);
    o::AdamMini opt({p}, options), strided({gaps}, options), single({small}, options);
    for (int t = 1; t <= 5; ++t) {
      step(opt, p, t);
      step(strided, gaps, t);
      step(single, small, t);
    }
    BOOST_TEST(max_relative_error(p.detach().flatten(), expected) < 1e-13, blocks);
    BOOST_TEST(max_relative_error(gaps.detach().contiguous().flatten(), expected) < 1e-13, blocks);
    BOOST_TEST(opt.state_dict().at("state.0.exp_avg_sq").numel() == (blocks == 0 ? 8 : blocks));
    BOOST_TEST(opt.state_bytes() == 8 * (24 + (blocks == 0 ? 8 : blocks)));
    BOOST_TEST(max_relative_error(small.detach().to(float64).flatten(), expected) < 1e-4, blocks);
  }
}

// Adaptive clipping has a factor for each row, of which a block has several.
BOOST_AUTO_TEST_CASE(blocks_of_rows_that_are_clipped) {
  const o::AdamMiniOptions options{.lr = 0.1, .blocks = 2};
  Tensor p = matrix();
  const Tensor start = p.detach().clone();
  o::AdamMini opt({p}, options);
  opt.set_clip_agc(0.3, {.eps = 0.1});
  std::vector<std::vector<double>> factors;
  bool unlike = false;
  for (int t = 1; t <= 4; ++t) {
    p.set_grad(some_gradient(p, t));
    std::vector<double>& now = factors.emplace_back();
    for (std::int64_t r = 0; r < 8; ++r) {
      const double length = norm(p.grad()[r]).item<double>(),
                   limit = 0.3 * std::max(0.1, norm(p.detach()[r]).item<double>());
      now.push_back(length > limit ? limit / length : 1);
      unlike = unlike || std::abs(now[0] - now.back()) > 0.01;
    }
    opt.step();
  }
  BOOST_TEST(unlike);
  BOOST_TEST(max_relative_error(p.detach().flatten(), by_hand(start, 2, options, factors)) < 1e-13);
}

// Heads of packed queries, keys and values; a group for each kind of parameter.
BOOST_AUTO_TEST_CASE(blocks_are_the_heads_of_attention) {
  nn::MultiheadAttention attention(8, 2);
  std::vector<Tensor> heads{attention.in_proj_weight}, rest;
  for (const Tensor& p : attention.parameters()) {
    if (p.impl() != heads[0].impl()) rest.push_back(p);
  }
  o::AdamMini opt({{.params = rest}, {.params = heads, .change = [](auto& x) { x.blocks = 3 * 2; }}}, {.lr = 0.1});
  const Tensor x = random_tensor({2, 5, 8}, 3, {.dtype = float32});
  attention.forward(x, x, x).first.square().sum().backward();
  opt.step();
  const std::string last = "state." + std::to_string(rest.size()) + ".exp_avg_sq";
  const Tensor squares = attention.in_proj_weight.grad().to(float64).square().reshape({6, -1}).mean({1}) * 0.001;
  BOOST_TEST(max_relative_error(opt.state_dict().at(last), squares.to_vector<double>()) < 1e-12);
}

BOOST_AUTO_TEST_CASE(blocks_are_saved_and_checked) {
  Tensor p = matrix(), q = p.detach().clone().requires_grad_();
  const auto named = o::create("adammini", {p}, {{"lr", 0.1}, {"blocks", 4}});
  step(*named, p, 1);
  {
    const NoGradGuard no_grad;
    q.copy_(p);
  }
  o::AdamMini loaded({q});  // its blocks are the saved ones
  loaded.load_state_dict(named->state_dict());
  BOOST_TEST(loaded.param_groups()[0].get("blocks") == 4);
  step(*named, p, 2);
  step(loaded, q, 2);
  BOOST_TEST(same_bits(p.detach(), q.detach()));

  const std::string before = bytes_of(p);
  const StateDict state = named->state_dict();
  named->param_groups()[0].set("blocks", 2);
  require_throws<ShapeError>(
      [&] { named->step(); },
      "AdamMini: state exp_avg_sq of parameter 0 of shape [8, 3] must have the shape [2], got [4]");
  named->param_groups()[0].set("blocks", 3);
  require_throws<std::invalid_argument>([&] { named->step(); }, "blocks must divide");
  BOOST_TEST(bytes_of(p) == before);
  named->param_groups()[0].set("blocks", 4);
  step(*named, p, 3);

  const char* rule = "AdamMini: blocks must divide the rows of each parameter, got 3 for one of shape [8, 3]";
  require_throws<std::invalid_argument>([&] { o::AdamMini({leaf({1}), p}, {.blocks = 3}); }, rule);
  require_throws<std::invalid_argument>([&] { o::create("AdamMini", {p}, {{"blocks", 3}}); }, rule);
  require_throws<std::invalid_argument>([&] { o::create("AdamMini", {p}, {{"blocks", -1}}); }, "blocks must be");
  require_throws<std::invalid_argument>(
      [&] {
        o::create("AdamMini", {p}, {{"blocks", 1.5}});
      },
      "AdamMini: blocks must be an integer, got 1.5");
  o::AdamMini other({q});
  require_throws<std::invalid_argument>(
      [&] { other.add_param_group({.params = {p}, .change = [](auto& x) { x.blocks = 3; }}); }, rule);
  BOOST_TEST(other.param_groups().size() == 1u);
  StateDict bad = state;
  bad["param_groups.0.blocks"] = tensor(3.0);
  require_throws<std::invalid_argument>([&] { other.load_state_dict(bad); }, rule);
  bad["param_groups.0.blocks"] = tensor(2.0);
  require_throws<Error>([&] { other.load_state_dict(bad); }, "'state.0.exp_avg_sq' must have the shape [2], got [4]");
  BOOST_TEST(other.param_groups()[0].get("blocks") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
