// Scaled dot-product attention.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;
using Options = ScaledDotProductAttentionOptions;

/// A fourth input is the mask.
auto attend(const Options& options = {}) {
  return [options](const List& in) {
    Options with = options;
    if (in.size() > 3) with.attn_mask = in[3];
    manual_seed(11);
    return scaled_dot_product_attention(in[0], in[1], in[2], with);
  };
}

Refusal wrong(Type type, std::string part, const std::vector<Shape>& given, const Options& options = {},
              DType last = float32) {
  return refuses(type, std::move(part), attend(options), [given, last] {
    List inputs;
    for (const Shape& shape : given) {
      inputs.push_back(ones(shape, {.dtype = inputs.size() + 1 == given.size() ? last : float32}));
    }
    return inputs;
  });
}

}  // namespace

std::vector<Row> attention_rows() {
  Row row{"scaled_dot_product_attention", {}, {}, {}, {.scalar = false}};
  const Arg q = real({2, 3, 2}), k = real({2, 4, 2}), v = real({2, 4, 3});
  row.samples = {
      sample(attend(), {q, k, v}),
      sample(attend({.is_causal = true}), {real({3, 2}), real({3, 2}), real({3, 2})}),
      sample(attend({.scale = 0.3}), {real({1, 2, 2, 2}), real({3, 2}), real({2, 3, 1})}),
      sample(attend(), {real({2, 3}), real({3, 3}), real({3, 2}), real({2, 3})}),
      sample(attend({.dropout_p = 0.3}), {real({2, 3}), real({3, 3}), real({3, 2})}),
      sample(attend(), {real({0, 3}), real({2, 3}), real({2, 2})}),
      sample(attend({.is_causal = true}), {real({2, 1}), real({4, 1}), real({4, 2})}),
  };
  // A boolean mask that leaves every query a key.
  const auto masked = [](const List& in) {
    return scaled_dot_product_attention(in[0], in[1], in[2],
                                        {.attn_mask = tensor({{true, false, true}, {false, true, false}})});
  };
  row.samples.push_back(sample(masked, {real({2, 3}), real({3, 3}), real({3, 2})}));
  row.large =
      sample(attend({.is_causal = true}), {real({2, 4, 128, 16}), real({2, 4, 128, 16}), real({2, 4, 128, 16})});
  row.refusals = {wrong(Type::Shape, "scaled_dot_product_attention: ", {{2, 3}, {2, 4}, {2, 3}}),
                  wrong(Type::Shape, "[3, 3]", {{2, 3}, {2, 3}, {3, 3}}),
                  wrong(Type::Shape, "at least 2 dims", {{3}, {2, 3}, {2, 3}}),
                  wrong(Type::Shape, "scaled_dot_product_attention: ", {{2, 2, 3}, {3, 2, 3}, {2, 3}}),
                  wrong(Type::DType, "one type", {{2, 3}, {2, 3}, {2, 3}}, {}, float64),
                  wrong(Type::DType, "int64", {{2, 3}, {2, 3}, {2, 3}}, {}, int64),
                  wrong(Type::DType, "attn_mask", {{2, 3}, {2, 3}, {2, 3}, {2, 2}}, {}, int64),
                  wrong(Type::Shape, "attn_mask", {{2, 3}, {2, 3}, {2, 3}, {4, 2, 2}}),
                  wrong(Type::Argument, "is_causal", {{2, 3}, {2, 3}, {2, 3}, {2, 2}}, {.is_causal = true}),
                  wrong(Type::Argument, "dropout_p", {{2, 3}, {2, 3}, {2, 3}}, {.dropout_p = 1.5}),
                  wrong(Type::Argument, "scale", {{2, 3}, {2, 3}, {2, 3}}, {.scale = std::nan("")}),
                  undefined_input(attend(), 3)};
  return {row};
}

}  // namespace descent::testing
