#include "dataset.h"

#include <stdexcept>

#include "../autograd/grad_mode.h"
#include "gather-inl.h"

namespace descent::data {

const Tensor& Batch::operator[](std::size_t i) const {
  if (i >= tensors_.size()) fail<IndexError>("Batch", "tensor {} of a batch that holds {}", i, tensors_.size());
  return tensors_[i];
}

Batch Dataset::operator[](std::int64_t index) const {
  const Batch batch = get_batch({index});
  std::vector<Tensor> item;
  for (std::size_t i = 0; i < batch.size(); ++i) item.push_back(batch[i].select(0, 0));
  return Batch(std::move(item));
}

TensorDataset::TensorDataset(std::vector<Tensor> tensors) : tensors_(std::move(tensors)) {
  if (tensors_.empty()) throw std::invalid_argument("TensorDataset: needs at least one tensor");
  const NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& t = tensors_[i];
    if (t.dim() == 0) fail<ShapeError>("TensorDataset", "tensor {} is 0-dim, it has no rows", i);
    if (t.size(0) != tensors_[0].size(0)) {
      fail<ShapeError>("TensorDataset", "first sizes must be equal, got {} and {}", tensors_[0].shape(), t.shape());
    }
  }
  for (Tensor& t : tensors_) t = t.detach().contiguous();
}

std::int64_t TensorDataset::size() const { return tensors_[0].size(0); }

Batch TensorDataset::get_batch(const std::vector<std::int64_t>& indices) const {
  check_indices("TensorDataset", indices, size());
  std::vector<Tensor> rows;
  rows.reserve(tensors_.size());
  for (const Tensor& t : tensors_) rows.push_back(gather_rows(t, indices));
  return Batch(std::move(rows));
}

}  // namespace descent::data
