// Products with a matrix in compressed sparse rows.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

/// A 3 × 4 pattern with an empty row, an empty column, and an entry that comes twice.
Tensor crow() { return tensor({0, 3, 3, 5}); }
Tensor col() { return tensor({2, 0, 2, 3, 0}); }

Tensor product(const Tensor& values, const Tensor& b) {
  return matmul(sparse_csr_tensor(crow(), col(), values, {3, 4}), b);
}
/// A pattern with `count` entries a row.
Tensor band(int64_t rows, int64_t count, const Tensor& values, const Tensor& b) {
  const Tensor starts = arange(0, rows * count + 1, count);
  const Tensor columns = (arange(rows).unsqueeze(1) * 3 + arange(count) * 5) % rows;
  return matmul(sparse_csr_tensor(starts, columns.reshape({-1}), values, {rows, rows}), b);
}
Tensor empty_product(const Tensor& values, const Tensor& b) {
  return matmul(sparse_csr_tensor(zeros({4}, {.dtype = int64}), zeros({0}, {.dtype = int64}), values, {3, 4}), b);
}

std::vector<Refusal> bad_matrices() {
  const auto of = [](const Tensor& rows, const Tensor& columns, const Shape& size) {
    return [=](const Tensor& values) {
      sparse_csr_tensor(rows, columns, values, size);
      return values;
    };
  };
  const auto five = [] { return List{ones({5})}; };
  return {
      refuses(Type::Shape, "sparse_csr_tensor: 2 rows need crow_indices of shape [3]", of(crow(), col(), {2, 4}), five),
      refuses(Type::Index, "column 2 at position 0 is out of range for 2 columns", of(crow(), col(), {3, 2}), five),
      refuses(Type::Index, "must rise from 0 to 5, got 2", of(tensor({0, 3, 2, 5}), col(), {3, 4}), five),
      refuses(Type::Index, "must rise from 0 to 5, got 4", of(tensor({0, 3, 3, 4}), col(), {3, 4}), five),
      refuses(Type::Shape, "of one length", of(crow(), tensor({0, 1}), {3, 4}), five),
      refuses(Type::Shape, "[rows, columns]", of(crow(), col(), {3, 4, 1}), five),
      refuses(Type::DType, "crow_indices must be int64", of(crow().to(float32), col(), {3, 4}), five),
      refuses(Type::DType, "must be dense floats", of(crow(), col(), {3, 4}), [] {
        return List{tensor({1, 2, 3, 4, 5})};
      })};
}

Row csr_matmul_row() {
  Row row{
      "csr_matmul",
      {},
      {},
      sample([](const Tensor& v, const Tensor& b) { return band(4000, 8, v, b); }, {real({32000}), real({4000, 8})}),
      {.scalar = false}};
  row.samples = {sample(product, {real({5}), real({4, 2})}), sample(product, {real({5}), real({4})}),
                 sample(empty_product, {real({0}), real({4, 2})}), sample(product, {real({5}), real({4, 0})})};
  row.samples[2].constant = true;  // no entry, no gradient
  row.refusals = {shapes("matmul: inner sizes must match, got sparse [3, 4] x [3, 4]", {5}, {3, 4}, product),
                  shapes("matmul: inner sizes", {5}, {4, 2, 1}, product), undefined_input(product, 2),
                  refuses(Type::DType, "of the same type", product, [] {
                    return List{ones({5}), ones({4, 2}, {.dtype = float64})};
                  })};
  for (Refusal& r : bad_matrices()) row.refusals.push_back(std::move(r));
  return row;
}

Row csr_sampled_row() {
  Row row{"csr_sampled",
          {},
          {},
          gradient_sample([](const Tensor& v, const Tensor& b) { return band(1000, 8, v, b); },
                          {real({8000}), real({1000, 16})}, real({1000, 16})),
          {.scalar = false}};
  row.samples = {gradient_sample(product, {real({5}), real({4, 2})}, real({3, 2})),
                 gradient_sample(product, {real({5}), real({4, 1})}, real({3, 1})),
                 gradient_sample(empty_product, {real({0}), real({4, 2})}, real({3, 2}))};
  row.samples[2].constant = true;
  row.refusals = {shapes("matmul: inner sizes", {5}, {3, 4}, product), undefined_input(product, 2)};
  return row;
}

}  // namespace

std::vector<Row> sparse_rows() { return {csr_matmul_row(), csr_sampled_row()}; }

}  // namespace descent::testing
