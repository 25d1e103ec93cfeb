// Random words and numbers in groups, the unit the generator works in. Internal to the kernels.
//
// Number e of a stream belongs to group e / 64 (or e / 32 where a number takes 64 bits or more), which is 16 blocks of
// Philox: block b of a group fills positions b, b + 16, … with its words in order, so that vectors of up to 16 lanes
// store what they compute. The third word of the counter tells kinds of draws apart: none shares bits with another.
#pragma once

#include "random.h"

namespace descent::kernels {

enum class Draw : std::uint32_t { Words32, Words64, NormalF32, NormalF64 };

inline constexpr std::int64_t kGroup32 = 64;  // Words32, NormalF32
inline constexpr std::int64_t kGroup64 = 32;  // Words64, NormalF64

/// `groups` consecutive groups of 32-bit words from number `group` on.
void words32(std::uint64_t seed, std::uint64_t group, std::int64_t groups, std::uint32_t* out);
/// … of 64-bit words, the first of two Philox words being the lower half.
void words64(std::uint64_t seed, std::uint64_t group, std::int64_t groups, std::uint64_t* out);
/// … of mean + std·z, z standard normal.
void normals(std::uint64_t seed, std::uint64_t group, std::int64_t groups, float mean, float std, float* out);
void normals(std::uint64_t seed, std::uint64_t group, std::int64_t groups, double mean, double std, double* out);

/// In place of n words (24 or 53 upper bits each): lo + u·(hi − lo), kept within [lo, top].
void to_uniform(const std::uint32_t* words, std::int64_t n, float lo, float hi, float top, float* out);
void to_uniform(const std::uint64_t* words, std::int64_t n, double lo, double hi, double top, double* out);

/// keep = word >= threshold (as 0 or 1); out = keep ? in·scale : 0.
void apply_words(const std::uint32_t* words, std::int64_t n, std::uint32_t threshold, const float* in, float scale,
                 float* out, std::uint8_t* keep);
void apply_words(const std::uint32_t* words, std::int64_t n, std::uint32_t threshold, const double* in, double scale,
                 double* out, std::uint8_t* keep);

}  // namespace descent::kernels
