#include "images.h"

#include <cmath>
#include <stdexcept>

#include "gather-inl.h"

namespace descent::data {

ImageDataset::ImageDataset(Tensor data_, Tensor targets_, std::vector<std::string> classes_, double mean, double std)
    : data(std::move(data_)), targets(std::move(targets_)), classes(std::move(classes_)) {
  constexpr const char* op = "ImageDataset";
  mean_ = static_cast<float>(mean);
  std_ = static_cast<float>(std);
  if (!std::isfinite(mean_)) throw std::invalid_argument(fmt::format("{}: mean must be finite, got {}", op, mean));
  if (!(std_ > 0) || !std::isfinite(std_)) {
    throw std::invalid_argument(fmt::format("{}: std must be positive and finite, got {}", op, std));
  }
  if (data.dtype() != uint8) fail<DTypeError>(op, "data must be uint8, got {}", data.dtype());
  if (targets.dtype() != int64) fail<DTypeError>(op, "targets must be int64, got {}", targets.dtype());
  if (data.dim() != 3 || targets.dim() != 1 || data.size(0) != targets.size(0)) {
    fail<ShapeError>(op, "data must be [n, height, width] and targets [n], got {} and {}", data.shape(),
                     targets.shape());
  }
  data = data.contiguous();
  targets = targets.contiguous();
  const Tensor& labels = targets;
  const auto* label = labels.data<std::int64_t>();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (label[i] < 0 || label[i] >= static_cast<std::int64_t>(classes.size())) {
      fail<IndexError>(op, "target {} of item {} is not in [0, {})", label[i], i, classes.size());
    }
  }
}

std::int64_t ImageDataset::size() const { return targets.size(0); }

Batch ImageDataset::get_batch(const std::vector<std::int64_t>& indices) const {
  check_indices("ImageDataset", indices, size());
  if (data.dim() != 3 || data.size(0) != size() || !data.is_contiguous() || !targets.is_contiguous()) {
    fail<ShapeError>("ImageDataset", "data and targets were replaced by some that do not fit: {} and {}", data.shape(),
                     targets.shape());
  }
  const auto count = static_cast<std::int64_t>(indices.size());
  const std::int64_t pixels = data.size(1) * data.size(2);
  Tensor x = empty({count, 1, data.size(1), data.size(2)});
  float* to = x.data<float>();
  const auto* images = data.data<std::uint8_t>();
  const bool plain = mean_ == 0 && std_ == 1;  // the same bits either way, in half the time
  for (const std::int64_t i : indices) {
    const std::uint8_t* from = images + i * pixels;
    if (plain) {
      for (std::int64_t p = 0; p < pixels; ++p) to[p] = static_cast<float>(from[p]) / 255.0F;
    } else {  // x = (pixel / 255 − mean) / std
      for (std::int64_t p = 0; p < pixels; ++p) to[p] = (static_cast<float>(from[p]) / 255.0F - mean_) / std_;
    }
    to += pixels;
  }
  return {x, gather_rows(targets, indices)};
}

}  // namespace descent::data
