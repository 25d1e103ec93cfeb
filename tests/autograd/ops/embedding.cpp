// Rows looked up by index. Inputs are (weight, index, …), so that the first one has a gradient.
#include <cmath>
#include <limits>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

auto look_up(const EmbeddingOptions& options = {}) {
  return [options](const Tensor& weight, const Tensor& index) { return embedding(index, weight, options); };
}
/// A third input holds the weights of the entries.
auto bag(const EmbeddingBagOptions& options = {}) {
  return [options](const List& in) {
    EmbeddingBagOptions with = options;
    if (in.size() > 2) with.per_sample_weights = in[2];
    return embedding_bag(in[1], in[0], with);
  };
}

template <class F>
Refusal wrong(Type type, std::string part, F f, Tensor (*index)(), const Shape& weight = {4, 3},
              DType dtype = float32) {
  return refuses(type, std::move(part), f, [=] { return List{ones(weight, {.dtype = dtype}), index()}; });
}
Tensor good() { return tensor({0, 2}); }
Tensor square_index() { return tensor({{0, 2}, {1, 1}}); }

void add_embedding(std::vector<Row>& rows) {
  Row row{"embedding", {}, {}, sample(look_up(), {real({301, 60}), index_below({45, 50}, 301)})};
  const Arg weight = real({4, 3});
  row.samples = {sample(look_up(), {weight, index_below({6}, 4)}),
                 sample(look_up({.padding_idx = -1}), {weight, index_below({2, 3}, 3)}),
                 sample(look_up(), {weight, index_below({}, 4)}),
                 sample(look_up(), {weight, index_below({0, 2}, 4)}),
                 sample(look_up({.max_norm = 1e3}), {weight, index_below({2, 2, 2}, 4)}),
                 sample(look_up(), {real({2, 0}), index_below({3}, 2)})};
  const auto plain = look_up();
  row.refusals = {
      wrong(Type::Index, "embedding: index 4 at position 1", plain,
            [] {
              return Tensor(tensor({0, 4}));
            }),
      wrong(Type::Index, "-1", plain,
            [] {
              return Tensor(tensor({0, -1}));
            }),
      wrong(Type::Index, "embedding: ", plain, [] { return tensor({std::numeric_limits<int64_t>::min()}); }),
      wrong(Type::Index, "embedding: ", plain, [] { return tensor({std::numeric_limits<int64_t>::max()}); }),
      wrong(Type::DType, "float32", plain, [] { return ones({2}); }),
      wrong(Type::Shape, "weight", plain, good, {4}),
      wrong(Type::DType, "weight", plain, good, {4, 3}, int64),
      wrong(Type::Argument, "padding_idx", look_up({.padding_idx = 4}), good),
      wrong(Type::Argument, "padding_idx", look_up({.padding_idx = -5}), good),
      wrong(Type::Argument, "max_norm", look_up({.max_norm = -1}), good),
      wrong(Type::Argument, "norm_type", look_up({.max_norm = 1, .norm_type = std::nan("")}), good),
      undefined_input(plain, 2)};
  Row grad{"embedding_grad", {}, {}, {}};
  grad.samples = {gradient_sample(as_function(look_up()), {weight, index_below({6}, 4)}, real({6, 3})),
                  gradient_sample(as_function(look_up()), {weight, index_below({}, 4)}, real({3})),
                  gradient_sample(as_function(look_up()), {weight, index_below({0}, 4)}, real({0, 3})),
                  gradient_sample(as_function(look_up({.padding_idx = -1, .scale_grad_by_freq = true})),
                                  {weight, index_below({2, 4}, 4)}, real({2, 4, 3}))};
  grad.samples[2].constant = true;  // nothing is looked up
  grad.large = gradient_sample(row.large.f, row.large.args, real({45, 50, 60}));
  const auto fixed = [](const Tensor& w) { return embedding(good(), w); };
  grad.refusals = {foreign_cotangent(fixed, weight), undefined_input(fixed)};
  rows.push_back(row);
  rows.push_back(grad);
}

Row embedding_bag_row() {
  const Arg weight = real({5, 3});
  Row row{"embedding_bag", {}, {}, sample(bag(), {real({301, 60}), index_below({45, 50}, 301)}), {.scalar = false}};
  const auto from = [](std::initializer_list<NestedList> at) { return tensor(NestedList(at)); };
  row.samples = {
      sample(bag(), {weight, index_below({2, 3}, 5)}),
      sample(bag({.mode = "sum"}), {weight, index_below({2, 3}, 5), real({2, 3})}),
      sample(bag({.mode = "max"}), {distinct({5, 3}), index_below({2, 3}, 5)}),
      sample(bag({.offsets = from({0, 2, 2})}), {weight, index_below({5}, 5)}),
      sample(bag({.offsets = from({0, 2, 5}), .mode = "max", .include_last_offset = true}),
             {distinct({5, 3}), index_below({5}, 5)}),
      sample(bag({.mode = "sum", .padding_idx = 2}), {weight, index_below({3, 3}, 5), real({3, 3})}),
      sample(bag(), {weight, index_below({0, 3}, 5)}),
      sample(bag({.offsets = from({0, 0}), .mode = "max"}), {weight, index_below({0}, 5)}),
  };
  row.samples.back().constant = true;  // empty bags
  const auto plain = bag();
  row.refusals = {
      wrong(Type::Index, "embedding_bag: index 4", plain,
            [] {
              return Tensor(tensor({{0, 4}}));
            }),
      wrong(Type::Argument, "mode", bag({.mode = "prod"}), square_index),
      wrong(Type::Shape, "offsets", plain, good),
      wrong(Type::Shape, "offsets", bag({.offsets = from({0})}), square_index),
      wrong(Type::Index, "offsets", bag({.offsets = from({1})}), good),
      wrong(Type::Index, "offsets", bag({.offsets = from({0, 3})}), good),
      wrong(Type::Index, "offsets", bag({.offsets = from({0, 2, 1})}), good),
      wrong(Type::DType, "offsets", bag({.offsets = ones({2})}), good),
      wrong(Type::Argument, "per_sample_weights", bag({.per_sample_weights = ones({2, 2})}), square_index),
      wrong(Type::Shape, "per_sample_weights", bag({.mode = "sum", .per_sample_weights = ones({2})}), square_index),
      wrong(Type::DType, "per_sample_weights",
            bag({.mode = "sum", .per_sample_weights = ones({2, 2}, {.dtype = float64})}), square_index),
      undefined_input(plain, 2)};
  return row;
}

}  // namespace

std::vector<Row> embedding_rows() {
  std::vector<Row> rows;
  add_embedding(rows);
  rows.push_back(embedding_bag_row());
  return rows;
}

}  // namespace descent::testing
