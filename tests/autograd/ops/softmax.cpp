// Softmax and cross entropy.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

template <class F>
Row along_a_dim(const char* name, F f) {
  const auto over = [f](int64_t dim) { return [f, dim](const Tensor& a) { return f(a, dim); }; };
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(over(1), {real({301, 400})})};
  row.samples = {
      sample(over(1), {real({3, 4})}), sample(over(0), {real({3, 4})}),  sample(over(-2), {real({2, 3, 2})}),
      sample(over(0), {real({7})}),    sample(over(0), {real({})}),      sample(over(1), {real({0, 3})}),
      sample(over(1), {real({2, 0})}), sample(over(1), {real({2, 33})}), sample(over(-1), {real({2, 5}, -40, 40)})};
  row.refusals = {one(Type::Index, prefix, {2, 3}, over(2)), one(Type::Index, "-3", {2, 3}, over(-3)),
                  undefined_input(over(0))};
  row.traits.tolerance32 = 3e-5;                                             // arguments up to 40
  for (Sample& one : row.samples) one.constant = one.args[0].shape.empty();  // softmax of one element is 1
  return row;
}

/// The op behind f's gradient.
template <class F>
Row gradient(const char* name, F f) {
  const auto over = [f](int64_t dim) { return [f, dim](const Tensor& a) { return f(a, dim); }; };
  Row row{name, {}, {undefined_input(over(0)), foreign_cotangent(over(0), real({2, 3}))}, {}};
  row.samples = {gradient_sample(over(1), {real({3, 4})}, real({3, 4})),
                 gradient_sample(over(0), {real({3, 4})}, real({3, 4})),
                 gradient_sample(over(1), {real({0, 3})}, real({0, 3})),
                 gradient_sample(over(-2), {real({2, 3, 2})}, real({2, 3, 2}))};
  row.large = gradient_sample(over(1), {real({301, 400})}, real({301, 400}));
  row.traits.scalar = false;
  return row;
}

Tensor targets(int64_t n, int64_t classes, bool ignore_some) {
  std::vector<int64_t> t(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < t.size(); ++i)
    t[i] = ignore_some && i % 3 == 1 ? -100 : static_cast<int64_t>(i * 7 % 5) % classes;
  return from_vector(t);
}

}  // namespace

std::vector<Row> softmax_rows() {
  std::vector<Row> rows = {along_a_dim("softmax", [](const Tensor& a, int64_t d) { return softmax(a, d); }),
                           along_a_dim("log_softmax", [](const Tensor& a, int64_t d) { return log_softmax(a, d); }),
                           gradient("softmax_grad", [](const Tensor& a, int64_t d) { return softmax(a, d); }),
                           gradient("log_softmax_grad", [](const Tensor& a, int64_t d) { return log_softmax(a, d); })};

  const auto entropy = [](bool ignore_some, double smoothing) {
    return [=](const List& in) {
      const Tensor target = targets(in[0].size(0), in[0].size(1), ignore_some);
      return cross_entropy_rows(in[0], target, in.size() > 1 ? in[1].to(in[0].dtype()) : Tensor(), -100, smoothing);
    };
  };
  const Arg weight = constant(positive({5}));
  Row row{"cross_entropy", {}, {}, sample(entropy(true, 0.1), {real({601, 200}), constant(positive({200}))})};
  row.samples = {
      sample(entropy(false, 0), {real({4, 5})}),          sample(entropy(true, 0), {real({4, 5}), weight}),
      sample(entropy(true, 0.1), {real({4, 5}), weight}), sample(entropy(false, 0.3), {real({3, 2})}),
      sample(entropy(false, 0), {real({0, 5})}),          sample(entropy(false, 0), {real({2, 5}, -30, 30)})};
  row.traits.scalar = false;
  row.traits.tolerance32 = 3e-5;
  const auto rows_of = [](const Tensor& logits, const Tensor& target) { return cross_entropy_rows(logits, target); };
  const auto with = [&](Tensor (*target)(), const Shape& logits) {
    return [target, logits] { return List{ones(logits), target()}; };
  };
  row.refusals = {
      refuses(Type::Index, "5", rows_of,
              with(
                  [] {
                    return tensor({0, 5});
                  },
                  {2, 5})),
      refuses(Type::Index, "-1", rows_of,
              with(
                  [] {
                    return tensor({0, -1});
                  },
                  {2, 5})),
      refuses(Type::Shape, "cross_entropy", rows_of,
              with(
                  [] {
                    return tensor({0, 1, 2});
                  },
                  {2, 5})),
      refuses(Type::Shape, "cross_entropy", rows_of,
              with(
                  [] {
                    return tensor({0, 1});
                  },
                  {10})),
      refuses(Type::DType, "cross_entropy", rows_of, with([] { return zeros({2}); }, {2, 5})),
      refuses(
          Type::Shape, "cross_entropy", [](const List& in) { return cross_entropy_rows(in[0], in[1], in[2]); },
          [] {
            return List{ones({2, 5}), tensor({0, 1}), ones({4})};
          }),
  };
  rows.push_back(row);

  Row grad{"cross_entropy_grad", {}, {}, {}};
  const std::vector<Arg> inputs = {real({4, 5}), weight};
  grad.samples = {gradient_sample(entropy(true, 0.1), inputs, real({4})),
                  gradient_sample(entropy(false, 0), {real({3, 5})}, real({3})),
                  gradient_sample(entropy(false, 0), {real({0, 5})}, real({0}))};
  grad.large = gradient_sample(entropy(true, 0.1), {real({601, 200})}, real({601}));
  grad.refusals = {foreign_cotangent(
                       [](const Tensor& a) {
                         return cross_entropy_rows(a, tensor({0, 1}));
                       },
                       real({2, 3})),
                   undefined_input([](const Tensor& a) {
                     return cross_entropy_rows(a, tensor({0, 1}));
                   })};
  grad.traits.scalar = false;
  rows.push_back(grad);
  return rows;
}

}  // namespace descent::testing
