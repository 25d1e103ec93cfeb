// What a data loader reads from: a size, and batches gathered by index.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <tuple>
#include <utility>
#include <vector>

#include "../autograd/tensor.h"

namespace descent::data {

/// The tensors of one batch (or of one item): inputs first, then targets, then whatever else the data set holds.
/// `auto [x, y] = batch` binds the first two; y is Tensor() where there is only one.
class Batch {
 public:
  Batch() = default;
  Batch(std::initializer_list<Tensor> tensors) : tensors_(tensors) {}
  explicit Batch(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {}

  std::size_t size() const noexcept { return tensors_.size(); }
  /// Throws IndexError unless i < size().
  const Tensor& operator[](std::size_t i) const;

  /// For structured bindings.
  template <std::size_t I>
  Tensor get() const {
    return I < tensors_.size() ? tensors_[I] : Tensor();
  }

 private:
  std::vector<Tensor> tensors_;
};

/// Base of all data sets. One that derives from it is a cheap handle: copying copies no data, and a loader keeps a
/// copy.
class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Number of items.
  virtual std::int64_t size() const = 0;
  /// The items at these indices, joined along a new first dim, in one go. Called from a loader's worker threads, at
  /// times several at once. Throws IndexError unless every index lies in [0, size()).
  virtual Batch get_batch(const std::vector<std::int64_t>& indices) const = 0;
  /// One item, without the batch dim.
  Batch operator[](std::int64_t index) const;

 protected:
  Dataset() = default;
  Dataset(const Dataset&) = default;
  Dataset& operator=(const Dataset&) = default;
};

/// Tensors that share their first size: item i is row i of each.
class TensorDataset : public Dataset {
 public:
  /// At least one tensor (std::invalid_argument); ShapeError when a first size differs or a tensor has none.
  TensorDataset(std::initializer_list<Tensor> tensors) : TensorDataset(std::vector<Tensor>(tensors)) {}
  explicit TensorDataset(std::vector<Tensor> tensors);
  /// `TensorDataset(x, y)`, as in PyTorch.
  template <class... Rest>
  requires(std::same_as<Rest, Tensor>&&...) explicit TensorDataset(const Tensor& first, const Rest&... rest)
      : TensorDataset({first, rest...}) {}

  std::int64_t size() const override;
  /// Copies of the rows, off the tape.
  Batch get_batch(const std::vector<std::int64_t>& indices) const override;
  const std::vector<Tensor>& tensors() const noexcept { return tensors_; }

 private:
  std::vector<Tensor> tensors_;  // contiguous
};

}  // namespace descent::data

template <>
struct std::tuple_size<descent::data::Batch> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I>
struct std::tuple_element<I, descent::data::Batch> {
  using type = descent::Tensor;
};
