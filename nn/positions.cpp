#include "positions.h"

#include <cmath>

#include "../autograd/fail-inl.h"
#include "../autograd/ops.h"
#include "repr-inl.h"

namespace descent::nn {
namespace {

void check_sizes(const char* op, std::int64_t length, std::int64_t dim, double base) {
  if (length < 0 || dim < 0) {
    throw std::invalid_argument(fmt::format("{}: sizes must be >= 0, got {} and {}", op, length, dim));
  }
  if (!(base > 0) || std::isinf(base)) {
    throw std::invalid_argument(fmt::format("{}: base must be positive and finite, got {}", op, base));
  }
}

/// [length, pairs]: t / base^(2i/dim), float64.
Tensor angles(std::int64_t length, std::int64_t pairs, std::int64_t dim, double base) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(Shape{length, pairs}.numel()));
  for (std::int64_t t = 0; t < length; ++t) {
    for (std::int64_t i = 0; i < pairs; ++i) {
      values.push_back(static_cast<double>(t) * std::pow(base, -2 * static_cast<double>(i) / static_cast<double>(dim)));
    }
  }
  return from_vector(values, {length, pairs});
}

}  // namespace

Tensor sinusoidal_positions(std::int64_t length, std::int64_t dim, const SinusoidalPositionsOptions& options) {
  constexpr const char* op = "sinusoidal_positions";
  check_sizes(op, length, dim, options.base);
  check_floating(options.dtype, op);
  const Tensor a = angles(length, (dim + 1) / 2, dim, options.base);
  return stack({sin(a), cos(a)}, -1).flatten(1).slice(1, 0, dim).contiguous().to(options.dtype);
}

PositionalEncoding::PositionalEncoding(std::int64_t d_model, const PositionalEncodingOptions& options)
    : d_model_(d_model), options_(options) {
  check_sizes("PositionalEncoding", options.max_len, d_model, options.base);
  if (!(options.dropout >= 0 && options.dropout <= 1)) {
    throw std::invalid_argument(fmt::format("PositionalEncoding: dropout must be in [0, 1], got {}", options.dropout));
  }
  table_ = sinusoidal_positions(options.max_len, d_model, {.base = options.base, .dtype = float64});
}

Tensor PositionalEncoding::forward(const Tensor& x) {
  constexpr const char* op = "PositionalEncoding";
  x.checked(op);
  if (!x.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}", x.dtype());
  if ((x.dim() != 2 && x.dim() != 3) || x.size(-1) != d_model_) {
    fail<ShapeError>(op, "x must be [{}, {}], or without N, got {}", options_.batch_first ? "N, T" : "T, N", d_model_,
                     x.shape());
  }
  const bool time_first = x.dim() == 2 || !options_.batch_first;
  const std::int64_t length = x.size(time_first ? 0 : 1);
  if (length > options_.max_len) {
    fail<ShapeError>(op, "the sequence must not be longer than max_len = {}, got {}", options_.max_len, length);
  }
  Tensor p = table_.slice(0, 0, length).to(x.dtype());
  if (x.dim() == 3 && time_first) p = p.unsqueeze(1);
  return dropout(x + p, options_.dropout, is_training());
}

std::string PositionalEncoding::extra_repr() const {
  return fmt::format("{}, dropout={}, max_len={}{}", d_model_, python(options_.dropout), options_.max_len,
                     options_.batch_first ? ", batch_first=True" : "");
}

RotaryPositionalEmbeddings::RotaryPositionalEmbeddings(std::int64_t dim,
                                                       const RotaryPositionalEmbeddingsOptions& options)
    : dim_(dim), options_(options) {
  constexpr const char* op = "RotaryPositionalEmbeddings";
  check_sizes(op, options.max_seq_len, dim, options.base);
  if (dim % 2 != 0) throw std::invalid_argument(fmt::format("{}: dim must be even, got {}", op, dim));
  const Tensor a = angles(options.max_seq_len, dim / 2, dim, options.base);
  cos_ = cos(a);
  sin_ = sin(a);
}

Tensor RotaryPositionalEmbeddings::forward(const Tensor& x, const RotaryForwardOptions& options) {
  return with_hooks(x, [&](const Tensor& input) { return compute(input, options); });
}

Tensor RotaryPositionalEmbeddings::compute(const Tensor& x, const RotaryForwardOptions& options) const {
  constexpr const char* op = "RotaryPositionalEmbeddings";
  x.checked(op);
  if (!x.is_floating_point()) fail<DTypeError>(op, "takes floats, got {}", x.dtype());
  if (x.dim() < 2 || x.size(-1) != dim_) fail<ShapeError>(op, "x must be […, T, {}], got {}", dim_, x.shape());
  const auto time = wrap_dim(options_.seq_dim, x.dim(), op);
  if (time == static_cast<int>(x.dim()) - 1) {
    fail<ShapeError>(op, "seq_dim must not be the last dim, got {} of x {}", options_.seq_dim, x.shape());
  }
  const std::int64_t length = x.size(time), first = options.offset;
  if (first < 0 || first > options_.max_seq_len || length > options_.max_seq_len - first) {
    fail<ShapeError>(op, "positions must lie below max_seq_len = {}, got {} from {} on", options_.max_seq_len, length,
                     first);
  }
  Shape along(std::vector<std::int64_t>(static_cast<std::size_t>(x.dim()), 1));
  along[static_cast<std::size_t>(time)] = length;
  along[along.size() - 1] = dim_ / 2;
  const auto table = [&](const Tensor& t) { return t.slice(0, first, first + length).to(x.dtype()).reshape(along); };
  const Tensor c = table(cos_), s = table(sin_);
  const std::vector<Tensor> pair =
      options_.interleaved ? x.unflatten(-1, {dim_ / 2, 2}).unbind(-1) : x.split({dim_ / 2, dim_ / 2}, -1);
  const Tensor a = pair[0] * c - pair[1] * s, b = pair[0] * s + pair[1] * c;
  return options_.interleaved ? stack({a, b}, -1).flatten(-2) : cat({a, b}, -1);
}

std::string RotaryPositionalEmbeddings::extra_repr() const {
  return fmt::format("{}, max_seq_len={}, base={}{}", dim_, options_.max_seq_len, python(options_.base),
                     options_.interleaved ? "" : ", interleaved=False");
}

}  // namespace descent::nn
