// Sorting, searching and counting. NaN counts as the largest value and −0 equals 0 everywhere; positions are int64.
#pragma once

#include <optional>
#include <string>

#include "../tensor.h"

namespace descent {

/// Options of sort and argsort. Equal elements keep their order whether `stable` or not.
struct SortOptions {
  bool descending = false;
  bool stable = false;
};
/// The elements in ascending order along dim, and where they stood. Differentiable.
ValuesAndIndices sort(const Tensor& a, std::int64_t dim = -1, const SortOptions& options = {});
ValuesAndIndices sort(const Tensor& a, const SortOptions& options);
/// sort's indices.
Tensor argsort(const Tensor& a, std::int64_t dim = -1, const SortOptions& options = {});
Tensor argsort(const Tensor& a, const SortOptions& options);

/// Options of topk. The result is sorted either way.
struct TopkOptions {
  bool largest = true;
  bool sorted = true;
};
/// The k largest (smallest) elements along dim, and where they stand; of equal ones the first. Differentiable.
/// Throws std::invalid_argument unless 0 <= k <= the size of dim.
ValuesAndIndices topk(const Tensor& a, std::int64_t k, std::int64_t dim = -1, const TopkOptions& options = {});
ValuesAndIndices topk(const Tensor& a, std::int64_t k, const TopkOptions& options);
/// The k-th smallest element along dim (k >= 1), and where it stands. Differentiable.
ValuesAndIndices kthvalue(const Tensor& a, std::int64_t k, std::int64_t dim = -1, bool keepdim = false);

/// What unique and unique_consecutive give; what was not asked for is undefined.
struct UniqueResult {
  Tensor output;
  Tensor inverse_indices;  ///< for each element of the input its place in the output
  Tensor counts;           ///< how often each element of the output occurs
};
/// Options of unique. The output is sorted either way.
struct UniqueOptions {
  bool sorted = true;
  bool return_inverse = false;
  bool return_counts = false;
  std::optional<std::int64_t> dim = std::nullopt;
};
/// The different elements of `a` -> [n], or with a dim its different slices along it, in ascending order. Each NaN is
/// different from all others. No gradient.
UniqueResult unique(const Tensor& a, const UniqueOptions& options = {});

/// Options of unique_consecutive.
struct UniqueConsecutiveOptions {
  bool return_inverse = false;
  bool return_counts = false;
  std::optional<std::int64_t> dim = std::nullopt;
};
/// unique without sorting: only neighbours that are equal become one.
UniqueResult unique_consecutive(const Tensor& a, const UniqueConsecutiveOptions& options = {});

/// Options of searchsorted.
struct SearchsortedOptions {
  bool right = false;
  std::optional<std::string> side = std::nullopt;  ///< "left" or "right", the same in words
  Tensor sorter = {};                              ///< int64 argsort of a sequence that is not sorted
};
/// Where each value belongs in the sorted sequence: the first i with sequence[i] >= value, with `right` the first with
/// sequence[i] > value. The sequence is one row [n], or [.., n] with the leading dims of values [.., m]. No gradient.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, const SearchsortedOptions& options = {});
Tensor searchsorted(const Tensor& sorted_sequence, Scalar value, const SearchsortedOptions& options = {});

/// Options of bucketize.
struct BucketizeOptions {
  bool right = false;
};
/// searchsorted(boundaries, a), boundaries [n].
Tensor bucketize(const Tensor& a, const Tensor& boundaries, const BucketizeOptions& options = {});

/// Options of bincount.
struct BincountOptions {
  Tensor weights = {};         ///< [n]; the sums are float32 if it is, else float64
  std::int64_t minlength = 0;  ///< least length of the result
};
/// How often each of 0 … max(a) occurs among the non-negative integers a [n], or the sums of their weights. No
/// gradient.
Tensor bincount(const Tensor& a, const BincountOptions& options = {});

/// Options of histc.
struct HistcOptions {
  std::int64_t bins = 100;
  double min = 0;
  double max = 0;  ///< both 0: the range of the elements
};
/// How many elements fall into each of `bins` equal parts of [min, max]; others do not count. No gradient.
Tensor histc(const Tensor& a, const HistcOptions& options = {});

/// Options of isin.
struct IsinOptions {
  bool assume_unique = false;  ///< changes nothing
  bool invert = false;
};
/// For each element whether it is one of `test_elements`; NaN never is. No gradient.
Tensor isin(const Tensor& elements, const Tensor& test_elements, const IsinOptions& options = {});

}  // namespace descent
