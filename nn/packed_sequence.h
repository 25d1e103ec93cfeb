// Batches of sequences of unequal length without their padding.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::nn::utils {

/// Sequences laid out step after step, the longest first: the first elements of all, then the second of those that
/// have one, and so on.
struct PackedSequence {
  Tensor data;                   ///< [Σ lengths, …]
  Tensor batch_sizes;            ///< int64 [T]: how many sequences have an element at each step
  Tensor sorted_indices = {};    ///< int64 [N]: where each sequence was before sorting; Tensor() if nothing was sorted
  Tensor unsorted_indices = {};  ///< the inverse permutation
};

/// Options of pack_padded_sequence.
struct PackPaddedSequenceOptions {
  bool batch_first = false;    ///< x is [N, T, …]
  bool enforce_sorted = true;  ///< lengths must not increase; false: sequences are sorted, and put back by the layers
};
/// Takes the first lengths[n] elements of each sequence of x [T, N, …]. Throws ShapeError for wrong dims or another
/// number of lengths, DTypeError unless lengths are int64, std::invalid_argument for a length outside of 1 … T or not
/// sorted.
PackedSequence pack_padded_sequence(const Tensor& x, const Tensor& lengths,
                                    const PackPaddedSequenceOptions& options = {});
PackedSequence pack_padded_sequence(const Tensor& x, const std::vector<std::int64_t>& lengths,
                                    const PackPaddedSequenceOptions& options = {});

/// Options of pad_packed_sequence.
struct PadPackedSequenceOptions {
  bool batch_first = false;  ///< the result is [N, T, …]
  double padding_value = 0.0;
  std::optional<std::int64_t> total_length = std::nullopt;  ///< T, at least the longest length
};
/// The inverse: padded [T, N, …] in the original order, and lengths, int64 [N].
std::pair<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence,
                                              const PadPackedSequenceOptions& options = {});

/// Options of pad_sequence.
struct PadSequenceOptions {
  bool batch_first = false;
  double padding_value = 0.0;
};
/// Sequences [L_n, …] padded to the longest and stacked: [T, N, …]. Throws ShapeError unless the trailing sizes agree.
Tensor pad_sequence(const std::vector<Tensor>& sequences, const PadSequenceOptions& options = {});

/// Options of unpad_sequence.
struct UnpadSequenceOptions {
  bool batch_first = false;
};
/// The first lengths[n] elements of each sequence of x [T, N, …].
std::vector<Tensor> unpad_sequence(const Tensor& x, const Tensor& lengths, const UnpadSequenceOptions& options = {});

/// Options of pack_sequence.
struct PackSequenceOptions {
  bool enforce_sorted = true;
};
/// pack_padded_sequence of a list of sequences [L_n, …].
PackedSequence pack_sequence(const std::vector<Tensor>& sequences, const PackSequenceOptions& options = {});
/// The sequences of a packed batch, in their original order.
std::vector<Tensor> unpack_sequence(const PackedSequence& sequence);

/// Throws unless the parts belong together (ShapeError, DTypeError, IndexError, std::invalid_argument), naming
/// `function`; the batch sizes.
std::vector<std::int64_t> check_packed(const char* function, const PackedSequence& sequence);

}  // namespace descent::nn::utils
