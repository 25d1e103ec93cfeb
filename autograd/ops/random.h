// Random tensors from one counter-based stream (Philox): the same values for any number of threads.
#pragma once

#include <array>

#include "create.h"

namespace descent {

/// Restarts the stream. Threads share it; each call takes its own stretch.
void manual_seed(std::uint64_t seed);
/// Seed and position of the stream, for checkpoints; and back.
std::array<std::uint64_t, 2> rng_state();
void set_rng_state(const std::array<std::uint64_t, 2>& state);

Tensor rand(const Shape& shape, const TensorOptions& options = {});   ///< U[0, 1)
Tensor randn(const Shape& shape, const TensorOptions& options = {});  ///< N(0, 1)
Tensor rand_like(const Tensor& like);
Tensor randn_like(const Tensor& like);
/// Integers on [low, high), int64 unless given. Throws std::invalid_argument unless low < high.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, const TensorOptions& options = {});
Tensor randint(std::int64_t high, const Shape& shape, const TensorOptions& options = {});
Tensor randperm(std::int64_t n);    ///< a permutation of 0 … n − 1, int64
Tensor bernoulli(const Tensor& p);  ///< 1 with probability p[i] in [0, 1], else 0, in p's type
/// `count` draws from each row of weights ([n] or [rows, n], non-negative, not all 0), without replacement unless
/// asked.
Tensor multinomial(const Tensor& weights, std::int64_t count, bool replacement = false);

/// Zeroes each element with probability p and scales the rest by 1 / (1 − p) when `training`, else returns a.
/// Throws std::invalid_argument unless 0 <= p <= 1.
Tensor dropout(const Tensor& a, double p = 0.5, bool training = true);

}  // namespace descent
