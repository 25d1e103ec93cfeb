// Ops that repeat, split, roll and flip. Those marked (view) share memory with their input; all but one_hot are
// differentiable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../tensor.h"

namespace descent {

/// The tensor laid `sizes[i]` times side by side along dim i; further sizes in front make new dims. Throws ShapeError
/// for fewer sizes than dims or a negative one.
Tensor repeat(const Tensor& a, const Shape& sizes);
/// repeat that fills up with ones in front when there are fewer sizes than dims.
Tensor tile(const Tensor& a, const Shape& sizes);
/// Every element `repeats` times in a row along dim; of the flattened tensor without a dim.
Tensor repeat_interleave(const Tensor& a, std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt);
/// Position i along dim repeats[i] times. repeats: int64 [size of dim], or one number for all.
/// Throws ShapeError, DTypeError, and std::invalid_argument for a negative number.
Tensor repeat_interleave(const Tensor& a, const Tensor& repeats, std::optional<std::int64_t> dim = std::nullopt);

/// Elements move by shifts[i] along dims[i] and come in again at the other end. Without dims the flattened tensor is
/// rolled by a single shift. Throws ShapeError unless there are as many shifts as dims.
Tensor roll(const Tensor& a, const Shape& shifts, const Shape& dims = {});
/// The order along each of `dims` reversed, in a copy. Throws ShapeError when a dim comes twice.
Tensor flip(const Tensor& a, const Shape& dims);
Tensor fliplr(const Tensor& a);  ///< flip of dim 1
Tensor flipud(const Tensor& a);  ///< flip of dim 0
/// Turned by k·90 degrees from dims[0] towards dims[1].
Tensor rot90(const Tensor& a, std::int64_t k = 1, const Shape& dims = {0, 1});

/// (view) Pieces of `size` along dim, the last one smaller if need be. Throws std::invalid_argument unless size > 0.
std::vector<Tensor> split(const Tensor& a, std::int64_t size, std::int64_t dim = 0);
/// (view) Pieces of these sizes along dim. Throws ShapeError unless they add up.
std::vector<Tensor> split(const Tensor& a, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
/// (view) At most n pieces of one size (the last one may be smaller): split(a, ceil(size / n)).
std::vector<Tensor> chunk(const Tensor& a, std::int64_t n, std::int64_t dim = 0);
/// (view) select(a, dim, i) for every i.
std::vector<Tensor> unbind(const Tensor& a, std::int64_t dim = 0);

struct MeshgridOptions {
  std::string indexing = "ij";  ///< "ij": tensor i varies along dim i; "xy": dims 0 and 1 swapped
};

/// (view) Vectors, or 0-dim tensors, of one dtype expanded to the grid of all their combinations.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, const MeshgridOptions& options = {});

/// 1 at the class, else 0: int64 [...] -> int64 [..., num_classes]; −1 takes the largest class plus 1. Throws
/// DTypeError, std::invalid_argument, and IndexError for a class out of range.
Tensor one_hot(const Tensor& index, std::int64_t num_classes = -1);

}  // namespace descent
