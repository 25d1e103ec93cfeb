// Random ops; each sample restarts the stream, so that it is a function.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

}  // namespace

std::vector<Row> random_rows() {
  const auto drop = [](double p) {
    return [p](const Tensor& a) {
      manual_seed(11);
      return dropout(a, p);
    };
  };
  Row dropped{"dropout", {}, {}, sample(drop(0.3), {real({3, 40001})})};
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 3, 2}, Shape{0, 3}}) {
    dropped.samples.push_back(sample(drop(0.4), {real(shape)}));
  }
  dropped.samples.push_back(sample(drop(0.0), {real({})}));
  dropped.samples.push_back(sample([](const Tensor& a) { return dropout(a, 0.5, false); }, {real({2, 3})}));
  dropped.refusals = {one(Type::Argument, "dropout: ", {2}, drop(1.5)),
                      one(Type::Argument, "dropout: ", {2}, drop(-0.1)),
                      one(Type::Argument, "dropout: ", {2}, drop(std::nan(""))), undefined_input(drop(0.5))};

  const auto draw = [](const Tensor& p) {
    manual_seed(11);
    return bernoulli(p);
  };
  const Traits no_gradient{.differentiable = false, .tolerance32 = INFINITY};  // each precision draws its own values
  Row coins{"bernoulli", {}, {}, sample(draw, {real({3, 40001}, 0, 1)}), no_gradient};
  for (const Shape& shape : {Shape{3, 4}, Shape{}, Shape{0, 3}})
    coins.samples.push_back(sample(draw, {real(shape, 0, 1)}));
  const auto probability = [draw](double p, std::string part) {
    return refuses(Type::Argument, std::move(part), draw, [p] { return List{full({2}, p)}; });
  };
  coins.refusals = {probability(1.5, "bernoulli: "), probability(-0.5, "bernoulli: "),
                    probability(std::nan(""), "bernoulli: "), one(Type::DType, "bernoulli: ", {2}, draw, int64),
                    undefined_input(draw)};

  const auto choose = [](int64_t count, bool replacement) {
    return [=](const Tensor& weights) {
      manual_seed(11);
      return multinomial(weights, count, replacement);
    };
  };
  Row chosen{"multinomial",
             {},
             {},
             sample(choose(500, true), {positive({200, 300})}),
             {.differentiable = false, .empty = false, .scalar = false}};
  chosen.samples = {sample(choose(2, false), {positive({5})}), sample(choose(4, false), {positive({3, 4})}),
                    sample(choose(20, true), {positive({3, 4})})};
  const auto weights = [](std::vector<double> w) { return [w] { return List{from_vector(w)}; }; };
  chosen.refusals = {
      refuses(Type::Argument, "multinomial: ", choose(4, false), weights({1, 1, 1})),
      refuses(Type::Argument, "multinomial: ", choose(1, false), weights({1, -1, 1})),
      refuses(Type::Argument, "multinomial: ", choose(1, true), weights({0, 0})),
      refuses(Type::Argument, "multinomial: ", choose(1, true), weights({1, std::nan("")})),
      refuses(Type::Argument, "multinomial: ", choose(-1, true), weights({1, 1})),
      refuses(Type::Shape, "multinomial: ", choose(1, true),
              [] {
                return List{ones({2, 2, 2})};
              }),
  };

  Row dropped_grad{"dropout_grad", {}, {foreign_cotangent(drop(0.5), real({2, 3})), undefined_input(drop(0.5))}, {}};
  for (const Shape& shape : {Shape{3, 4}, Shape{2, 3, 2}, Shape{0, 3}, Shape{}}) {
    dropped_grad.samples.push_back(gradient_sample(drop(0.2), {real(shape)}, real(shape)));
  }
  dropped_grad.large = gradient_sample(drop(0.3), {real({3, 40001})}, real({3, 40001}));
  return {dropped, dropped_grad, coins, chosen};
}

}  // namespace descent::testing
