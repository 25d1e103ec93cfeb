// Where in a sequence an element stands: sinusoidal and rotary positions.
#pragma once

#include "module.h"

namespace descent::nn {

/// Options of sinusoidal_positions.
struct SinusoidalPositionsOptions {
  double base = 10000.0;
  DType dtype = float32;
};
/// [length, dim]: p_2i = sin(t / base^(2i/dim)), p_2i+1 = cos(t / base^(2i/dim)) at position t (Vaswani et al.,
/// "Attention is all you need", 2017). Computed in float64. Throws std::invalid_argument for negative sizes, a base
/// that is not positive and finite, or a dtype that is not floating.
Tensor sinusoidal_positions(std::int64_t length, std::int64_t dim, const SinusoidalPositionsOptions& options = {});

/// Options of PositionalEncoding.
struct PositionalEncodingOptions {
  double dropout = 0.1;
  std::int64_t max_len = 5000;
  bool batch_first = false;
  double base = 10000.0;
};
/// x + sinusoidal_positions, then dropout: x [T, N, d_model], [N, T, d_model] if batch_first, or [T, d_model], T at
/// most max_len (ShapeError). It has no parameters and no state.
class PositionalEncoding : public Module {
 public:
  explicit PositionalEncoding(std::int64_t d_model, const PositionalEncodingOptions& options = {});
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 private:
  std::int64_t d_model_;
  PositionalEncodingOptions options_;
  Tensor table_;  // float64: exact enough for either type
};

/// Options of RotaryPositionalEmbeddings.
struct RotaryPositionalEmbeddingsOptions {
  std::int64_t max_seq_len = 4096;
  double base = 10000.0;
  bool interleaved = true;    ///< pairs are neighbours (0, 1), (2, 3), …; false: (0, dim/2), (1, dim/2 + 1), …
  std::int64_t seq_dim = -2;  ///< which dim of x is time
};
/// Options of RotaryPositionalEmbeddings::forward.
struct RotaryForwardOptions {
  std::int64_t offset = 0;  ///< position of the first element
};
/// Turns pair i of x […, T, dim] at position t by the angle t / base^(2i/dim), so that products of queries and keys
/// depend on the distance alone (Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021).
/// Throws ShapeError for another last size or positions from max_seq_len on; std::invalid_argument for an odd dim.
class RotaryPositionalEmbeddings : public Module {
 public:
  explicit RotaryPositionalEmbeddings(std::int64_t dim, const RotaryPositionalEmbeddingsOptions& options = {});
  Tensor forward(const Tensor& x) override { return compute(x, {}); }
  Tensor forward(const Tensor& x, const RotaryForwardOptions& options);
  Tensor operator()(const Tensor& x, const RotaryForwardOptions& options = {}) { return forward(x, options); }
  std::string extra_repr() const override;

 private:
  Tensor compute(const Tensor& x, const RotaryForwardOptions& options) const;

  std::int64_t dim_;
  RotaryPositionalEmbeddingsOptions options_;
  Tensor cos_, sin_;  // [max_seq_len, dim/2], float64
};

}  // namespace descent::nn
