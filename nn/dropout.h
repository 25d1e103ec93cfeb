// Dropout: random zeros while training. Constructors throw std::invalid_argument unless 0 <= p <= 1.
#pragma once

#include "module.h"

namespace descent::nn {

/// What all kinds of dropout share.
class DropoutNd : public Module {
 public:
  std::string extra_repr() const override;

 protected:
  DropoutNd(const char* layer, double p);
  double p_;
};

/// While training, zeroes each element with probability p and scales the rest by 1 / (1 − p); x itself otherwise.
/// Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting".
class Dropout : public DropoutNd {
 public:
  explicit Dropout(double p = 0.5);
  Tensor forward(const Tensor& x) override;
};

/// Zeroes whole channels of [N, C, L] or [C, L]. Tompson et al., "Efficient object localization using convolutional
/// networks", 2015.
class Dropout1d : public DropoutNd {
 public:
  explicit Dropout1d(double p = 0.5) : DropoutNd("Dropout1d", p) {}
  Tensor forward(const Tensor& x) override;
};

/// Zeroes whole channels of [N, C, H, W]; as in PyTorch [N, C, L] is taken too.
class Dropout2d : public DropoutNd {
 public:
  explicit Dropout2d(double p = 0.5) : DropoutNd("Dropout2d", p) {}
  Tensor forward(const Tensor& x) override;
};

/// Zeroes whole channels of [N, C, D, H, W] or [C, D, H, W].
class Dropout3d : public DropoutNd {
 public:
  explicit Dropout3d(double p = 0.5) : DropoutNd("Dropout3d", p) {}
  Tensor forward(const Tensor& x) override;
};

/// Dropout for SELU: mean 0 and variance 1 stay. Klambauer et al., "Self-normalizing neural networks", 2017.
class AlphaDropout : public DropoutNd {
 public:
  explicit AlphaDropout(double p = 0.5) : DropoutNd("AlphaDropout", p) {}
  Tensor forward(const Tensor& x) override;
};

/// AlphaDropout of whole channels of [N, C, …].
class FeatureAlphaDropout : public DropoutNd {
 public:
  explicit FeatureAlphaDropout(double p = 0.5) : DropoutNd("FeatureAlphaDropout", p) {}
  Tensor forward(const Tensor& x) override;
};

}  // namespace descent::nn
