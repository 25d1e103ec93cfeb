// Ops as methods of Tensor: what ops/*.h declare as free functions, where a chain reads better.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <vector>

#include "pointwise_methods.h"
#include "scalar.h"
#include "shape.h"

namespace descent {

class Tensor;

/// Values and their int64 positions, from `max(dim)` and its kin; made for `auto [values, indices] = …`.
struct ValuesAndIndices;
struct VarOptions;
struct IndexPutOptions;
struct SortOptions;
struct TopkOptions;

/// Base of Tensor alone.
class TensorMethods : public PointwiseMethods {
 public:
  using PointwiseMethods::clamp;
  Tensor add(const Tensor& b) const;
  Tensor sub(const Tensor& b) const;
  Tensor mul(const Tensor& b) const;
  Tensor div(const Tensor& b) const;
  Tensor add(Scalar b) const;
  Tensor sub(Scalar b) const;
  Tensor mul(Scalar b) const;
  Tensor div(Scalar b) const;
  Tensor pow(Scalar exponent) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor neg() const;
  Tensor abs() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor sqrt() const;
  Tensor square() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tanh() const;
  Tensor sigmoid() const;
  Tensor relu() const;
  Tensor clamp(std::optional<double> min, std::optional<double> max = std::nullopt) const;
  Tensor maximum(const Tensor& b) const;
  Tensor minimum(const Tensor& b) const;
  Tensor sum() const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor mean() const;
  Tensor mean(const Shape& dims, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  ValuesAndIndices max(std::int64_t dim, bool keepdim = false) const;
  ValuesAndIndices min(std::int64_t dim, bool keepdim = false) const;
  Tensor argmax() const;
  Tensor argmax(std::int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(std::int64_t dim, bool keepdim = false) const;
  Tensor prod() const;
  Tensor prod(std::int64_t dim, bool keepdim = false) const;
  Tensor var() const;
  Tensor var(const VarOptions& options) const;
  Tensor var(const Shape& dims, const VarOptions& options) const;
  template <std::convertible_to<Shape> Dims = Shape>  // dims alone
  Tensor var(const Dims& dims) const;
  Tensor std() const;
  Tensor std(const VarOptions& options) const;
  Tensor std(const Shape& dims, const VarOptions& options) const;
  template <std::convertible_to<Shape> Dims = Shape>  // dims alone
  Tensor std(const Dims& dims) const;
  Tensor amax(const Shape& dims = {}, bool keepdim = false) const;
  Tensor amin(const Shape& dims = {}, bool keepdim = false) const;
  Tensor logsumexp(const Shape& dims, bool keepdim = false) const;
  Tensor norm(double p = 2) const;
  Tensor norm(double p, const Shape& dims, bool keepdim = false) const;
  Tensor norm(const std::string& p, const Shape& dims = {}, bool keepdim = false) const;
  Tensor all(const Shape& dims = {}, bool keepdim = false) const;
  Tensor any(const Shape& dims = {}, bool keepdim = false) const;
  Tensor count_nonzero(const Shape& dims = {}) const;
  Tensor median() const;
  ValuesAndIndices median(std::int64_t dim, bool keepdim = false) const;
  Tensor cumsum(std::int64_t dim) const;
  Tensor cumprod(std::int64_t dim) const;
  Tensor logcumsumexp(std::int64_t dim) const;
  ValuesAndIndices cummax(std::int64_t dim) const;
  ValuesAndIndices cummin(std::int64_t dim) const;
  Tensor softmax(std::int64_t dim) const;
  Tensor log_softmax(std::int64_t dim) const;
  Tensor matmul(const Tensor& b) const;
  Tensor mm(const Tensor& b) const;
  Tensor bmm(const Tensor& b) const;
  Tensor mv(const Tensor& b) const;
  Tensor dot(const Tensor& b) const;
  Tensor outer(const Tensor& b) const;
  Tensor tril(std::int64_t diagonal = 0) const;
  Tensor triu(std::int64_t diagonal = 0) const;
  Tensor diag(std::int64_t diagonal = 0) const;
  Tensor diagonal(std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1) const;
  Tensor trace() const;
  Tensor inverse() const;
  Tensor det() const;
  Tensor reshape(const Shape& shape) const;
  Tensor view(const Shape& shape) const;
  Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor t() const;
  Tensor permute(const Shape& dims) const;
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape& shape) const;
  Tensor slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step = 1) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor operator[](std::int64_t index) const;  ///< select(0, index)
  Tensor index_select(std::int64_t dim, const Tensor& index) const;
  Tensor gather(std::int64_t dim, const Tensor& index) const;

  // Indexing, masks, sorting
  Tensor operator[](const Tensor& index) const;  ///< index({index}): int64 positions or a mask
  Tensor index(const std::vector<Tensor>& indices) const;
  Tensor index_put(const std::vector<Tensor>& indices, const Tensor& values) const;
  Tensor index_put(const std::vector<Tensor>& indices, const Tensor& values, const IndexPutOptions& options) const;
  Tensor& index_put_(const std::vector<Tensor>& indices, const Tensor& values);
  Tensor& index_put_(const std::vector<Tensor>& indices, const Tensor& values, const IndexPutOptions& options);
  Tensor& index_put_(const std::vector<Tensor>& indices, Scalar value);
  Tensor& index_put_(const std::vector<Tensor>& indices, Scalar value, const IndexPutOptions& options);
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor& scatter_(std::int64_t dim, const Tensor& index, Scalar value);
  Tensor& scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor& index_add_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor& index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor& index_fill_(std::int64_t dim, const Tensor& index, Scalar value);
  Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_copy(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index_fill(std::int64_t dim, const Tensor& index, Scalar value) const;
  Tensor take(const Tensor& index) const;
  Tensor masked_fill(const Tensor& mask, Scalar value) const;
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor nonzero() const;
  ValuesAndIndices sort(std::int64_t dim = -1) const;
  ValuesAndIndices sort(std::int64_t dim, const SortOptions& options) const;
  ValuesAndIndices sort(const SortOptions& options) const;
  Tensor argsort(std::int64_t dim = -1) const;
  Tensor argsort(std::int64_t dim, const SortOptions& options) const;
  Tensor argsort(const SortOptions& options) const;
  ValuesAndIndices topk(std::int64_t k, std::int64_t dim = -1) const;
  ValuesAndIndices topk(std::int64_t k, std::int64_t dim, const TopkOptions& options) const;
  ValuesAndIndices topk(std::int64_t k, const TopkOptions& options) const;
  ValuesAndIndices kthvalue(std::int64_t k, std::int64_t dim = -1, bool keepdim = false) const;

  // Rearranging: ops/shape.h, ops/repeat.h, ops/pad.h
  Tensor unflatten(std::int64_t dim, const Shape& sizes) const;
  Tensor movedim(const Shape& source, const Shape& destination) const;
  Tensor squeeze(const Shape& dims) const;
  Tensor broadcast_to(const Shape& shape) const;
  Tensor expand_as(const Tensor& other) const;
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  Tensor repeat(const Shape& sizes) const;
  Tensor tile(const Shape& sizes) const;
  Tensor repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt) const;
  Tensor repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> dim = std::nullopt) const;
  Tensor roll(const Shape& shifts, const Shape& dims = {}) const;
  Tensor flip(const Shape& dims) const;
  std::vector<Tensor> split(std::int64_t size, std::int64_t dim = 0) const;
  std::vector<Tensor> split(const std::vector<std::int64_t>& sizes, std::int64_t dim = 0) const;
  std::vector<Tensor> chunk(std::int64_t n, std::int64_t dim = 0) const;
  std::vector<Tensor> unbind(std::int64_t dim = 0) const;
  Tensor unfold(std::int64_t dim, std::int64_t size, std::int64_t step) const;

  Tensor exp2() const;
  Tensor expm1() const;
  Tensor log2() const;
  Tensor log10() const;
  Tensor log1p() const;
  Tensor rsqrt() const;
  Tensor reciprocal() const;
  Tensor tan() const;
  Tensor asin() const;
  Tensor acos() const;
  Tensor atan() const;
  Tensor sinh() const;
  Tensor cosh() const;
  Tensor asinh() const;
  Tensor acosh() const;
  Tensor atanh() const;
  Tensor erf() const;
  Tensor erfc() const;
  Tensor lgamma() const;
  Tensor digamma() const;
  Tensor polygamma(std::int64_t n) const;
  Tensor atan2(const Tensor& other) const;
  Tensor hypot(const Tensor& other) const;
  Tensor floor() const;
  Tensor ceil() const;
  Tensor trunc() const;
  Tensor frac() const;
  Tensor round() const;
  Tensor remainder(const Tensor& b) const;
  Tensor remainder(Scalar b) const;
  Tensor fmod(const Tensor& b) const;
  Tensor fmod(Scalar b) const;
  Tensor floor_divide(const Tensor& b) const;
  Tensor floor_divide(Scalar b) const;

  // ---- In place

  // Where gradients are recorded: on the tape for a non-leaf that is no view and has none alive;
  // AutogradError for a leaf that requires grad, for its views, and for a view that would have to be recorded. Free
  // under NoGradGuard. The result must have this tensor's shape, and a type that converts to its own.
  Tensor& add_(const Tensor& b);
  Tensor& sub_(const Tensor& b);
  Tensor& mul_(const Tensor& b);
  Tensor& div_(const Tensor& b);
  Tensor& add_(Scalar b);
  Tensor& sub_(Scalar b);
  Tensor& mul_(Scalar b);
  Tensor& div_(Scalar b);
  Tensor& fill_(Scalar value);
  Tensor& zero_();
  Tensor& uniform_(double from = 0, double to = 1);  ///< U[from, to)
  Tensor& normal_(double mean = 0, double std = 1);  ///< N(mean, std²)
  Tensor& bernoulli_(double p = 0.5);                ///< 1 with probability p, else 0

 protected:
  TensorMethods() noexcept = default;

 private:
  const Tensor& self() const noexcept;
  Tensor& self() noexcept;
};

}  // namespace descent
