#include "embedding.h"

#include "../autograd/fail-inl.h"
#include "../autograd/grad_mode.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/embedding.h"
#include "init.h"
#include "repr-inl.h"

namespace descent::nn {

namespace {

template <class Options>
void check_table(const char* layer, std::int64_t num_embeddings, std::int64_t embedding_dim, Options& options) {
  check_at_least(1, num_embeddings, layer, "num_embeddings");
  check_at_least(1, embedding_dim, layer, "embedding_dim");
  check_floating(options.dtype, layer);
  if (options.max_norm && !(*options.max_norm > 0)) {
    throw std::invalid_argument(fmt::format("{}: max_norm must be positive, got {}", layer, *options.max_norm));
  }
  if (!(options.norm_type > 0)) {
    throw std::invalid_argument(fmt::format("{}: norm_type must be positive, got {}", layer, options.norm_type));
  }
  if (!options.padding_idx) return;
  std::int64_t& row = *options.padding_idx;
  if (row < -num_embeddings || row >= num_embeddings) {
    throw std::invalid_argument(
        fmt::format("{}: padding_idx must be in [{}, {}), got {}", layer, -num_embeddings, num_embeddings, row));
  }
  if (row < 0) row += num_embeddings;
}

void check_mode(const std::string& mode) {
  if (mode == "sum" || mode == "mean" || mode == "max") return;
  throw std::invalid_argument(fmt::format("EmbeddingBag: mode must be \"sum\", \"mean\" or \"max\", got \"{}\"", mode));
}

void check_matrix(const Tensor& embeddings) {
  if (embeddings.dim() != 2) fail<ShapeError>("from_pretrained", "takes a matrix, got {}", embeddings.shape());
}

// N(0, 1), and zeros for the padding
void draw(Tensor weight, const std::optional<std::int64_t>& padding_idx) {
  const NoGradGuard no_grad;
  init::normal_(weight);
  if (padding_idx) weight[*padding_idx].zero_();
}

template <class Options>
std::string norm_repr(const Options& options) {
  std::string text;
  if (options.max_norm) text += ", max_norm=" + python(*options.max_norm);
  if (options.norm_type != 2) text += fmt::format(", norm_type={}", python(options.norm_type));
  if (options.scale_grad_by_freq) text += ", scale_grad_by_freq=True";
  return text;
}

}  // namespace

Embedding::Embedding(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingOptions& options)
    : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim), options_(options) {
  check_table("Embedding", num_embeddings, embedding_dim, options_);
  weight = register_parameter("weight", empty({num_embeddings, embedding_dim}, {.dtype = options.dtype}));
  reset_parameters();
}

Embedding::Embedding(Tensor given, bool requires_grad, const EmbeddingOptions& options)
    : num_embeddings_(given.size(0)), embedding_dim_(given.size(1)), options_(options) {
  check_table("Embedding", num_embeddings_, embedding_dim_, options_);
  weight = register_parameter("weight", std::move(given), requires_grad);
}

Embedding Embedding::from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options) {
  check_matrix(embeddings);
  return Embedding(embeddings.detach(), !options.freeze,
                   {.padding_idx = options.padding_idx,
                    .max_norm = options.max_norm,
                    .norm_type = options.norm_type,
                    .scale_grad_by_freq = options.scale_grad_by_freq,
                    .sparse = options.sparse,
                    .dtype = embeddings.dtype()});
}

void Embedding::reset_parameters() { draw(weight, options_.padding_idx); }

Tensor Embedding::forward(const Tensor& index) {
  return embedding(index, weight,
                   {.padding_idx = options_.padding_idx,
                    .max_norm = options_.max_norm,
                    .norm_type = options_.norm_type,
                    .scale_grad_by_freq = options_.scale_grad_by_freq,
                    .sparse = options_.sparse});
}

std::string Embedding::extra_repr() const {
  std::string text = fmt::format("{}, {}", num_embeddings_, embedding_dim_);
  if (options_.padding_idx) text += fmt::format(", padding_idx={}", *options_.padding_idx);
  text += norm_repr(options_);
  if (options_.sparse) text += ", sparse=True";
  return text;
}

EmbeddingBag::EmbeddingBag(std::int64_t num_embeddings, std::int64_t embedding_dim, const EmbeddingBagOptions& options)
    : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim), options_(options) {
  check_table("EmbeddingBag", num_embeddings, embedding_dim, options_);
  check_mode(options.mode);
  weight = register_parameter("weight", empty({num_embeddings, embedding_dim}, {.dtype = options.dtype}));
  reset_parameters();
}

EmbeddingBag::EmbeddingBag(Tensor given, bool requires_grad, const EmbeddingBagOptions& options)
    : num_embeddings_(given.size(0)), embedding_dim_(given.size(1)), options_(options) {
  check_table("EmbeddingBag", num_embeddings_, embedding_dim_, options_);
  check_mode(options.mode);
  weight = register_parameter("weight", std::move(given), requires_grad);
}

EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings, const EmbeddingBagFromPretrainedOptions& options) {
  check_matrix(embeddings);
  return EmbeddingBag(embeddings.detach(), !options.freeze,
                      {.max_norm = options.max_norm,
                       .norm_type = options.norm_type,
                       .scale_grad_by_freq = options.scale_grad_by_freq,
                       .mode = options.mode,
                       .sparse = options.sparse,
                       .include_last_offset = options.include_last_offset,
                       .padding_idx = options.padding_idx,
                       .dtype = embeddings.dtype()});
}

void EmbeddingBag::reset_parameters() { draw(weight, options_.padding_idx); }

Tensor EmbeddingBag::forward(const Tensor& index) { return bags(index, Tensor(), Tensor()); }

Tensor EmbeddingBag::forward(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights) {
  return with_hooks(index, [&](const Tensor& input) { return bags(input, offsets, per_sample_weights); });
}

Tensor EmbeddingBag::bags(const Tensor& index, const Tensor& offsets, const Tensor& per_sample_weights) const {
  return embedding_bag(index, weight,
                       {.offsets = offsets,
                        .max_norm = options_.max_norm,
                        .norm_type = options_.norm_type,
                        .scale_grad_by_freq = options_.scale_grad_by_freq,
                        .mode = options_.mode,
                        .sparse = options_.sparse,
                        .per_sample_weights = per_sample_weights,
                        .include_last_offset = options_.include_last_offset,
                        .padding_idx = options_.padding_idx});
}

std::string EmbeddingBag::extra_repr() const {
  std::string text = fmt::format("{}, {}", num_embeddings_, embedding_dim_) + norm_repr(options_);
  text += ", mode=" + options_.mode;
  if (options_.padding_idx) text += fmt::format(", padding_idx={}", *options_.padding_idx);
  return text;
}

}  // namespace descent::nn
