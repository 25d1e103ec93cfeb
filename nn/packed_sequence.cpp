#include "packed_sequence.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "../autograd/fail-inl.h"
#include "../autograd/ops/create.h"
#include "../autograd/ops/shape.h"

namespace descent::nn::utils {
namespace {

using Numbers = std::vector<std::int64_t>;

template <class... Args>
[[noreturn]] void refuse(const char* function, fmt::format_string<Args...> text, Args&&... args) {
  throw std::invalid_argument(std::string(function) + ": " + fmt::format(text, std::forward<Args>(args)...));
}

/// The values of an int64 vector.
Numbers numbers(const char* function, const char* what, const Tensor& t) {
  t.checked(function);
  if (t.dtype() != int64) fail<DTypeError>(function, "{} must be int64, got {}", what, t.dtype());
  if (t.dim() != 1) fail<ShapeError>(function, "{} must have one dim, got {}", what, t.shape());
  return t.to_vector<std::int64_t>();
}

Tensor vector_of(const Numbers& values) { return from_vector(values); }

Numbers inverse(const Numbers& permutation) {
  Numbers result(permutation.size());
  for (std::size_t i = 0; i < result.size(); ++i)
    result[static_cast<std::size_t>(permutation[i])] = static_cast<std::int64_t>(i);
  return result;
}

PackedSequence pack(const char* function, const Tensor& x, const Numbers& lengths, bool batch_first,
                    bool enforce_sorted) {
  x.checked(function);
  if (x.dim() < 2) fail<ShapeError>(function, "needs [T, N, …], got {}", x.shape());
  const std::int64_t steps = x.size(batch_first ? 1 : 0), batch = x.size(batch_first ? 0 : 1);
  if (static_cast<std::int64_t>(lengths.size()) != batch) {
    fail<ShapeError>(function, "needs a length for each of {} sequences, got {} of x {}", batch, lengths.size(),
                     x.shape());
  }
  if (batch == 0) fail<ShapeError>(function, "needs at least one sequence, got x {}", x.shape());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 1 || lengths[i] > steps) {
      refuse(function, "lengths must be in 1 … {}, got {}", steps, lengths[i]);
    }
    if (enforce_sorted && i > 0 && lengths[i] > lengths[i - 1]) {
      refuse(function, "lengths must not increase, got {} behind {}; enforce_sorted = false sorts them", lengths[i],
             lengths[i - 1]);
    }
  }
  Numbers order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  const auto length = [&](std::int64_t i) { return lengths[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) { return length(a) > length(b); });
  Numbers rows, sizes;
  for (std::int64_t t = 0; t < length(order[0]); ++t) {
    std::int64_t n = 0;
    for (; n < batch && length(order[static_cast<std::size_t>(n)]) > t; ++n) {
      const std::int64_t sequence = order[static_cast<std::size_t>(n)];
      rows.push_back(batch_first ? sequence * steps + t : t * batch + sequence);
    }
    sizes.push_back(n);
  }
  PackedSequence packed{x.flatten(0, 1).index_select(0, vector_of(rows)), vector_of(sizes)};
  if (!enforce_sorted) {
    packed.sorted_indices = vector_of(order);
    packed.unsorted_indices = vector_of(inverse(order));
  }
  return packed;
}

/// Where element t of sequence n of the original order lies.
struct Places {
  Numbers lengths;  // in the original order
  Numbers order;    // the original place of each sorted sequence
  explicit Places(const char* function, const PackedSequence& sequence) {
    const Numbers sizes = check_packed(function, sequence);
    order.resize(static_cast<std::size_t>(sizes[0]));
    std::iota(order.begin(), order.end(), 0);
    if (sequence.unsorted_indices.defined()) order = inverse(sequence.unsorted_indices.to_vector<std::int64_t>());
    lengths.assign(order.size(), 0);
    for (const std::int64_t n : sizes) {
      for (std::int64_t i = 0; i < n; ++i) ++lengths[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    }
  }
};

void check_permutation(const char* function, const char* what, const Tensor& t, std::int64_t n) {
  Numbers values = numbers(function, what, t);
  std::sort(values.begin(), values.end());
  bool good = static_cast<std::int64_t>(values.size()) == n;
  for (std::size_t i = 0; good && i < values.size(); ++i) good = values[i] == static_cast<std::int64_t>(i);
  if (!good) refuse(function, "{} must be a permutation of 0 … {}", what, n - 1);
}

}  // namespace

Numbers check_packed(const char* function, const PackedSequence& sequence) {
  sequence.data.checked(function);
  const Numbers sizes = numbers(function, "batch_sizes", sequence.batch_sizes);
  if (sizes.empty()) fail<ShapeError>(function, "batch_sizes is empty");
  if (sequence.data.dim() < 1) fail<ShapeError>(function, "data must be [rows, …], got {}", sequence.data.shape());
  std::int64_t rows = 0, last = sizes[0];
  for (const std::int64_t n : sizes) {
    if (n < 1 || n > last) refuse(function, "batch_sizes must be >= 1 and not increase, got {} behind {}", n, last);
    rows += last = n;
    if (rows > sequence.data.size(0)) break;
  }
  if (rows != sequence.data.size(0)) {
    fail<ShapeError>(function, "batch_sizes must add up to the rows of data, {}, got {}", sequence.data.size(0), rows);
  }
  if (sequence.sorted_indices.defined() != sequence.unsorted_indices.defined()) {
    refuse(function, "sorted_indices and unsorted_indices go together");
  }
  if (sequence.sorted_indices.defined()) {
    check_permutation(function, "sorted_indices", sequence.sorted_indices, sizes[0]);
    check_permutation(function, "unsorted_indices", sequence.unsorted_indices, sizes[0]);
  }
  return sizes;
}

PackedSequence pack_padded_sequence(const Tensor& x, const std::vector<std::int64_t>& lengths,
                                    const PackPaddedSequenceOptions& options) {
  return pack("pack_padded_sequence", x, lengths, options.batch_first, options.enforce_sorted);
}

PackedSequence pack_padded_sequence(const Tensor& x, const Tensor& lengths, const PackPaddedSequenceOptions& options) {
  return pack_padded_sequence(x, numbers("pack_padded_sequence", "lengths", lengths), options);
}

std::pair<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, const PadPackedSequenceOptions& options) {
  constexpr const char* function = "pad_packed_sequence";
  const Places places(function, sequence);
  const Numbers sizes = sequence.batch_sizes.to_vector<std::int64_t>();
  const auto longest = static_cast<std::int64_t>(sizes.size());
  const std::int64_t steps = options.total_length.value_or(longest), batch = sizes[0];
  if (steps < longest) {
    refuse(function, "total_length must be at least the longest length, {}, got {}", longest, steps);
  }
  Numbers rows;
  for (std::int64_t t = 0; t < longest; ++t) {
    for (std::int64_t i = 0; i < sizes[static_cast<std::size_t>(t)]; ++i) {
      const std::int64_t n = places.order[static_cast<std::size_t>(i)];
      rows.push_back(options.batch_first ? n * steps + t : t * batch + n);
    }
  }
  Shape shape = sequence.data.shape();
  shape[0] = Shape{steps, batch}.numel();
  const Tensor padding = full(shape, options.padding_value, {.dtype = sequence.data.dtype()});
  const Tensor padded = padding.index_copy(0, vector_of(rows), sequence.data);
  return {options.batch_first ? padded.unflatten(0, {batch, steps}) : padded.unflatten(0, {steps, batch}),
          vector_of(places.lengths)};
}

Tensor pad_sequence(const std::vector<Tensor>& sequences, const PadSequenceOptions& options) {
  constexpr const char* function = "pad_sequence";
  if (sequences.empty()) refuse(function, "needs at least one sequence");
  std::int64_t longest = 0;
  for (const Tensor& sequence : sequences) {
    const Tensor& first = sequences[0];
    sequence.checked(function);
    if (sequence.dim() < 1) fail<ShapeError>(function, "needs sequences [L, …], got {}", sequence.shape());
    Shape other = sequence.shape(), shape = first.shape();
    other[0] = shape[0] = 0;
    if (other != shape) {
      fail<ShapeError>(function, "all sizes but the first must agree, got {} and {}", first.shape(), sequence.shape());
    }
    if (sequence.dtype() != first.dtype()) {
      fail<DTypeError>(function, "sequences must be of one type, got {} and {}", first.dtype(), sequence.dtype());
    }
    longest = std::max(longest, sequence.size(0));
  }
  std::vector<Tensor> padded;
  for (const Tensor& sequence : sequences) {
    Shape rest = sequence.shape();
    rest[0] = longest - sequence.size(0);
    padded.push_back(rest[0] == 0 ? sequence
                                  : cat({sequence, full(rest, options.padding_value, {.dtype = sequence.dtype()})}));
  }
  return stack(padded, options.batch_first ? 0 : 1);
}

std::vector<Tensor> unpad_sequence(const Tensor& x, const Tensor& lengths, const UnpadSequenceOptions& options) {
  constexpr const char* function = "unpad_sequence";
  x.checked(function);
  const Numbers counts = numbers(function, "lengths", lengths);
  if (x.dim() < 2) fail<ShapeError>(function, "needs [T, N, …], got {}", x.shape());
  const std::int64_t steps = x.size(options.batch_first ? 1 : 0), batch = x.size(options.batch_first ? 0 : 1);
  if (static_cast<std::int64_t>(counts.size()) != batch) {
    fail<ShapeError>(function, "needs a length for each of {} sequences, got {}", batch, counts.size());
  }
  for (const std::int64_t n : counts) {
    if (n < 0 || n > steps) refuse(function, "lengths must be in 0 … {}, got {}", steps, n);
  }
  std::vector<Tensor> result = x.unbind(options.batch_first ? 0 : 1);
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = result[i].narrow(0, 0, counts[i]);
  return result;
}

PackedSequence pack_sequence(const std::vector<Tensor>& sequences, const PackSequenceOptions& options) {
  const Tensor padded = pad_sequence(sequences);
  Numbers lengths;
  for (const Tensor& sequence : sequences) lengths.push_back(sequence.size(0));
  return pack("pack_sequence", padded, lengths, false, options.enforce_sorted);
}

std::vector<Tensor> unpack_sequence(const PackedSequence& sequence) {
  check_packed("unpack_sequence", sequence);
  const auto [padded, lengths] = pad_packed_sequence(sequence);
  return unpad_sequence(padded, lengths);
}

}  // namespace descent::nn::utils
