// Connectionist temporal classification of each sample.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

Tensor ints(const std::vector<int64_t>& values) { return from_vector(values); }

/// Tensors are made in the call: a row holds none.
struct Batch {
  std::vector<int64_t> targets;
  Shape shape;
  std::vector<int64_t> inputs, lengths;
  int64_t blank = 0;
};

Function of(const Batch& b) {
  return as_function([b](const Tensor& x) {
    return descent::ctc_rows(x, from_vector(b.targets, b.shape), ints(b.inputs), ints(b.lengths), b.blank);
  });
}

}  // namespace

std::vector<Row> ctc_rows() {
  const auto logs = [](const Shape& shape) { return real(shape, -3, -0.1); };
  const std::vector<std::pair<Batch, Shape>> cases = {
      {{{1, 2, 1, 1}, {2, 2}, {4, 4}, {2, 2}}, {4, 2, 3}},  // the second one needs a blank between its labels
      {{{1, 0, 2}, {3}, {4, 2}, {2, 1}, 3}, {4, 2, 4}},     // one after another, lengths differ, another blank
      {{{1, 1, 2, 2}, {2, 2}, {2, 3}, {2, 0}}, {3, 2, 3}},  // nothing fits the first, the second is empty
      {{{}, {2, 0}, {2, 0}, {0, 0}}, {2, 2, 2}},            // no labels, no steps
      {{{1, 2, 1}, {1, 3}, {5}, {3}}, {5, 1, 3}},          {{{}, {0}, {}, {}}, {3, 0, 2}}};
  Batch big{{}, {40, 6}, {}, {}};
  for (int64_t n = 0; n < 40; ++n) {
    big.inputs.push_back(30 + n % 5);
    big.lengths.push_back(n % 7);
    for (int64_t i = 0; i < 6; ++i) big.targets.push_back(1 + (n * i + i) % 8);
  }
  Row row{"ctc", {}, {}, {of(big), {logs({34, 40, 9})}}, {.scalar = false}};
  Row grad{"ctc_grad", {}, {}, {}, {.scalar = false}};
  for (const auto& [batch, shape] : cases) {
    row.samples.push_back({of(batch), {logs(shape)}});
    const Shape rows = {shape[1]};
    grad.samples.push_back({gradient_of(of(batch), {logs(shape)}), {logs(shape), real(rows)}});
  }
  for (Row* r : {&row, &grad}) r->samples[3].constant = r == &grad;
  grad.large = {gradient_of(of(big), {logs({34, 40, 9})}), {logs({34, 40, 9}), real({40})}};

  const auto call = [](Type type, std::string part, Batch b, const Shape& shape = {4, 2, 3}, DType dtype = float64) {
    return one(type, std::move(part), shape, of(b), dtype);
  };
  const Batch good{{1, 2, 1, 2}, {2, 2}, {4, 4}, {2, 2}};
  const auto with = [&](auto change) {
    Batch b = good;
    change(b);
    return b;
  };
  row.refusals = {
      undefined_input(of(good)),
      call(Type::Shape, "log_probs must be [T, N, C], got [4, 2]", good, {4, 2}),
      call(Type::DType, "log_probs must be floats, got int64", good, {4, 2, 3}, int64),
      call(Type::Shape, "targets must be [2, S]", with([](Batch& b) {
             b.shape = {4, 1};
           })),
      call(Type::Shape, "as long as all target_lengths, got 3 for 4", with([](Batch& b) {
             b.targets = {1, 2, 1};
             b.shape = {3};
           })),
      call(Type::Index, "class 3 at position 1 of target 0 is out of range [0, 3)",
           with([](Batch& b) { b.targets[1] = 3; })),
      call(Type::Index, "class 0 at position 0 of target 1 is the blank", with([](Batch& b) { b.targets[2] = 0; })),
      call(Type::Index, "input_lengths 5 of sample 1 is out of range [0, 4]", with([](Batch& b) { b.inputs[1] = 5; })),
      call(Type::Index, "target_lengths -1 of sample 0", with([](Batch& b) { b.lengths[0] = -1; })),
      call(Type::Shape, "input_lengths must be [2], got [1]", with([](Batch& b) { b.inputs = {4}; })),
      call(Type::Argument, "blank must be in [0, 3), got 3", with([](Batch& b) { b.blank = 3; }))};
  grad.refusals = {undefined_input(of(good)),
                   foreign_cotangent([good](const Tensor& a) { return of(good)({a})[0]; }, logs({4, 2, 3}))};
  return {row, grad};
}

}  // namespace descent::testing
