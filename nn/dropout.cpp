#include "dropout.h"

#include "../autograd/ops/dropout.h"
#include "../autograd/ops/random.h"
#include "repr-inl.h"

namespace descent::nn {

DropoutNd::DropoutNd(const char* layer, double p) : p_(p) { check_probability(p, layer); }

std::string DropoutNd::extra_repr() const { return fmt::format("p={}, inplace=False", python(p_)); }

Dropout::Dropout(double p) : DropoutNd("Dropout", p) {}
Tensor Dropout::forward(const Tensor& x) { return dropout(x, p_, is_training()); }
Tensor Dropout1d::forward(const Tensor& x) { return dropout1d(x, p_, is_training()); }
Tensor Dropout2d::forward(const Tensor& x) { return dropout2d(x, p_, is_training()); }
Tensor Dropout3d::forward(const Tensor& x) { return dropout3d(x, p_, is_training()); }
Tensor AlphaDropout::forward(const Tensor& x) { return alpha_dropout(x, p_, is_training()); }
Tensor FeatureAlphaDropout::forward(const Tensor& x) { return feature_alpha_dropout(x, p_, is_training()); }

}  // namespace descent::nn
