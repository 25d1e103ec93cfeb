// Tensor's methods that are ops by another name.
#include "op_list.h"
#include "ops.h"

namespace descent {

Tensor Tensor::add(const Tensor& b) const { return descent::add(*this, b); }
Tensor Tensor::sub(const Tensor& b) const { return descent::sub(*this, b); }
Tensor Tensor::mul(const Tensor& b) const { return descent::mul(*this, b); }
Tensor Tensor::div(const Tensor& b) const { return descent::div(*this, b); }
Tensor Tensor::add(Scalar b) const { return descent::add(*this, b); }
Tensor Tensor::sub(Scalar b) const { return descent::sub(*this, b); }
Tensor Tensor::mul(Scalar b) const { return descent::mul(*this, b); }
Tensor Tensor::div(Scalar b) const { return descent::div(*this, b); }
Tensor Tensor::pow(Scalar exponent) const { return descent::pow(*this, exponent); }
Tensor Tensor::pow(const Tensor& exponent) const { return descent::pow(*this, exponent); }
Tensor Tensor::neg() const { return descent::neg(*this); }
Tensor Tensor::abs() const { return descent::abs(*this); }
Tensor Tensor::exp() const { return descent::exp(*this); }
Tensor Tensor::log() const { return descent::log(*this); }
Tensor Tensor::sqrt() const { return descent::sqrt(*this); }
Tensor Tensor::square() const { return descent::square(*this); }
Tensor Tensor::sin() const { return descent::sin(*this); }
Tensor Tensor::cos() const { return descent::cos(*this); }
Tensor Tensor::tanh() const { return descent::tanh(*this); }
Tensor Tensor::sigmoid() const { return descent::sigmoid(*this); }
Tensor Tensor::relu() const { return descent::relu(*this); }
Tensor Tensor::clamp(std::optional<double> min, std::optional<double> max) const {
  return descent::clamp(*this, min, max);
}
Tensor Tensor::maximum(const Tensor& b) const { return descent::maximum(*this, b); }
Tensor Tensor::minimum(const Tensor& b) const { return descent::minimum(*this, b); }
Tensor Tensor::sum() const { return descent::sum(*this); }
Tensor Tensor::sum(const Shape& dims, bool keepdim) const { return descent::sum(*this, dims, keepdim); }
Tensor Tensor::mean() const { return descent::mean(*this); }
Tensor Tensor::mean(const Shape& dims, bool keepdim) const { return descent::mean(*this, dims, keepdim); }
Tensor Tensor::max() const { return descent::max(*this); }
Tensor Tensor::min() const { return descent::min(*this); }
ValuesAndIndices Tensor::max(std::int64_t dim, bool keepdim) const { return descent::max(*this, dim, keepdim); }
ValuesAndIndices Tensor::min(std::int64_t dim, bool keepdim) const { return descent::min(*this, dim, keepdim); }
Tensor Tensor::argmax() const { return descent::argmax(*this); }
Tensor Tensor::argmax(std::int64_t dim, bool keepdim) const { return descent::argmax(*this, dim, keepdim); }
Tensor Tensor::argmin() const { return descent::argmin(*this); }
Tensor Tensor::argmin(std::int64_t dim, bool keepdim) const { return descent::argmin(*this, dim, keepdim); }
Tensor Tensor::softmax(std::int64_t dim) const { return descent::softmax(*this, dim); }
Tensor Tensor::log_softmax(std::int64_t dim) const { return descent::log_softmax(*this, dim); }
Tensor Tensor::matmul(const Tensor& b) const { return descent::matmul(*this, b); }
Tensor Tensor::reshape(const Shape& shape) const { return descent::reshape(*this, shape); }
Tensor Tensor::view(const Shape& shape) const { return descent::view(*this, shape); }
Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  return descent::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const { return descent::transpose(*this, dim0, dim1); }
Tensor Tensor::t() const { return descent::t(*this); }
Tensor Tensor::permute(const Shape& dims) const { return descent::permute(*this, dims); }
Tensor Tensor::squeeze() const { return descent::squeeze(*this); }
Tensor Tensor::squeeze(std::int64_t dim) const { return descent::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(std::int64_t dim) const { return descent::unsqueeze(*this, dim); }
Tensor Tensor::expand(const Shape& shape) const { return descent::expand(*this, shape); }
Tensor Tensor::slice(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) const {
  return descent::slice(*this, dim, start, end, step);
}
Tensor Tensor::select(std::int64_t dim, std::int64_t index) const { return descent::select(*this, dim, index); }
Tensor Tensor::operator[](std::int64_t index) const { return descent::select(*this, 0, index); }
Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
  return descent::index_select(*this, dim, index);
}
Tensor Tensor::gather(std::int64_t dim, const Tensor& index) const { return descent::gather(*this, dim, index); }

namespace autograd {

OpList all_ops() {
  OpList all;
  for (const OpList& family : {arithmetic_ops(), function_ops(), compare_ops(), reduce_ops(), matmul_ops(), shape_ops(),
                               join_ops(), index_ops(), softmax_ops(), random_ops(), write_ops()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace autograd
}  // namespace descent
