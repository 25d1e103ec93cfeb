// Normalisation, distances, attention and embeddings against PyTorch's (tests/reference/normalization.py).
#include <cmath>
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Tensor at(const List& in, std::size_t i) { return i < in.size() ? in[i] : Tensor(); }

struct Name {
  std::string op, variant;
  explicit Name(const std::string& name) : op(name.substr(0, name.find('/'))), variant(name.substr(op.size() + 1)) {}
  double number() const { return std::stod(variant); }
};

Call norm_call(const std::string& name) {
  const Name n(name);
  const auto& [op, variant] = n;
  if (op == "layer_norm") {
    const Shape shape = variant == "two" ? Shape{4, 3} : Shape{variant == "constant" ? 4 : variant == "long" ? 67 : 3};
    const double eps = variant == "two" ? 0.1 : 1e-5;
    return [=](const List& in) { return layer_norm(in[0], shape, at(in, 1), at(in, 2), {.eps = eps}); };
  }
  if (op == "rms_norm") {
    if (variant == "two") return [](const List& in) { return rms_norm(in[0], {4, 3}, in[1]); };
    return [](const List& in) { return rms_norm(in[0], 3, in[1], {.eps = 1e-3}); };
  }
  if (op == "group_norm") {
    const int64_t groups = std::stoll(variant);
    return [=](const List& in) { return group_norm(in[0], groups, at(in, 1), at(in, 2)); };
  }
  if (op == "batch_norm") {
    return [](const List& in) { return batch_norm(in[0], {}, {}, at(in, 1), at(in, 2), {.training = true}); };
  }
  if (op == "batch_norm_eval") return [](const List& in) { return batch_norm(in[2], in[0], in[1], in[3], in[4]); };
  if (op == "batch_norm_running" || op == "instance_norm_running") {
    return [=, momentum = n.number(), batch = op[0] == 'b'](const List& in) {
      const Tensor mean = in[0].detach().clone(), var = in[1].detach().clone();
      if (batch)
        batch_norm(in[2], mean, var, {}, {}, {.training = true, .momentum = momentum});
      else
        instance_norm(in[2], mean, var, {}, {}, {.momentum = momentum});
      return stack({mean, var});
    };
  }
  if (op == "instance_norm") return [](const List& in) { return instance_norm(in[0], {}, {}, at(in, 1), at(in, 2)); };
  if (op == "local_response_norm") {
    const int64_t size = std::stoll(variant);
    const LocalResponseNormOptions options =
        size == 2 ? LocalResponseNormOptions{.alpha = 0.3, .beta = 0.6, .k = 1.5} : LocalResponseNormOptions{};
    return [=](const List& in) { return local_response_norm(in[0], size, options); };
  }
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

Call distance_call(const std::string& name) {
  const Name n(name);
  const auto& [op, variant] = n;
  const double p = n.number();
  if (op == "normalize") {
    const int64_t dim = p == 2 ? 1 : p == 1 ? 0 : -1;
    return [=](const List& in) { return normalize(in[0], {.p = p, .dim = dim}); };
  }
  if (op == "cosine_similarity") {
    const int64_t dim = p == 2 ? -1 : static_cast<int64_t>(p);
    return [=](const List& in) { return cosine_similarity(in[0], in[1], {.dim = dim}); };
  }
  if (op == "pairwise_distance") return [=](const List& in) { return pairwise_distance(in[0], in[1], {.p = p}); };
  if (op == "pairwise_distance_keep") {
    return [](const List& in) { return pairwise_distance(in[0], in[1], {.eps = 0.5, .keepdim = true}); };
  }
  if (op == "cdist" || op == "cdist_near") return [=](const List& in) { return cdist(in[0], in[1], {.p = p}); };
  if (op == "pdist") return [=](const List& in) { return pdist(in[0], p); };
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

Call attention_call(const std::string& name) {
  const std::string variant = Name(name).variant;
  if (variant == "boolean" || variant == "none") {
    return [](const List& in) {
      return scaled_dot_product_attention(in[1], in[2], in[3], {.attn_mask = in[0].to(boolean)});
    };
  }
  ScaledDotProductAttentionOptions options{.is_causal = variant == "causal"};
  if (variant == "scale") options.scale = 2.0;
  return [options](const List& in) {
    ScaledDotProductAttentionOptions with = options;
    with.attn_mask = at(in, 3);
    return scaled_dot_product_attention(in[0], in[1], in[2], with);
  };
}

Call embedding_call(const std::string& name) {
  const Name n(name);
  const auto& [op, variant] = n;
  if (op == "embedding") {
    EmbeddingOptions options;
    if (variant == "padding") options.padding_idx = -1;
    if (variant == "freq") options = {.padding_idx = 1, .scale_grad_by_freq = true};
    return [options](const List& in) { return embedding(in[0], in[1], options); };
  }
  if (op == "embedding_scaled") {
    return [p = n.number()](const List& in) {
      const Tensor weight = in[1].detach().clone(), before = weight.clone();
      const Tensor out = embedding(in[0], weight, {.max_norm = p == 2 ? 1.0 : 1.5, .norm_type = p});
      BOOST_TEST(equal(weight[2], before[2]), "a row that was not looked up has been scaled");
      BOOST_TEST(equal(weight[3], out[0][2]), "the weight itself has not been scaled");
      return out;
    };
  }
  EmbeddingBagOptions options{.mode = variant};
  if (op == "embedding_bag_padding") options.padding_idx = 3;
  if (op == "embedding_bag_last") options.include_last_offset = true;
  const bool offsets = op != "embedding_bag" && op != "embedding_bag_weights";
  return [=](const List& in) {
    EmbeddingBagOptions with = options;
    if (offsets)
      with.offsets = in[1];
    else
      with.per_sample_weights = at(in, 2);
    return embedding_bag(in[0], in[offsets ? 2 : 1], with);
  };
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_normalization)

BOOST_AUTO_TEST_CASE(normalization) { check_table("ops/normalization.txt", norm_call); }
BOOST_AUTO_TEST_CASE(distance) { check_table("ops/distance.txt", distance_call); }
BOOST_AUTO_TEST_CASE(attention) { check_table("ops/attention.txt", attention_call); }
BOOST_AUTO_TEST_CASE(embedding) { check_table("ops/embedding.txt", embedding_call); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
