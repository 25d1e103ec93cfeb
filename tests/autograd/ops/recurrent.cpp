// Recurrent layers over all time steps.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;
using Sizes = std::vector<int64_t>;

/// What a sample of a layer looks like: packed when there are batch sizes, x is [T, N, input] otherwise.
struct Layer {
  int64_t gates, steps, batch, input, hidden;
  Sizes batch_sizes = {};
  bool reverse = false, bias = true, relu = false;
  int64_t proj = 0;
};

/// x, h0, [c0], w_ih, w_hh, [b_ih, b_hh], [w_hr]
std::vector<Arg> args_of(const Layer& l) {
  const int64_t all = l.gates * l.hidden, state = l.proj ? l.proj : l.hidden;
  int64_t rows = 0;
  for (const int64_t n : l.batch_sizes) rows += n;
  const int64_t batch = l.batch_sizes.empty() ? l.batch : l.batch_sizes[0];
  std::vector<Arg> args = {l.batch_sizes.empty() ? real({l.steps, l.batch, l.input}) : real({rows, l.input}),
                           real({batch, state}, -1, 1)};
  if (l.gates == 4) args.push_back(real({batch, l.hidden}, -1, 1));
  args.push_back(real({all, l.input}, -1, 1));
  args.push_back(real({all, state}, -1, 1));
  if (l.bias) args.insert(args.end(), {real({all}, -1, 1), real({all}, -1, 1)});
  if (l.proj) args.push_back(real({l.proj, l.hidden}, -1, 1));
  return args;
}

auto function_of(const Layer& l) {
  return [l](const List& in) -> List {
    std::size_t i = 2;
    const Tensor c0 = l.gates == 4 ? in[i++] : Tensor();
    RecurrentWeights w{in[i], in[i + 1]};
    i += 2;
    if (l.bias) w.b_ih = in[i++], w.b_hh = in[i++];
    if (l.proj) w.w_hr = in[i++];
    const RecurrentOptions options{.batch_sizes = l.batch_sizes, .reverse = l.reverse};
    if (l.gates == 4) return lstm_layer(in[0], in[1], c0, w, options);
    if (l.gates == 3) return gru_layer(in[0], in[1], w, options);
    return rnn_layer(in[0], in[1], w, l.relu, options);
  };
}

Sample sample_of(const Layer& l) { return sample(function_of(l), args_of(l)); }

Row row_of(const char* name, int64_t gates) {
  Row row{name, {}, {}, sample_of({gates, 3, 41, 20, 50})};
  row.samples = {sample_of({gates, 3, 2, 2, 3}),
                 sample_of({gates, 1, 1, 3, 2}),
                 sample_of({gates, 2, 2, 1, 2, {}, true, false}),
                 sample_of({gates, 0, 0, 2, 2, {3, 2, 2, 1}}),
                 sample_of({gates, 0, 0, 2, 2, {3, 1}, true}),
                 sample_of({gates, 2, 0, 2, 3}),
                 sample_of({gates, 2, 1, 2, 9})};
  row.traits.scalar = false;
  const Layer plain{gates, 3, 2, 2, 3};
  // Refusals: one input of another shape or type.
  const auto with = [&](Type type, const std::string& part, std::size_t which, const Tensor& (*change)(Tensor&)) {
    return refuses(type, part, function_of(plain), [plain, which, change] {
      List inputs;
      for (const Arg& arg : args_of(plain)) inputs.push_back(make(arg, 1));
      change(inputs[which]);
      return inputs;
    });
  };
  const auto matrix = [](Tensor& t) -> const Tensor& { return t = ones({5, 5}, {.dtype = float64}); };
  const auto narrow = [](Tensor& t) -> const Tensor& { return t = t.to(float32); };
  const auto whole = [](Tensor& t) -> const Tensor& { return t = t.to(int64); };
  const auto nothing = [](Tensor& t) -> const Tensor& { return t = zeros({0, 2, 2}, {.dtype = float64}); };
  const auto undefined = [](Tensor& t) -> const Tensor& { return t = Tensor(); };
  const std::string prefix = std::string(name) + ": ";
  const std::size_t w = gates == 4 ? 3 : 2;
  row.refusals = {with(Type::Shape, prefix + "x must be [T, N, input], got [5, 5]", 0, matrix),
                  with(Type::Shape, prefix + "needs at least one time step", 0, nothing),
                  with(Type::DType, prefix + "takes floats, got int64", 0, whole),
                  with(Type::Plain, prefix, 0, undefined),
                  with(Type::Plain, prefix, 1, undefined),
                  with(Type::Shape, prefix + "h0 must be [2, 3], got [5, 5]", 1, matrix),
                  with(Type::DType, prefix + "w_ih must be float64 as x is, got float32", w, narrow),
                  with(Type::Shape, prefix + "w_", w + 1, matrix),
                  with(Type::Shape, prefix + "b_ih must be ", w + 2, matrix),
                  with(Type::Argument, prefix + "b_ih and b_hh go together", w + 3, undefined)};
  const auto sizes = [&](Type type, const std::string& part, const Sizes& batch_sizes) {
    Layer packed = plain;
    packed.batch_sizes = batch_sizes;
    return refuses(type, prefix + part, function_of(packed), [packed] {
      List inputs;
      for (const Arg& arg : args_of(packed)) inputs.push_back(make(arg, 1));
      inputs[0] = ones({3, 2}, {.dtype = float64});
      return inputs;
    });
  };
  row.refusals.push_back(sizes(Type::Argument, "batch_sizes must be >= 0 and not increase, got 2 behind 1", {1, 2}));
  row.refusals.push_back(sizes(Type::Shape, "batch_sizes must add up to the rows of x, 3, got 2", {1, 1}));
  return row;
}

}  // namespace

std::vector<Row> recurrent_rows() {
  std::vector<Row> rows = {row_of("lstm_layer", 4), row_of("gru_layer", 3), row_of("rnn_layer", 1)};
  Layer projected{4, 0, 0, 2, 3, {2, 1}, true};
  projected.proj = 2;
  rows[0].samples.push_back(sample_of(projected));
  Layer relu{1, 2, 2, 2, 3};
  relu.relu = true;
  rows[2].samples.push_back(sample_of(relu));
  return rows;
}

}  // namespace descent::testing
