// Normalisation over batches, layers, groups and vectors.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

/// Input number i, or Tensor() where the sample has none.
Tensor at(const List& in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }

Refusal call_of(Type type, std::string part, const std::vector<Shape>& given, std::function<Tensor(const List&)> f,
                DType dtype = float32) {
  return refuses(type, std::move(part), f, [given, dtype] {
    List inputs;
    for (const Shape& shape : given) inputs.push_back(ones(shape, {.dtype = inputs.empty() ? dtype : float32}));
    return inputs;
  });
}

/// Op and gradient: the op's rows, and the same samples as gradients.
void add_both(std::vector<Row>& rows, const Row& row, const std::vector<Arg>& cotangents, Refusal foreign) {
  Row grad{row.name + "_grad", {}, {std::move(foreign), row.refusals.back()}, {}, row.traits};
  for (std::size_t i = 0; i < cotangents.size(); ++i) {
    grad.samples.push_back(gradient_sample(row.samples[i].f, row.samples[i].args, cotangents[i]));
    grad.samples.back().constant = row.samples[i].args[0].shape.numel() == 0;
  }
  grad.large = gradient_sample(row.large.f, row.large.args, real(row.large.args[0].shape));
  rows.push_back(row);
  rows.push_back(grad);
}

void add_layer_norm(std::vector<Row>& rows) {
  const auto f = [](const Shape& shape, double eps = 1e-5) {
    return [=](const List& in) { return layer_norm(in[0], shape, at(in, 1), at(in, 2), {.eps = eps}); };
  };
  Row row{"layer_norm", {}, {}, sample(f({300}), {real({401, 300}), real({300}), real({300})}), {.scalar = false}};
  row.samples = {sample(f({5}), {real({3, 5}), real({5}), real({5})}),
                 sample(f({3, 2}, 0.1), {real({2, 3, 2}), real({3, 2}), real({3, 2})}),
                 sample(f({4}), {real({0, 4}), real({4}), real({4})}),
                 sample(f({19}), {real({2, 19})}),
                 sample(f({2, 3}), {real({2, 3}), real({2, 3})}),
                 sample(f({0}), {real({3, 0})})};
  row.refusals = {call_of(Type::Shape, "layer_norm: ", {{2, 3}}, f({2})),
                  call_of(Type::Shape, "[2, 3]", {{3}}, f({2, 3})),
                  call_of(Type::Shape, "normalized_shape", {{3}}, f({})),
                  call_of(Type::Shape, "weight", {{2, 3}, {2}}, f({3})),
                  call_of(Type::Shape, "bias", {{2, 3}, {3}, {3, 1}}, f({3})),
                  call_of(Type::DType, "int64", {{2, 3}}, f({3}), int64),
                  call_of(Type::DType, "weight", {{2, 3}, {3}}, f({3}), float64),
                  call_of(Type::Argument, "eps", {{2, 3}}, f({3}, -1)),
                  call_of(Type::Argument, "eps", {{2, 3}}, f({3}, std::nan(""))),
                  undefined_input(f({2}))};
  const auto plain = [](const Tensor& a) { return layer_norm(a, 3); };
  add_both(rows, row, {real({3, 5}), real({2, 3, 2}), real({0, 4}), real({2, 19})},
           foreign_cotangent(plain, real({2, 3})));
}

void add_rms_norm(std::vector<Row>& rows) {
  const auto f = [](const Shape& shape, std::optional<double> eps = std::nullopt) {
    return [=](const List& in) { return rms_norm(in[0], shape, at(in, 1), {.eps = eps}); };
  };
  Row row{"rms_norm", {}, {}, sample(f({300}), {real({401, 300}), real({300})}), {.scalar = false}};
  row.samples = {sample(f({5}, 1e-3), {real({3, 5}), real({5})}), sample(f({3, 2}), {real({2, 3, 2}), real({3, 2})}),
                 sample(f({4}), {real({0, 4}), real({4})}), sample(f({19}), {real({2, 19})})};
  row.refusals = {call_of(Type::Shape, "rms_norm: ", {{2, 3}}, f({2})),
                  call_of(Type::Shape, "weight", {{2, 3}, {2}}, f({3})),
                  call_of(Type::DType, "int64", {{2, 3}}, f({3}), int64),
                  call_of(Type::Argument, "eps", {{2, 3}}, f({3}, -1)), undefined_input(f({2}))};
  const auto plain = [](const Tensor& a) { return rms_norm(a, 3); };
  add_both(rows, row, {real({3, 5}), real({2, 3, 2}), real({0, 4}), real({2, 19})},
           foreign_cotangent(plain, real({2, 3})));
}

void add_group_norm(std::vector<Row>& rows) {
  const auto f = [](int64_t groups, double eps = 1e-5) {
    return [=](const List& in) { return group_norm(in[0], groups, at(in, 1), at(in, 2), {.eps = eps}); };
  };
  Row row{"group_norm", {}, {}, sample(f(3), {real({17, 12, 601}), real({12}), real({12})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({2, 4, 3}), real({4}), real({4})}),
                 sample(f(3, 0.1), {real({3, 6}), real({6}), real({6})}),
                 sample(f(2), {real({0, 4, 3}), real({4}), real({4})}), sample(f(1), {real({2, 2, 2, 3}), real({2})}),
                 sample(f(2), {real({1, 2, 11})})};
  row.refusals = {call_of(Type::Shape, "group_norm: num_groups = 2", {{2, 3}}, f(2)),
                  call_of(Type::Argument, "num_groups", {{2, 3}}, f(0)),
                  call_of(Type::Shape, "[N, C, …]", {{3}}, f(1)),
                  call_of(Type::Shape, "group_norm: needs more than one value per group, got x [1, 2]", {{1, 2}}, f(2)),
                  call_of(Type::Shape, "weight", {{2, 4, 3}, {2}}, f(2)),
                  call_of(Type::DType, "int64", {{2, 3}}, f(1), int64),
                  call_of(Type::Argument, "eps", {{2, 3}}, f(1, -1)),
                  undefined_input(f(1))};
  const auto plain = [](const Tensor& a) { return group_norm(a, 1); };
  add_both(rows, row, {real({2, 4, 3}), real({3, 6}), real({0, 4, 3}), real({2, 2, 2, 3})},
           foreign_cotangent(plain, real({2, 3})));
}

void add_batch_norm(std::vector<Row>& rows) {
  const auto f = [](double eps = 1e-5, double momentum = 0.1) {
    return [=](const List& in) {
      return batch_norm(in[0], {}, {}, at(in, 1), at(in, 2), {.training = true, .momentum = momentum, .eps = eps});
    };
  };
  Row row{"batch_norm", {}, {}, sample(f(), {real({17, 7, 1031}), real({7}), real({7})}), {.scalar = false}};
  row.samples = {sample(f(), {real({3, 2, 2}), real({2}), real({2})}),
                 sample(f(0.1), {real({5, 3}), real({3}), real({3})}),
                 sample(f(), {real({0, 3, 2}), real({3}), real({3})}), sample(f(), {real({2, 2, 3, 2}), real({2})}),
                 sample(f(), {real({1, 2, 9})})};
  const auto running = [](bool training) {
    return [training](const List& in) {
      return batch_norm(in[0], at(in, 1), at(in, 2), at(in, 3), at(in, 4), {.training = training});
    };
  };
  row.refusals = {call_of(Type::Shape, "batch_norm: ", {{1, 3}}, f()),
                  call_of(Type::Shape, "[N, C, …]", {{3}}, f()),
                  call_of(Type::Shape, "weight", {{2, 4, 3}, {2}}, f()),
                  call_of(Type::DType, "weight", {{2, 3}, {3}}, f(), float64),
                  call_of(Type::DType, "int64", {{2, 3}}, f(), int64),
                  call_of(Type::Argument, "eps", {{2, 3}}, f(-1)),
                  call_of(Type::Argument, "momentum", {{2, 3}}, f(1e-5, 1.5)),
                  call_of(Type::Shape, "running_mean", {{2, 3}, {2}, {3}}, running(true)),
                  call_of(Type::Shape, "running_var", {{2, 3}, {3}, {3, 1}}, running(true)),
                  undefined_input(f())};
  const auto plain = [](const Tensor& a) { return batch_norm(a, {}, {}, {}, {}, {.training = true}); };
  add_both(rows, row, {real({3, 2, 2}), real({5, 3}), real({0, 3, 2}), real({2, 2, 3, 2})},
           foreign_cotangent(plain, real({2, 3})));

  rows.back().samples.push_back(gradient_sample(row.samples[1].f, {real({70, 2})}, real({70, 2})));
  const std::vector<Arg> flat = {real({1201, 101}), real({101}), real({101})};
  rows.back().large = gradient_sample(row.large.f, flat, real({1201, 101}));

  Row fixed{"batch_norm_eval", {}, {}, {}, {.scalar = false}};
  const auto with = [](const Shape& x, const Shape& channels, bool affine) {
    std::vector<Arg> args = {real(x), constant(real(channels)), constant(positive(channels))};
    if (affine) args.insert(args.end(), {real(channels), real(channels)});
    return args;
  };
  fixed.samples = {sample(running(false), with({3, 2, 2}, {2}, true)), sample(running(false), with({3, 5}, {5}, true)),
                   sample(running(false), with({0, 2}, {2}, true)),
                   sample(running(false), with({2, 2, 3}, {2}, false))};
  fixed.large = sample(running(false), with({17, 7, 1031}, {7}, true));
  fixed.refusals = {call_of(Type::Argument, "running_mean", {{2, 3}}, running(false)),
                    call_of(Type::Argument, "running_var", {{2, 3}, {3}}, running(false)),
                    call_of(Type::Shape, "running_mean", {{2, 3}, {2}, {3}}, running(false))};
  rows.push_back(fixed);
}

Row instance_norm_row() {
  const auto f = [](bool from_input, double eps = 1e-5) {
    return [=](const List& in) {
      const bool given = !from_input;
      const std::size_t next = given ? 3 : 1;
      return instance_norm(in[0], given ? at(in, 1) : Tensor(), given ? at(in, 2) : Tensor(), at(in, next),
                           at(in, next + 1), {.use_input_stats = from_input, .eps = eps});
    };
  };
  Row row{"instance_norm", {}, {}, sample(f(true), {real({17, 7, 1031}), real({7}), real({7})}), {.scalar = false}};
  row.samples = {
      sample(f(true), {real({2, 2, 4}), real({2}), real({2})}), sample(f(true, 0.1), {real({1, 3, 2, 2}), real({3})}),
      sample(f(true), {real({0, 2, 4}), real({2}), real({2})}), sample(f(true), {real({2, 2, 5})}),
      sample(f(false), {real({2, 2, 3}), constant(real({2})), constant(positive({2})), real({2}), real({2})})};
  row.refusals = {call_of(Type::Shape, "instance_norm: ", {{2, 3}}, f(true)),
                  call_of(Type::Shape, "instance_norm: ", {{2, 3, 1}}, f(true)),
                  call_of(Type::Shape, "[N, C, …]", {{3}}, f(true)),
                  call_of(Type::Argument, "running_mean", {{2, 3, 4}}, f(false)),
                  call_of(Type::Argument, "eps", {{2, 3, 4}}, f(true, -1)),
                  call_of(Type::DType, "int64", {{2, 3, 4}}, f(true), int64),
                  undefined_input(f(true))};
  return row;
}

Row local_response_norm_row() {
  const auto f = [](int64_t size) {
    return [size](const Tensor& a) { return local_response_norm(a, size, {.alpha = 0.5, .beta = 0.6, .k = 2}); };
  };
  Row row{"local_response_norm", {}, {}, sample(f(3), {real({17, 7, 1031})}), {.scalar = false}};
  row.samples = {sample(f(3), {real({2, 4, 2})}), sample(f(2), {real({2, 3})}), sample(f(1), {real({0, 3, 2})}),
                 sample(f(5), {real({1, 3, 2})})};
  row.refusals = {one(Type::Argument, "size", {2, 3}, f(0)), one(Type::Shape, "local_response_norm: ", {3}, f(2)),
                  one(Type::DType, "local_response_norm: ", {2, 3}, f(2), int64), undefined_input(f(2))};
  return row;
}

/// Dropouts restart the stream, so that each is a function.
Row dropout_row(const char* name, Tensor (*f)(const Tensor&, double, bool), const std::vector<Shape>& shapes,
                const Shape& large, const Shape& refused) {
  const auto with = [f](double p, bool training) {
    return [=](const Tensor& a) {
      manual_seed(11);
      return f(a, p, training);
    };
  };
  const std::string prefix = std::string(name) + ": ";
  Row row{name, {}, {}, sample(with(0.3, true), {real(large)})};
  for (const Shape& shape : shapes) row.samples.push_back(sample(with(0.4, true), {real(shape)}));
  row.samples.push_back(sample(with(0.0, true), {real(shapes[0])}));
  row.samples.push_back(sample(with(0.5, false), {real(shapes[0])}));
  row.samples.push_back(sample(with(1.0, true), {real(shapes[0])}));
  row.samples.back().constant = true;
  row.refusals = {one(Type::Argument, prefix, shapes[0], with(1.5, true)),
                  one(Type::Argument, prefix, shapes[0], with(std::nan(""), false)),
                  one(Type::DType, prefix, shapes[0], with(0.5, true), int64), undefined_input(with(0.5, true))};
  if (!refused.empty()) row.refusals.push_back(one(Type::Shape, prefix, refused, with(0.5, true)));
  row.traits.scalar = refused.empty();
  row.traits.zero_second = true;
  return row;
}

}  // namespace

std::vector<Row> normalization_rows() {
  std::vector<Row> rows;
  add_layer_norm(rows);
  add_rms_norm(rows);
  add_group_norm(rows);
  add_batch_norm(rows);
  rows.push_back(instance_norm_row());
  rows.push_back(local_response_norm_row());
  rows.push_back(dropout_row("feature_dropout", feature_dropout, {{3, 4}, {2, 3, 2, 2}, {0, 3}}, {31, 40, 101}, {3}));
  rows.push_back(dropout_row("dropout1d", dropout1d, {{3, 4, 2}, {3, 4}, {0, 3, 2}}, {31, 40, 101}, {3}));
  rows.push_back(dropout_row("dropout2d", dropout2d, {{3, 4, 2, 2}, {3, 4, 2}, {0, 3, 2, 1}}, {31, 40, 101}, {3, 2}));
  rows.push_back(dropout_row("dropout3d", dropout3d, {{2, 4, 2, 1, 2}, {3, 4, 2, 1}, {0, 3, 2, 1, 1}}, {31, 40, 101, 1},
                             {3, 2, 1}));
  rows.push_back(dropout_row("alpha_dropout", alpha_dropout, {{3, 4}, {}, {0, 3}}, {3, 40001}, {}));
  return rows;
}

}  // namespace descent::testing
