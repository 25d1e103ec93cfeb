// Data sets of small grey images with one class each.
#pragma once

#include <string>
#include <vector>

#include "dataset.h"

namespace descent::data {

/// Images kept as bytes; items are x = (pixel / 255 − mean) / std as float32 [1, height, width], and y = the class as
/// int64. The names of the members are torchvision's.
class ImageDataset : public Dataset {
 public:
  /// data: uint8 [n, height, width]; targets: int64 [n] in [0, classes). Throws ShapeError, DTypeError, IndexError;
  /// std::invalid_argument unless std > 0 and both are finite.
  ImageDataset(Tensor data, Tensor targets, std::vector<std::string> classes, double mean = 0.0, double std = 1.0);

  std::int64_t size() const override;
  /// x: float32 [batch, 1, height, width], y: int64 [batch].
  Batch get_batch(const std::vector<std::int64_t>& indices) const override;

  Tensor data;                       ///< uint8 [n, height, width]
  Tensor targets;                    ///< int64 [n]
  std::vector<std::string> classes;  ///< what class i is called

 private:
  float mean_, std_;
};

/// Options of MNIST and FashionMNIST.
struct MNISTOptions {
  bool train = true;  ///< the 60,000 images for training, or the 10,000 for testing
  double mean = 0.0;  ///< subtracted from pixels in [0, 1]
  double std = 1.0;   ///< then divided by this
};

/// Handwritten digits (LeCun et al., "Gradient-based learning applied to document recognition", 1998) from a folder
/// that holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte,
/// gzipped (.gz) or not. Throws IoError for a missing folder or file and for files that are malformed or do not belong
/// together.
class MNIST : public ImageDataset {
 public:
  explicit MNIST(const std::string& folder, const MNISTOptions& options = {});
};

/// Pictures of clothing (Xiao, Rasul, Vollgraf, "Fashion-MNIST", 2017), stored as MNIST is. Debian's package
/// dataset-fashion-mnist puts them into /usr/share/datasets/fashion-mnist.
class FashionMNIST : public ImageDataset {
 public:
  explicit FashionMNIST(const std::string& folder, const MNISTOptions& options = {});
};

/// Options of SyntheticImages.
struct SyntheticOptions {
  bool train = true;          ///< training and test images come from different streams
  std::int64_t size = 10000;  ///< number of images, the classes as equal as can be
  std::uint64_t seed = 0;
  double mean = 0.0;
  double std = 1.0;
};

/// Ten shapes (disc, ring, square, frame, triangle, plus, cross, bars, columns, checkers) of 28 x 28 pixels, each at a
/// random place, size, angle and brightness under noise: a stand-in where no data set is installed. The same images for
/// the same options, always. Throws std::invalid_argument for a negative size.
class SyntheticImages : public ImageDataset {
 public:
  explicit SyntheticImages(const SyntheticOptions& options = {});
};

}  // namespace descent::data
