// Factorisations and solutions of linear systems, by LAPACK. Inputs are random matrices plus one that keeps singular
// values and eigenvalues apart, so that repeated and expanded inputs are regular too.
#include <cmath>

#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

Arg near(const Shape& shape) { return real(shape, -0.5, 0.5); }
Tensor turned(const Tensor& a) { return a.transpose(-2, -1); }
/// a + 4·1
Tensor regular(const Tensor& a) { return a + 4 * eye(a.size(-1), {.dtype = a.dtype()}); }
/// a + diag(3, 6, 9, …) of any sizes
Tensor apart(const Tensor& a) {
  return a + eye(a.size(-2), a.size(-1), {.dtype = a.dtype()}) * (arange(1, a.size(-1) + 1).to(a.dtype()) * 3);
}
Tensor symmetric(const Tensor& a) { return apart(a + turned(a)); }
Tensor definite(const Tensor& a) { return matmul(a, turned(a)) + eye(a.size(-2), {.dtype = a.dtype()}); }
Tensor columns(const Tensor& a, int64_t n) { return a.slice(-1, 0, n); }

/// Shapes, dtypes and the undefined tensor for a function of square matrices.
template <class F>
std::vector<Refusal> square_refusals(const std::string& name, F f) {
  return {one(Type::Shape, name + ": takes square matrices, got shape [2, 3]", {2, 3}, f),
          one(Type::Shape, name + ": takes matrices [.., m, n], got shape [3]", {3}, f),
          one(Type::DType, name + ": takes floats, got int64", {2, 2}, f, int64), undefined_input(f)};
}
template <class F>
std::vector<Refusal> any_refusals(const std::string& name, F f) {
  std::vector<Refusal> all = square_refusals(name, f);
  all.erase(all.begin());
  all.push_back(refuses(Type::Plain, name + ": the input contains NaN or infinity", f, [] {
    return List{full({2, 2}, std::nan(""))};
  }));
  all.push_back(refuses(Type::Plain, name + ": the input contains NaN or infinity", f, [] {
    return List{full({2, 2}, INFINITY)};
  }));
  return all;
}

std::vector<Row> cholesky_rows() {
  const auto f = [](bool upper) {
    return [upper](const Tensor& a) { return cholesky(definite(a), {.upper = upper}); };
  };
  const auto plain = [](const Tensor& a) { return cholesky(a); };
  Row row{
      "cholesky", {}, square_refusals("cholesky", plain), sample(f(false), {real({150, 20, 20})}), {.scalar = false}};
  row.samples = {sample(f(false), {real({3, 3})}),    sample(f(true), {real({3, 2})}),
                 sample(f(false), {real({2, 2, 2})}), sample(f(true), {real({0, 2, 2})}),
                 sample(f(false), {real({0, 0})}),    sample(f(false), {real({1, 1})})};
  const auto minus = [](const Tensor& a) { return cholesky(a - 2 * eye(3)); };
  row.refusals.push_back(one(Type::Plain, "leading minor 1 is not positive", {3, 3}, minus));
  row.refusals.push_back(one(Type::Plain,
                             "cholesky: the matrix is not positive definite, leading minor 2 is not positive", {2, 2},
                             [](const Tensor& a) {
                               return cholesky(tensor({{1.0, 2.0}, {2.0, 1.0}}) * a);
                             }));
  row.refusals.push_back(one(Type::Plain, "in matrix 1 of the batch [2]", {2, 2, 2}, [](const Tensor& a) {
    return cholesky(stack({eye(2) * a[0], -eye(2) * a[1]}));
  }));
  row.refusals.push_back(
      one(Type::Plain, "leading minor 1", {2, 2}, [](const Tensor& a) { return cholesky(a * std::nan("")); }));

  const auto factor = [](bool upper) {
    return [upper](const Tensor& b, const Tensor& a) {
      const Tensor l = regular(a);
      return cholesky_solve(b, upper ? triu(l) : tril(l), {.upper = upper});
    };
  };
  const auto pair = [](const Tensor& b, const Tensor& a) { return cholesky_solve(b, a); };
  Row solve{
      "cholesky_solve", {}, {}, sample(factor(false), {real({50, 20, 20}), near({50, 20, 20})}), {.scalar = false}};
  solve.samples = {
      sample(factor(false), {real({3, 2}), near({3, 3})}), sample(factor(true), {real({2, 3, 1}), near({3, 3})}),
      sample(factor(false), {real({2, 0}), near({2, 2})}), sample(factor(false), {real({0, 2, 1}), near({0, 2, 2})})};
  solve.refusals = {shapes("cholesky_solve: A and B do not fit", {3, 2}, {2, 2}, pair),
                    shapes("cholesky_solve: takes square matrices", {3, 2}, {3, 2}, pair),
                    refuses(Type::Plain, "cholesky_solve: the matrix is singular", pair,
                            [] {
                              return List{ones({2, 1}), zeros({2, 2})};
                            }),
                    undefined_input(pair, 2)};
  return {row, solve};
}

std::vector<Row> solve_rows() {
  const auto triangle = [](SolveTriangularOptions options) {
    return [options](const Tensor& a, const Tensor& b) { return solve_triangular(regular(a), b, options); };
  };
  const auto plain = [](const Tensor& a, const Tensor& b) { return solve_triangular(a, b); };
  Row row{
      "solve_triangular", {}, {}, sample(triangle({}), {near({50, 20, 20}), real({50, 20, 20})}), {.scalar = false}};
  row.samples = {
      sample(triangle({}), {near({3, 3}), real({3, 2})}),
      sample(triangle({.upper = true}), {near({3, 3}), real({3, 2})}),
      sample(triangle({.upper = true, .left = false}), {near({3, 3}), real({2, 3})}),
      sample(triangle({.left = false}), {near({2, 2}), real({2, 2})}),
      sample(triangle({.upper = true, .unitriangular = true}), {near({3, 3}), real({3, 1})}),
      sample(triangle({.left = false, .unitriangular = true}), {near({3, 3}), real({1, 3})}),
      sample(triangle({}), {near({2, 1, 2, 2}), real({2, 2, 1})}),
      sample(triangle({}), {near({0, 0}), real({0, 2})}),
      sample(triangle({}), {near({0, 2, 2}), real({2, 1})}),
      sample(triangle({}), {near({2, 2}), real({2, 0})}),
  };
  row.refusals = {shapes("solve_triangular: A and B do not fit, got [2, 2] and [3, 1]", {2, 2}, {3, 1}, plain),
                  shapes("solve_triangular: takes square matrices", {2, 3}, {3, 1}, plain),
                  shapes("solve_triangular: takes matrices", {2, 2}, {2}, plain),
                  shapes("solve_triangular: ", {2, 2, 2}, {3, 2, 2}, plain),
                  refuses(Type::Plain, "solve_triangular: the matrix is singular, diagonal element 2 is zero", plain,
                          [] {
                            return List{tensor({{1.0, 1.0}, {1.0, 0.0}}), ones({2, 2})};
                          }),
                  refuses(Type::DType, "solve_triangular: A and B must be of one type", plain,
                          [] {
                            return List{ones({2, 2}), ones({2, 2}, {.dtype = float64})};
                          }),
                  undefined_input(plain, 2)};

  const auto general = [](bool left) {
    return [left](const Tensor& a, const Tensor& b) { return solve(regular(a), b, {.left = left}); };
  };
  const auto any = [](const Tensor& a, const Tensor& b) { return solve(a, b); };
  Row systems{"solve", {}, {}, sample(general(true), {near({50, 20, 20}), real({50, 20, 20})}), {.scalar = false}};
  systems.samples = {
      sample(general(true), {near({3, 3}), real({3})}),
      sample(general(true), {near({3, 3}), real({3, 2})}),
      sample(general(false), {near({3, 3}), real({2, 3})}),
      sample(general(false), {near({3, 3}), real({3})}),
      sample(general(true), {near({2, 2, 2}), real({2, 2})}),
      sample(general(true), {near({2, 2, 2}), real({2, 1})}),
      sample(general(true), {near({2, 2}), real({3, 2, 2})}),
      sample(general(true), {near({2, 1, 2, 2}), real({3, 2, 1})}),
      sample(general(true), {near({0, 0}), real({0, 2})}),
      sample(general(true), {near({0, 2, 2}), real({2, 1})}),
      sample(general(true), {near({2, 2}), real({2, 0})}),
  };
  systems.samples[5] = sample(general(true), {near({3, 2, 2}), real({2, 1})});
  systems.refusals = {
      shapes("solve: A and B do not fit, got [2, 2] and [3, 1]", {2, 2}, {3, 1}, any),
      shapes("solve: ", {2, 2}, {3}, any),
      shapes("solve: takes square matrices", {2, 3}, {2}, any),
      shapes("solve: the matrix is singular", {2, 2}, {2}, any),
      refuses(Type::Plain, "in matrix 1 of the batch [2]", any,
              [] {
                return List{stack({eye(2), zeros({2, 2})}), ones({2, 2, 1})};
              }),
      undefined_input(any, 2),
  };
  systems.refusals[3].type = Type::Plain;

  const auto inverted = [](const Tensor& a) { return inv(regular(a)); };
  const auto raw = [](const Tensor& a) { return inv(a); };
  Row inverses{"inv", {}, square_refusals("inv", raw), sample(inverted, {near({50, 20, 20})}), {.scalar = false}};
  inverses.samples = {sample(inverted, {near({3, 3})}), sample(inverted, {near({2, 2, 2})}),
                      sample([](const Tensor& a) { return regular(a).inverse(); }, {near({1, 1})}),
                      sample(inverted, {near({0, 0})}), sample(inverted, {near({0, 2, 2})})};
  inverses.refusals.push_back(one(Type::Plain, "inv: the matrix is singular, pivot 2 is zero", {3, 3}, raw));
  return {row, systems, inverses};
}

std::vector<Row> determinant_rows() {
  const auto f = [](const Tensor& a) { return det(a); };
  const auto low_rank = [](const Tensor& a) { return det(matmul(a, turned(a))); };
  const auto raw = f;
  Row row{"det", {}, square_refusals("det", raw), sample(f, {near({50, 20, 20})}), {.scalar = false}};
  row.samples = {sample(f, {real({3, 3})}),    sample(f, {real({2, 2, 2})}),     sample(f, {real({1, 1})}),
                 sample(f, {real({4, 4})}),    sample(low_rank, {real({3, 2})}), sample(low_rank, {real({3, 1})}),
                 sample(f, {real({0, 2, 2})}), sample(f, {real({0, 0})})};
  row.samples[4].constant = row.samples[5].constant = true;
  const auto around = [](const Tensor& center) {
    return sample([center](const Tensor& a) { return det(a + center.to(a.dtype())); }, {real({3, 3}, 0, 1e-12)});
  };
  row.samples.push_back(around(eye(3)));  // equal singular values, then singular ones of rank 2 and 1
  row.samples.push_back(around(tensor({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}})));
  row.samples.push_back(around(ones({3, 3})));
  row.samples.back().constant = true;

  Row gradient{"det_grad", {}, {}, gradient_sample(f, {near({30, 12, 12})}, real({30})), {.scalar = true}};
  gradient.samples = {gradient_sample(f, {real({3, 3})}, real({})), gradient_sample(f, {real({2, 2, 2})}, real({2})),
                      gradient_sample(f, {real({0, 2, 2})}, real({0}))};
  gradient.refusals = {foreign_cotangent(f, real({2, 2})), foreign_cotangent(f, real({2, 3, 3}))};

  const auto log = [](const Tensor& a) { return slogdet(a).logabsdet; };
  const auto both = [](const Tensor& a) {
    const auto [sign, value] = slogdet(a);
    return sign * value;
  };
  Row logs{"slogdet", {}, square_refusals("slogdet", log), sample(log, {near({50, 20, 20})}), {.scalar = false}};
  logs.samples = {sample(both, {real({3, 3})}), sample(both, {real({2, 2, 2})}), sample(both, {real({1, 1})}),
                  sample(log, {real({0, 2, 2})}), sample(log, {real({0, 0})})};
  for (Sample* s : {&logs.samples[0], &logs.samples[1], &logs.samples[2]}) s->args[0] = near(s->args[0].shape);
  for (Sample* s : {&logs.samples[0], &logs.samples[1], &logs.samples[2], &logs.large}) {
    s->f = [inner = s->f](const List& in) { return inner({regular(in[0])}); };
  }
  logs.refusals.push_back(refuses(
      Type::Plain, "slogdet: the matrix is singular", [log](const Tensor& a) { return autograd::grad({log(a)}, {a}); },
      [] {
        return List{ones({2, 2})};
      }));

  const auto natural = [](const Tensor& a) { return logdet(regular(a)); };
  const auto plain = [](const Tensor& a) { return logdet(a); };
  Row naturals{
      "logdet", {}, square_refusals("logdet", plain), sample(natural, {near({50, 20, 20})}), {.scalar = false}};
  naturals.samples = {sample(natural, {near({3, 3})}), sample(natural, {near({2, 2, 2})}),
                      sample(natural, {near({0, 2, 2})})};
  return {row, gradient, logs, naturals};
}

std::vector<Row> factor_rows() {
  const auto f = [](const char* mode) {
    return [mode](const Tensor& a) {
      const auto [q, r] = qr(apart(a), {.mode = mode});
      return List{q, r};
    };
  };
  const auto r_only = [](const Tensor& a) { return qr(apart(a), {.mode = "r"}).R; };
  const auto q_only = [](const Tensor& a) { return qr(apart(a)).Q; };
  const auto plain = [](const Tensor& a) { return qr(a).R; };
  Row row{"qr", {}, square_refusals("qr", plain), sample(f("reduced"), {near({40, 14, 12})}), {.scalar = false}};
  row.samples = {sample(f("reduced"), {near({3, 3})}),  sample(f("reduced"), {near({4, 2})}),
                 sample(f("reduced"), {near({2, 4})}),  sample(f("reduced"), {near({2, 3, 2})}),
                 sample(f("complete"), {near({2, 3})}), sample(r_only, {near({3, 2})}),
                 sample(r_only, {near({2, 4})}),        sample(q_only, {near({3, 2})}),
                 sample(q_only, {near({2, 4})}),        sample(f("reduced"), {near({0, 3, 2})}),
                 sample(f("reduced"), {near({3, 0})}),  sample(f("complete"), {near({2, 0, 2})})};
  row.refusals.erase(row.refusals.begin());
  row.refusals.push_back(one(Type::Argument, "qr: mode must be reduced, complete or r, got full", {2, 2},
                             [](const Tensor& a) { return qr(a, {.mode = "full"}).R; }));
  row.refusals.push_back(
      one(Type::Autograd, "qr: mode \"complete\" has no gradient where m > n, got [3, 2]", {3, 2},
          [](const Tensor& a) { return autograd::grad({qr(apart(a), {.mode = "complete"}).R.sum()}, {a}); }));

  const auto parts = [](bool full) {
    return [full](const Tensor& a) {
      const auto [u, s, vh] = svd(apart(a), {.full_matrices = full});
      const int64_t k = s.size(-1);
      const Tensor left = columns(u, k), right = columns(turned(vh), k);
      return List{matmul(left * s.unsqueeze(-2), turned(right)), square(left), square(right), s};
    };
  };
  const auto u_only = [](const Tensor& a) { return square(svd(apart(a), {.full_matrices = false}).U); };
  const auto v_only = [](const Tensor& a) { return square(svd(apart(a), {.full_matrices = false}).Vh); };
  const auto all = [](const Tensor& a) { return svd(a).S; };
  Row values{"svd", {}, any_refusals("svd", all), sample(parts(false), {near({30, 14, 12})}), {.scalar = false}};
  values.samples = {sample(parts(false), {near({3, 3})}),   sample(parts(true), {near({3, 2})}),
                    sample(parts(true), {near({2, 3})}),    sample(parts(false), {near({2, 2, 3})}),
                    sample(u_only, {near({3, 2})}),         sample(v_only, {near({2, 3})}),
                    sample(parts(true), {near({0, 2, 2})}), sample(parts(true), {near({3, 0})}),
                    sample(parts(false), {near({0, 0})})};

  const auto s_only = [](const Tensor& a) { return svdvals(apart(a)); };
  const auto s_plain = [](const Tensor& a) { return svdvals(a); };
  Row singular{
      "svdvals", {}, any_refusals("svdvals", s_plain), sample(s_only, {near({30, 14, 12})}), {.scalar = false}};
  singular.samples = {sample(s_only, {near({3, 2})}), sample(s_only, {near({2, 3})}), sample(s_only, {near({2, 2, 2})}),
                      sample(s_only, {near({0, 2})}), sample(s_only, {near({0, 2, 2})})};
  return {row, values, singular};
}

std::vector<Row> eigen_rows() {
  const auto f = [](const char* uplo) {
    return [uplo](const Tensor& a) {
      const auto [w, v] = eigh(symmetric(a), {.UPLO = uplo});
      return List{matmul(v * exp(w * 0.1).unsqueeze(-2), turned(v)), square(v), w};
    };
  };
  const auto plain = [](const Tensor& a) { return eigh(a).eigenvalues; };
  Row row{"eigh", {}, any_refusals("eigh", plain), sample(f("L"), {near({30, 12, 12})}), {.scalar = false}};
  row.samples = {sample(f("L"), {near({3, 3})}), sample(f("U"), {near({2, 2, 2})}), sample(f("L"), {near({1, 1})}),
                 sample(f("U"), {near({0, 0})}), sample(f("L"), {near({0, 2, 2})})};
  const auto wrong = [](const Tensor& a) { return eigh(a, {.UPLO = "X"}).eigenvalues; };
  row.refusals.push_back(one(Type::Argument, "eigh: UPLO must be \"L\" or \"U\", got \"X\"", {2, 2}, wrong));
  row.refusals.push_back(one(Type::Shape, "eigh: takes square matrices", {2, 3}, plain));

  const auto w_only = [](const char* uplo) {
    return [uplo](const Tensor& a) { return eigvalsh(symmetric(a), {.UPLO = uplo}); };
  };
  const auto w_plain = [](const Tensor& a) { return eigvalsh(a); };
  Row values{
      "eigvalsh", {}, any_refusals("eigvalsh", w_plain), sample(w_only("L"), {near({30, 12, 12})}), {.scalar = false}};
  values.samples = {sample(w_only("L"), {near({3, 3})}), sample(w_only("U"), {near({2, 2, 2})}),
                    sample(w_only("L"), {near({0, 0})}), sample(w_only("L"), {near({0, 2, 2})})};
  values.refusals.push_back(one(Type::Shape, "eigvalsh: takes square matrices", {2, 3}, w_plain));
  return {row, values};
}

std::vector<Row> rank_rows() {
  const auto f = [](const Tensor& a) { return pinv(apart(a)); };
  const auto low_rank = [](const Tensor& a) {  // rank 2 whatever a is
    const Tensor b = apart(a);
    return pinv(matmul(b, turned(b)), {.rtol = 1e-8});
  };
  const auto plain = [](const Tensor& a) { return pinv(a); };
  Row row{"pinv", {}, any_refusals("pinv", plain), sample(f, {near({30, 14, 12})}), {.scalar = false}};
  row.samples = {sample(f, {near({3, 3})}),        sample(f, {near({3, 2})}),    sample(f, {near({2, 3})}),
                 sample(low_rank, {near({3, 2})}), sample(f, {near({2, 2, 3})}), sample(f, {near({0, 2})}),
                 sample(f, {near({0, 2, 2})})};
  row.refusals.push_back(one(Type::Argument, "pinv: rtol must be at least 0, got -1", {2, 2},
                             [](const Tensor& a) { return pinv(a, {.rtol = -1.0}); }));
  row.refusals.push_back(one(Type::Argument, "pinv: atol must be at least 0, got nan", {2, 2},
                             [](const Tensor& a) { return pinv(a, {.atol = std::nan("")}); }));

  const auto rank = [](MatrixRankOptions options) {
    return [options](const Tensor& a) { return matrix_rank(a, options); };
  };
  const auto products = [](const Tensor& a) { return matrix_rank(matmul(a, turned(a)), {.rtol = 1e-5}); };
  Row ranks{"matrix_rank",
            {},
            any_refusals("matrix_rank", rank({})),
            sample(rank({}), {real({30, 14, 12})}),
            {.differentiable = false, .scalar = false}};
  ranks.samples = {sample(rank({}), {real({3, 2})}), sample(rank({.atol = 1.5}), {real({2, 3, 3})}),
                   sample(products, {real({4, 2})}), sample(rank({}), {real({2, 0, 3})})};
  return {row, ranks};
}

}  // namespace

std::vector<Row> linalg_rows() {
  std::vector<Row> rows;
  for (const auto& list :
       {cholesky_rows(), solve_rows(), determinant_rows(), factor_rows(), eigen_rows(), rank_rows()}) {
    rows.insert(rows.end(), list.begin(), list.end());
  }
  for (Row& row : rows) {  // products in the formulas read strided operands in place, in another order
    row.traits.layout_tolerance = 1e-11;
    row.traits.tolerance32 = 1e-4;
    if (!row.traits.differentiable) row.traits.layout_tolerance = 0;
  }
  return rows;
}

}  // namespace descent::testing
