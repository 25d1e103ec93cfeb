// Padding of the last 1, 2 or 3 dims, as layers. `padding` is one number for all sides, or a pair for each dim, from
// the last one on: {left, right, top, bottom, front, back}. A negative number takes away. Constructors throw ShapeError
// for a wrong count of numbers, forward for shapes that `pad` does not take. Braces have a constructor of their own:
// X({2}) could be a copy of X(2) too.
#pragma once

#include <initializer_list>

#include "../autograd/ops/window.h"
#include "module.h"

namespace descent::nn {

/// What the padding layers share.
class PadNd : public Module {
 public:
  Tensor forward(const Tensor& x) override;
  std::string extra_repr() const override;

 protected:
  PadNd(const char* layer, int dims, const Extent& padding, const char* mode, double value = 0);
  std::vector<std::int64_t> padding_;
  double value_;

 private:
  const char* layer_;
  int dims_;
  const char* mode_;
};

/// What the constant pads share.
class ConstantPadNd : public PadNd {
 public:
  std::string extra_repr() const override;

 protected:
  ConstantPadNd(const char* layer, int dims, const Extent& padding, double value)
      : PadNd(layer, dims, padding, "constant", value) {}
};

/// A constant around tensors of any dims.
class ConstantPad1d : public ConstantPadNd {
 public:
  ConstantPad1d(const Extent& padding, double value) : ConstantPadNd("ConstantPad1d", 1, padding, value) {}
};
class ConstantPad2d : public ConstantPadNd {
 public:
  ConstantPad2d(const Extent& padding, double value) : ConstantPadNd("ConstantPad2d", 2, padding, value) {}
};
class ConstantPad3d : public ConstantPadNd {
 public:
  ConstantPad3d(const Extent& padding, double value) : ConstantPadNd("ConstantPad3d", 3, padding, value) {}
};

/// Zeros around tensors of any dims.
class ZeroPad1d : public PadNd {
 public:
  explicit ZeroPad1d(const Extent& padding) : PadNd("ZeroPad1d", 1, padding, "constant") {}
  explicit ZeroPad1d(std::initializer_list<std::int64_t> padding) : ZeroPad1d(Extent(padding)) {}
};
class ZeroPad2d : public PadNd {
 public:
  explicit ZeroPad2d(const Extent& padding) : PadNd("ZeroPad2d", 2, padding, "constant") {}
  explicit ZeroPad2d(std::initializer_list<std::int64_t> padding) : ZeroPad2d(Extent(padding)) {}
};
class ZeroPad3d : public PadNd {
 public:
  explicit ZeroPad3d(const Extent& padding) : PadNd("ZeroPad3d", 3, padding, "constant") {}
  explicit ZeroPad3d(std::initializer_list<std::int64_t> padding) : ZeroPad3d(Extent(padding)) {}
};

/// The input mirrored at its edges: [N, C, L…] or [C, L…].
class ReflectionPad1d : public PadNd {
 public:
  explicit ReflectionPad1d(const Extent& padding) : PadNd("ReflectionPad1d", 1, padding, "reflect") {}
  explicit ReflectionPad1d(std::initializer_list<std::int64_t> padding) : ReflectionPad1d(Extent(padding)) {}
};
class ReflectionPad2d : public PadNd {
 public:
  explicit ReflectionPad2d(const Extent& padding) : PadNd("ReflectionPad2d", 2, padding, "reflect") {}
  explicit ReflectionPad2d(std::initializer_list<std::int64_t> padding) : ReflectionPad2d(Extent(padding)) {}
};
class ReflectionPad3d : public PadNd {
 public:
  explicit ReflectionPad3d(const Extent& padding) : PadNd("ReflectionPad3d", 3, padding, "reflect") {}
  explicit ReflectionPad3d(std::initializer_list<std::int64_t> padding) : ReflectionPad3d(Extent(padding)) {}
};

/// The edges repeated: [N, C, L…] or [C, L…].
class ReplicationPad1d : public PadNd {
 public:
  explicit ReplicationPad1d(const Extent& padding) : PadNd("ReplicationPad1d", 1, padding, "replicate") {}
  explicit ReplicationPad1d(std::initializer_list<std::int64_t> padding) : ReplicationPad1d(Extent(padding)) {}
};
class ReplicationPad2d : public PadNd {
 public:
  explicit ReplicationPad2d(const Extent& padding) : PadNd("ReplicationPad2d", 2, padding, "replicate") {}
  explicit ReplicationPad2d(std::initializer_list<std::int64_t> padding) : ReplicationPad2d(Extent(padding)) {}
};
class ReplicationPad3d : public PadNd {
 public:
  explicit ReplicationPad3d(const Extent& padding) : PadNd("ReplicationPad3d", 3, padding, "replicate") {}
  explicit ReplicationPad3d(std::initializer_list<std::int64_t> padding) : ReplicationPad3d(Extent(padding)) {}
};

/// The input from its other end: [N, C, L…] or [C, L…].
class CircularPad1d : public PadNd {
 public:
  explicit CircularPad1d(const Extent& padding) : PadNd("CircularPad1d", 1, padding, "circular") {}
  explicit CircularPad1d(std::initializer_list<std::int64_t> padding) : CircularPad1d(Extent(padding)) {}
};
class CircularPad2d : public PadNd {
 public:
  explicit CircularPad2d(const Extent& padding) : PadNd("CircularPad2d", 2, padding, "circular") {}
  explicit CircularPad2d(std::initializer_list<std::int64_t> padding) : CircularPad2d(Extent(padding)) {}
};
class CircularPad3d : public PadNd {
 public:
  explicit CircularPad3d(const Extent& padding) : PadNd("CircularPad3d", 3, padding, "circular") {}
  explicit CircularPad3d(std::initializer_list<std::int64_t> padding) : CircularPad3d(Extent(padding)) {}
};

}  // namespace descent::nn
