// Tensor's methods that are ops by another name.
#include "op_list.h"
#include "ops.h"

namespace descent {

Tensor TensorMethods::add(const Tensor& b) const { return descent::add(self(), b); }
Tensor TensorMethods::sub(const Tensor& b) const { return descent::sub(self(), b); }
Tensor TensorMethods::mul(const Tensor& b) const { return descent::mul(self(), b); }
Tensor TensorMethods::div(const Tensor& b) const { return descent::div(self(), b); }
Tensor TensorMethods::add(Scalar b) const { return descent::add(self(), b); }
Tensor TensorMethods::sub(Scalar b) const { return descent::sub(self(), b); }
Tensor TensorMethods::mul(Scalar b) const { return descent::mul(self(), b); }
Tensor TensorMethods::div(Scalar b) const { return descent::div(self(), b); }
Tensor TensorMethods::pow(Scalar exponent) const { return descent::pow(self(), exponent); }
Tensor TensorMethods::pow(const Tensor& exponent) const { return descent::pow(self(), exponent); }
Tensor TensorMethods::neg() const { return descent::neg(self()); }
Tensor TensorMethods::abs() const { return descent::abs(self()); }
Tensor TensorMethods::exp() const { return descent::exp(self()); }
Tensor TensorMethods::log() const { return descent::log(self()); }
Tensor TensorMethods::sqrt() const { return descent::sqrt(self()); }
Tensor TensorMethods::square() const { return descent::square(self()); }
Tensor TensorMethods::sin() const { return descent::sin(self()); }
Tensor TensorMethods::cos() const { return descent::cos(self()); }
Tensor TensorMethods::tanh() const { return descent::tanh(self()); }
Tensor TensorMethods::sigmoid() const { return descent::sigmoid(self()); }
Tensor TensorMethods::relu() const { return descent::relu(self()); }
Tensor TensorMethods::clamp(std::optional<double> min, std::optional<double> max) const {
  return descent::clamp(self(), min, max);
}
Tensor TensorMethods::maximum(const Tensor& b) const { return descent::maximum(self(), b); }
Tensor TensorMethods::minimum(const Tensor& b) const { return descent::minimum(self(), b); }
Tensor TensorMethods::sum() const { return descent::sum(self()); }
Tensor TensorMethods::sum(const Shape& dims, bool keepdim) const { return descent::sum(self(), dims, keepdim); }
Tensor TensorMethods::mean() const { return descent::mean(self()); }
Tensor TensorMethods::mean(const Shape& dims, bool keepdim) const { return descent::mean(self(), dims, keepdim); }
Tensor TensorMethods::max() const { return descent::max(self()); }
Tensor TensorMethods::min() const { return descent::min(self()); }
ValuesAndIndices TensorMethods::max(std::int64_t dim, bool keepdim) const { return descent::max(self(), dim, keepdim); }
ValuesAndIndices TensorMethods::min(std::int64_t dim, bool keepdim) const { return descent::min(self(), dim, keepdim); }
Tensor TensorMethods::argmax() const { return descent::argmax(self()); }
Tensor TensorMethods::argmax(std::int64_t dim, bool keepdim) const { return descent::argmax(self(), dim, keepdim); }
Tensor TensorMethods::argmin() const { return descent::argmin(self()); }
Tensor TensorMethods::argmin(std::int64_t dim, bool keepdim) const { return descent::argmin(self(), dim, keepdim); }
Tensor TensorMethods::softmax(std::int64_t dim) const { return descent::softmax(self(), dim); }
Tensor TensorMethods::log_softmax(std::int64_t dim) const { return descent::log_softmax(self(), dim); }
Tensor TensorMethods::matmul(const Tensor& b) const { return descent::matmul(self(), b); }
Tensor TensorMethods::reshape(const Shape& shape) const { return descent::reshape(self(), shape); }
Tensor TensorMethods::view(const Shape& shape) const { return descent::view(self(), shape); }
Tensor TensorMethods::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return descent::flatten(self(), start_dim, end_dim);
}
Tensor TensorMethods::transpose(std::int64_t dim0, std::int64_t dim1) const {
  return descent::transpose(self(), dim0, dim1);
}
Tensor TensorMethods::t() const { return descent::t(self()); }
Tensor TensorMethods::permute(const Shape& dims) const { return descent::permute(self(), dims); }
Tensor TensorMethods::squeeze() const { return descent::squeeze(self()); }
Tensor TensorMethods::squeeze(std::int64_t dim) const { return descent::squeeze(self(), dim); }
Tensor TensorMethods::unsqueeze(std::int64_t dim) const { return descent::unsqueeze(self(), dim); }
Tensor TensorMethods::expand(const Shape& shape) const { return descent::expand(self(), shape); }
Tensor TensorMethods::slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) const {
  return descent::slice(self(), dim, start, end, step);
}
Tensor TensorMethods::select(std::int64_t dim, std::int64_t index) const { return descent::select(self(), dim, index); }
Tensor TensorMethods::operator[](std::int64_t index) const { return descent::select(self(), 0, index); }
Tensor TensorMethods::index_select(std::int64_t dim, const Tensor& index) const {
  return descent::index_select(self(), dim, index);
}
Tensor TensorMethods::gather(std::int64_t dim, const Tensor& index) const {
  return descent::gather(self(), dim, index);
}

namespace autograd {

OpList all_ops() {
  OpList all;
  for (const OpList& family : {arithmetic_ops(),  function_ops(), compare_ops(),       reduce_ops(),   matmul_ops(),
                               shape_ops(),       join_ops(),     index_ops(),         softmax_ops(),  random_ops(),
                               write_ops(),       special_ops(),  rounding_ops(),      logic_ops(),    activation_ops(),
                               statistics_ops(),  scan_ops(),     product_ops(),       diagonal_ops(), linalg_ops(),
                               repeat_ops(),      pad_ops(),      scatter_ops(),       masks_ops(),    sorting_ops(),
                               convolution_ops(), pooling_ops(),  normalization_ops(), distance_ops(), attention_ops(),
                               embedding_ops(),   sparse_ops(),   recurrent_ops(),     ctc_ops()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace autograd
}  // namespace descent
