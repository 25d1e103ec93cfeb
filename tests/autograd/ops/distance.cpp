// Similarities and distances of vectors.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

// No coordinate of a difference is near 0, where norms other than the Euclidean one have kinks.
Arg below(const Shape& shape) { return real(shape, -2, -0.5); }
Arg above(const Shape& shape) { return real(shape, 0.3, 2); }

Row normalize_row() {
  const auto f = [](double p, int64_t dim, double eps = 1e-12) {
    return [=](const Tensor& a) { return normalize(a, {.p = p, .dim = dim, .eps = eps}); };
  };
  Row row{"normalize", {}, {}, sample(f(2, 1), {real({401, 300})})};
  row.samples = {sample(f(2, 1), {real({3, 4})}),     sample(f(1, 0), {away({3, 4})}),
                 sample(f(3, -1), {away({2, 3})}),    sample(f(INFINITY, 1), {distinct({2, 3})}),
                 sample(f(2, 0, 0.1), {real({})}),    sample(f(2, 1), {real({0, 3})}),
                 sample(f(2, 1, 50), {real({3, 4})}), sample(f(0.5, 1), {away({2, 3})})};
  row.samples[4].constant = true;  // the sign of one number
  row.refusals = {one(Type::Index, "normalize: ", {3}, f(2, 1)), one(Type::Argument, "p must", {2, 3}, f(-1, 1)),
                  one(Type::Argument, "eps", {2, 3}, f(2, 1, -1)), one(Type::DType, "int64", {2, 3}, f(2, 1), int64),
                  undefined_input(f(2, 1))};
  row.traits.tolerance32 = 3e-5;
  return row;
}

Row cosine_similarity_row() {
  const auto f = [](int64_t dim, double eps = 1e-8) {
    return [=](const Tensor& a, const Tensor& b) { return cosine_similarity(a, b, {.dim = dim, .eps = eps}); };
  };
  Row row{"cosine_similarity", {}, {}, sample(f(1), {real({401, 300}), real({401, 300})})};
  row.samples = {sample(f(1), {real({3, 4}), real({3, 4})}), sample(f(0), {real({3, 4}), real({3, 1})}),
                 sample(f(-1), {real({2, 3}), real({3})}),   sample(f(1), {real({0, 3}), real({0, 3})}),
                 sample(f(0), {real({}), real({})}),         sample(f(1, 20), {real({2, 3}), real({2, 3})})};
  row.samples[4].constant = true;
  row.refusals = {shapes("cosine_similarity: ", {2, 3}, {2, 4}, f(1)), undefined_input(f(1), 2),
                  refuses(Type::Index, "cosine_similarity: ", f(1),
                          [] {
                            return List{ones({3}), ones({3})};
                          }),
                  refuses(Type::DType, "one type", f(0),
                          [] {
                            return List{ones({3}), ones({3}, {.dtype = float64})};
                          }),
                  refuses(Type::Argument, "eps", f(0, -1), [] {
                    return List{ones({3}), ones({3})};
                  })};
  return row;
}

Row pairwise_distance_row() {
  const auto f = [](double p, bool keepdim = false, double eps = 1e-6) {
    return [=](const Tensor& a, const Tensor& b) {
      return pairwise_distance(a, b, {.p = p, .eps = eps, .keepdim = keepdim});
    };
  };
  Row row{"pairwise_distance", {}, {}, sample(f(2), {real({401, 300}), real({401, 300})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({3, 4}), real({3, 4})}),
                 sample(f(1, true), {below({3, 4}), above({4})}),
                 sample(f(3), {below({3}), above({3})}),
                 sample(f(2), {real({0, 3}), real({0, 3})}),
                 sample(f(INFINITY), {real({2, 3}), real({2, 3})}),
                 sample(f(2, false, 0), {real({2, 0}), real({2, 0})})};
  const auto two = [](DType dtype) { return [dtype] { return List{ones({3}), ones({3}, {.dtype = dtype})}; }; };
  row.refusals = {shapes("pairwise_distance: ", {2, 3}, {2, 4}, f(2)),
                  shapes("at least one dim", {}, {}, f(2)),
                  refuses(Type::DType, "one type", f(2), two(float64)),
                  refuses(Type::Argument, "p must", f(-1), two(float32)),
                  refuses(Type::Argument, "eps", f(2, false, std::nan("")), two(float32)),
                  undefined_input(f(2), 2)};
  return row;
}

void add_cdist(std::vector<Row>& rows) {
  const auto f = [](double p) { return [p](const Tensor& a, const Tensor& b) { return cdist(a, b, {.p = p}); }; };
  Row row{"cdist", {}, {}, sample(f(2), {real({61, 50}), real({43, 50})}), {.tolerance32 = 3e-5, .scalar = false}};
  row.samples = {sample(f(2), {real({3, 2}), real({2, 2})}),         sample(f(1), {below({2, 3}), above({3, 3})}),
                 sample(f(3), {below({2, 2, 2}), above({2, 1, 2})}), sample(f(2), {real({0, 3}), real({2, 3})}),
                 sample(f(INFINITY), {real({2, 3}), real({2, 3})}),  sample(f(1.5), {above({2, 2, 2}), below({1, 2})}),
                 sample(f(2), {real({2, 0}), real({3, 0})}),         sample(f(2), {real({1, 19}), real({2, 19})})};
  const auto two = [](DType dtype) { return [dtype] { return List{ones({2, 3}), ones({2, 3}, {.dtype = dtype})}; }; };
  row.refusals = {shapes("cdist: ", {2, 3}, {2, 4}, f(2)),
                  shapes("[3]", {3}, {2, 3}, f(2)),
                  shapes("cdist: ", {2, 2, 3}, {3, 2, 3}, f(2)),
                  refuses(Type::DType, "one type", f(2), two(float64)),
                  refuses(Type::Argument, "p must", f(-1), two(float32)),
                  refuses(Type::Argument, "p must", f(std::nan("")), two(float32)),
                  undefined_input(f(2), 2)};
  Row grad{"cdist_grad", {}, {undefined_input(f(2), 2)}, {}, row.traits};
  grad.refusals.push_back(foreign_cotangent(
      [](const Tensor& a) {
        return cdist(a, ones({4, 3}, {.dtype = float64}));
      },
      real({2, 3})));
  const std::vector<Shape> cotangents = {{3, 2}, {2, 3}, {2, 2, 1}, {0, 2}, {2, 2}, {2, 2, 1}};
  for (std::size_t i = 0; i < cotangents.size(); ++i) {
    grad.samples.push_back(gradient_sample(row.samples[i].f, row.samples[i].args, real(cotangents[i])));
    grad.samples.back().constant = cotangents[i].numel() == 0;
  }
  grad.large = gradient_sample(row.large.f, row.large.args, real({61, 43}));
  rows.push_back(row);
  rows.push_back(grad);
}

Row pdist_row() {
  const auto f = [](double p) { return [p](const Tensor& a) { return pdist(a, p); }; };
  Row row{"pdist", {}, {}, sample(f(2), {real({51, 50})}), {.scalar = false}};
  row.samples = {sample(f(2), {real({4, 3})}), sample(f(1), {real({3, 2})}), sample(f(2), {real({0, 3})}),
                 sample(f(2), {real({1, 3})})};
  row.refusals = {one(Type::Shape, "pdist: ", {3}, f(2)), one(Type::Argument, "p must", {2, 3}, f(-1)),
                  one(Type::DType, "int64", {2, 3}, f(2), int64), undefined_input(f(2))};
  row.samples.back().constant = true;
  return row;
}

}  // namespace

std::vector<Row> distance_rows() {
  std::vector<Row> rows = {normalize_row(), cosine_similarity_row(), pairwise_distance_row(), pdist_row()};
  add_cdist(rows);
  return rows;
}

}  // namespace descent::testing
