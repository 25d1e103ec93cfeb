#include "random.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "parallel.h"
#include "random_groups.h"

namespace descent::kernels {
namespace {

__extension__ typedef unsigned __int128 uint128;

constexpr std::int64_t kPiece = 2048;  // numbers in a buffer: stays in the nearest cache

/// Words of a stream for the numbers [begin, end): f(words, first, count) for pieces, first counted from the stream's
/// offset on. `Word` is a 32- or 64-bit unsigned.
template <class Word, class F>
void for_words(Philox s, std::int64_t begin, std::int64_t end, F&& f) {
  constexpr std::int64_t kGroup = sizeof(Word) == 4 ? kGroup32 : kGroup64;
  alignas(64) Word buffer[kPiece];
  while (begin < end) {
    const std::uint64_t at = s.offset + static_cast<std::uint64_t>(begin);
    const std::int64_t skip = static_cast<std::int64_t>(at % kGroup);
    const std::int64_t count = std::min(end - begin, kPiece - skip), groups = (skip + count + kGroup - 1) / kGroup;
    if constexpr (sizeof(Word) == 4)
      words32(s.seed, at / kGroup, groups, buffer);
    else
      words64(s.seed, at / kGroup, groups, buffer);
    f(buffer + skip, begin, count);
    begin += count;
  }
}

/// The same for all n numbers, on the team.
template <class Word, class F>
void draw(Philox s, std::int64_t n, F&& f) {
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) { for_words<Word>(s, begin, end, f); });
}

template <class T>
using WordOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// floor(w · range / 2^64): Lemire, "Fast random integer generation in an interval", 2019, without the rejection.
std::uint64_t scale_word(std::uint64_t w, std::uint64_t range) {
  return static_cast<std::uint64_t>((static_cast<uint128>(w) * range) >> 64);
}

template <class T>
void normal(T* out, std::int64_t n, Philox s, T mean, T std) {
  constexpr std::int64_t kGroup = sizeof(T) == 4 ? kGroup32 : kGroup64;
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::uint64_t at = s.offset + static_cast<std::uint64_t>(begin);
      const std::int64_t skip = static_cast<std::int64_t>(at % kGroup);
      if (skip == 0 && end - begin >= kGroup) {  // whole groups go straight to where they belong
        const std::int64_t groups = (end - begin) / kGroup;
        normals(s.seed, at / kGroup, groups, mean, std, out + begin);
        begin += groups * kGroup;
      } else {
        T group[kGroup];
        const std::int64_t count = std::min(end - begin, kGroup - skip);
        normals(s.seed, at / kGroup, 1, mean, std, group);
        std::copy_n(group + skip, count, out + begin);
        begin += count;
      }
    }
  });
}

template <class T>
T inverse_keep(double p) {
  return static_cast<T>(1 / (1 - p));
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * counter[0], p1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(p1),
               static_cast<std::uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(p0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

void random_uniform(View out, Philox stream, double lo, double hi) {
  dispatch_float(out.dtype, [&]<class T>() {
    const T low = static_cast<T>(lo), high = static_cast<T>(hi);
    const T top = low < high ? std::nextafter(high, low) : low;  // rounding must not reach hi
    draw<WordOf<T>>(stream, out.numel, [&](const WordOf<T>* words, std::int64_t first, std::int64_t n) {
      to_uniform(words, n, low, high, top, out.as<T>() + first);
    });
  });
}

void random_normal(View out, Philox stream, double mean, double std) {
  dispatch_float(out.dtype,
                 [&]<class T>() { normal(out.as<T>(), out.numel, stream, static_cast<T>(mean), static_cast<T>(std)); });
}

void random_int(View out, Philox stream, std::int64_t lo, std::int64_t hi) {
  const std::uint64_t range = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo);
  dispatch(out.dtype, [&]<class T>() {
    draw<std::uint64_t>(stream, out.numel, [&](const std::uint64_t* words, std::int64_t first, std::int64_t n) {
      T* to = out.as<T>() + first;
      for (std::int64_t i = 0; i < n; ++i)
        to[i] = static_cast<T>(static_cast<std::int64_t>(static_cast<std::uint64_t>(lo) + scale_word(words[i], range)));
    });
  });
}

void random_bernoulli(View out, View p, Philox stream) {
  dispatch_float(p.dtype, [&]<class P>() {
    dispatch(out.dtype, [&]<class T>() {
      draw<WordOf<P>>(stream, out.numel, [&](const WordOf<P>* words, std::int64_t first, std::int64_t n) {
        // u < p with the bits that P can hold: p = 1 always, p = 0 never
        constexpr int kDrop = sizeof(P) == 4 ? 8 : 11;
        constexpr P kUnit = sizeof(P) == 4 ? P(0x1p-24) : P(0x1p-53);
        const P* from = p.as<const P>() + first;
        T* to = out.as<T>() + first;
        for (std::int64_t i = 0; i < n; ++i)
          to[i] = static_cast<T>(static_cast<P>(static_cast<std::int64_t>(words[i] >> kDrop)) * kUnit < from[i]);
      });
    });
  });
}

void random_permutation(std::int64_t* out, std::int64_t n, Philox stream) {
  std::iota(out, out + n, std::int64_t{0});
  // Step i swaps the last of those not yet placed with one of them.
  for_words<std::uint64_t>(stream, 0, n - 1, [&](const std::uint64_t* words, std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t left = n - first - i;
      std::swap(out[left - 1], out[scale_word(words[i], static_cast<std::uint64_t>(left))]);
    }
  });
}

void dropout(View out, View mask, View in, double p, Philox stream) {
  std::uint8_t* keep = mask.as<std::uint8_t>();
  dispatch_float(out.dtype, [&]<class T>() {
    if (p >= 1) {
      std::memset(keep, 0, static_cast<std::size_t>(out.numel));
      std::fill_n(out.as<T>(), out.numel, T(0));
      return;
    }
    // dropped where word < p·2^32
    const std::uint32_t threshold =
        static_cast<std::uint32_t>(std::min(std::round(std::max(p, 0.) * 0x1p32), 0x1p32 - 1));
    draw<std::uint32_t>(stream, out.numel, [&](const std::uint32_t* words, std::int64_t first, std::int64_t n) {
      apply_words(words, n, threshold, in.as<const T>() + first, inverse_keep<T>(p), out.as<T>() + first, keep + first);
    });
  });
}

void dropout_apply(View out, View mask, View in, double p) {
  const std::uint8_t* keep = mask.as<const std::uint8_t>();
  dispatch_float(out.dtype, [&]<class T>() {
    const T scale = p >= 1 ? T(0) : inverse_keep<T>(p);
    parallel_for(out.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
      const T* from = in.as<const T>();
      T* to = out.as<T>();
      for (std::int64_t i = begin; i < end; ++i) {
        const T x = from[i] * scale;
        to[i] = keep[i] ? x : T(0);
      }
    });
  });
}

}  // namespace descent::kernels
