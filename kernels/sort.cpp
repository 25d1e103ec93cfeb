#include "sort.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "parallel.h"

namespace descent::kernels {
namespace {

/// An unsigned number in the same order as x: NaN last, −0 like 0.
std::uint64_t key_of(double x) {
  if (x != x) return ~std::uint64_t{0};
  const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);  // −0 + 0 = 0
  return bits >> 63 ? ~bits : bits | std::uint64_t{1} << 63;
}
std::uint32_t key_of(float x) {
  if (x != x) return ~std::uint32_t{0};
  const auto bits = std::bit_cast<std::uint32_t>(x + 0.0f);
  return bits >> 31 ? ~bits : bits | std::uint32_t{1} << 31;
}
std::uint64_t key_of(std::int64_t x) { return static_cast<std::uint64_t>(x) ^ std::uint64_t{1} << 63; }
std::uint32_t key_of(std::uint8_t x) { return x; }
std::uint32_t key_of(bool x) { return x; }

/// Key and position; positions differ, so any order of items is total and every sort of them is stable.
struct Narrow {  // 32-bit keys, rows of less than 2³² elements
  std::uint64_t packed;
  Narrow() = default;
  Narrow(std::uint32_t key, std::int64_t at)
      : packed(static_cast<std::uint64_t>(key) << 32 | static_cast<std::uint64_t>(at)) {}
  std::int64_t at() const { return static_cast<std::int64_t>(packed & 0xffffffffu); }
  std::size_t digit(int i) const { return packed >> (32 + 8 * i) & 0xff; }
  static constexpr int kDigits = 4;
  friend bool operator<(Narrow a, Narrow b) { return a.packed < b.packed; }
};
struct Wide {
  std::uint64_t key;
  std::int64_t position;
  Wide() = default;
  Wide(std::uint64_t k, std::int64_t at) : key(k), position(at) {}
  std::int64_t at() const { return position; }
  std::size_t digit(int i) const { return key >> (8 * i) & 0xff; }
  static constexpr int kDigits = 8;
  friend bool operator<(const Wide& a, const Wide& b) {
    return a.key != b.key ? a.key < b.key : a.position < b.position;
  }
};

/// Least significant digit first; a digit that is the same everywhere is skipped. The result is in `a`.
template <class Item>
void radix_sort(Item* a, Item* b, std::int64_t n) {
  Item* const home = a;
  std::int64_t counts[Item::kDigits][256] = {};
  for (std::int64_t i = 0; i < n; ++i)
    for (int d = 0; d < Item::kDigits; ++d) ++counts[d][a[i].digit(d)];
  for (int d = 0; d < Item::kDigits; ++d) {
    if (counts[d][a[0].digit(d)] == n) continue;
    std::int64_t next = 0;
    for (std::int64_t& count : counts[d]) {
      const std::int64_t start = next;
      next += count;
      count = start;
    }
    for (std::int64_t i = 0; i < n; ++i) b[counts[d][a[i].digit(d)]++] = a[i];
    std::swap(a, b);
  }
  if (a != home) std::copy_n(a, n, home);
}

template <class Item>
void sort_items(Item* a, Item* scratch, std::int64_t n) {
  if (n <= (Item::kDigits == 4 ? 512 : 2048))
    std::sort(a, a + n);
  else
    radix_sort(a, scratch, n);
}

/// Merges sorted [a, a + n) and [a + n, a + n + m) into `out`, its two halves at the same time.
template <class Item>
void merge(const Item* a, std::int64_t n, std::int64_t m, Item* out) {
  const Item* const b = a + n;
  const std::int64_t half = (n + m) / 2;
  parallel_chunks(2, [&](std::int64_t part) {
    if (part == 0) {
      std::int64_t i = 0, j = 0;
      for (std::int64_t k = 0; k < half; ++k) out[k] = j == m || (i < n && a[i] < b[j]) ? a[i++] : b[j++];
    } else {
      std::int64_t i = n, j = m;
      for (std::int64_t k = n + m; k-- > half;) out[k] = i == 0 || (j > 0 && a[i - 1] < b[j - 1]) ? b[--j] : a[--i];
    }
  });
}

/// One long row: four parts at the same time, then merged.
template <class Item>
void sort_long(Item* a, Item* scratch, std::int64_t n) {
  const std::int64_t part = (n + 3) / 4;
  parallel_for(n, part,
               [&](std::int64_t begin, std::int64_t end) { sort_items(a + begin, scratch + begin, end - begin); });
  merge(a, part, part, scratch);
  merge(a + 2 * part, part, n - 3 * part, scratch + 2 * part);
  merge(scratch, 2 * part, n - 2 * part, a);
}

constexpr std::int64_t kLong = 1 << 16;

/// The k smallest of [0, n) in order, from `item(i)`; `a` has room for 2k.
template <class Item, class F>
void select_first(Item* a, std::int64_t k, std::int64_t n, F&& item) {
  std::int64_t held = 0;
  Item bound = item(0);
  for (std::int64_t i = 0; i < n; ++i) {
    const Item x = item(i);
    if (held >= k && !(x < bound)) continue;
    a[held++] = x;
    if (held == k) bound = *std::max_element(a, a + k);
    if (held == 2 * k) {  // keep the k smallest; the largest of them bounds what may still come in
      std::nth_element(a, a + k - 1, a + held);
      bound = a[k - 1];
      held = k;
    }
  }
  std::nth_element(a, a + k - 1, a + held);
  std::sort(a, a + k);
}

template <class T, class Item>
void first_of_rows(bool descending, std::int64_t rows, std::int64_t n, std::int64_t k, const T* in, T* values,
                   std::int64_t* indices) {
  const bool select = k <= n / 4;
  // Scratch memory is taken before the threads start: at most one part a chunk.
  const std::int64_t chunk = std::max((rows + 7) / 8, std::max<std::int64_t>(1, kGrain / 4 / n));
  const std::int64_t chunks = (rows + chunk - 1) / chunk, room = select ? 2 * k : 2 * n;
  const auto scratch = std::make_unique_for_overwrite<Item[]>(static_cast<std::size_t>(chunks * room));
  parallel_for(rows, chunk, [&](std::int64_t begin, std::int64_t end) {
    Item* const a = scratch.get() + begin / chunk * room;
    for (std::int64_t r = begin; r < end; ++r) {
      const T* row = in + r * n;
      const auto item = [&](std::int64_t i) {
        const auto key = key_of(row[i]);
        return Item(descending ? static_cast<decltype(key)>(~key) : key, i);
      };
      if (select) {
        select_first(a, k, n, item);
      } else {
        for (std::int64_t i = 0; i < n; ++i) a[i] = item(i);
        if (rows == 1 && n >= kLong)
          sort_long(a, a + n, n);
        else
          sort_items(a, a + n, n);
      }
      for (std::int64_t i = 0; i < k; ++i) {
        const std::int64_t at = a[i].at();
        indices[r * k + i] = at;
        if (values) values[r * k + i] = row[at];
      }
    }
  });
}

}  // namespace

void topk_rows(DType dtype, bool descending, std::int64_t rows, std::int64_t n, std::int64_t k, const void* in,
               void* values, std::int64_t* indices) {
  if (rows == 0 || k == 0) return;
  dispatch(dtype, [&]<class T>() {
    const T* x = static_cast<const T*>(in);
    T* y = static_cast<T*>(values);
    if (sizeof(T) <= 4 && n < std::int64_t{1} << 32)
      first_of_rows<T, Narrow>(descending, rows, n, k, x, y, indices);
    else
      first_of_rows<T, Wide>(descending, rows, n, k, x, y, indices);
  });
}

void sort_rows(DType dtype, bool descending, std::int64_t rows, std::int64_t n, const void* in, void* values,
               std::int64_t* indices) {
  topk_rows(dtype, descending, rows, n, n, in, values, indices);
}

}  // namespace descent::kernels
