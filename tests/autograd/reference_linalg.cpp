// Products, diagonals and linear algebra against PyTorch's values and gradients (tests/reference/linalg.py).
#include <algorithm>
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Call of_one(Tensor (*f)(const Tensor&)) {
  return [f](const List& in) { return f(in[0]); };
}
Call of_two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const List& in) { return f(in[0], in[1]); };
}
template <class F>
Call of(F f) {
  return [f](const List& in) { return f(in[0]); };
}

Call product(const std::string& op, const std::string& variant) {
  static const std::map<std::string, Call> simple = {
      {"mv", of_two(mv)}, {"dot", of_two(dot)}, {"outer", of_two(outer)}, {"kron", of_two(kron)}};
  static const std::map<std::string, AddmmOptions> options = {{"plain", {}},
                                                              {"scaled", {.beta = -0.5, .alpha = 2.5}},
                                                              {"ignored", {.beta = 0, .alpha = 3}},
                                                              {"zero_inner", {.beta = 2}}};
  if (const auto found = simple.find(op); found != simple.end()) return found->second;
  if (op == "einsum") {  // names in the table hold no spaces
    std::string equation = variant;
    std::replace(equation.begin(), equation.end(), '_', ' ');
    return [equation](const List& in) { return einsum(equation, in); };
  }
  if (op == "matrix_power") return [variant](const List& in) { return matrix_power(in[0], std::stoll(variant)); };
  if (op == "tensordot" && variant == "pairs") {
    return [](const List& in) { return tensordot(in[0], in[1], {0, -1}, {1, 0}); };
  }
  if (op == "tensordot") return [variant](const List& in) { return tensordot(in[0], in[1], std::stoll(variant)); };
  const AddmmOptions o = options.at(variant);
  if (op == "addmm") return [o](const List& in) { return addmm(in[0], in[1], in[2], o); };
  if (op == "addmv") return [o](const List& in) { return addmv(in[0], in[1], in[2], o); };
  return [o](const List& in) { return baddbmm(in[0], in[1], in[2], o); };
}

Call diagonals(const std::string& op, const std::string& variant) {
  if (op == "trace") return of_one(trace);
  if (op == "tril_batch") return of([](const Tensor& a) { return a.tril(); });
  if (op == "diagonal_dims") return of([](const Tensor& a) { return a.diagonal(1, -1, 0); });
  const int64_t k = variant == "ints" ? -1 : std::stoll(variant);
  if (op == "tril") return of([k](const Tensor& a) { return tril(a, {.diagonal = k}); });
  if (op == "triu") return of([k](const Tensor& a) { return a.triu(k); });
  if (op == "diagonal") return of([k](const Tensor& a) { return diagonal(a, k); });
  if (op == "diag_embed") return of([k](const Tensor& a) { return diag_embed(a, {k, 0, -1}); });
  return of([k](const Tensor& a) { return diag(a, k); });
}

Call decomposition(const std::string& op, const std::string& variant) {
  if (op == "qr_Q") return of([](const Tensor& a) { return qr(a).Q; });
  if (op == "qr_R") return of([](const Tensor& a) { return qr(a).R; });
  if (op == "qr_r") return of([](const Tensor& a) { return qr(a.detach(), {.mode = "r"}).R; });
  if (op == "qr_complete_Q") return of([](const Tensor& a) { return qr(a.detach(), {.mode = "complete"}).Q; });
  if (op == "qr_complete_R") return of([](const Tensor& a) { return qr(a.detach(), {.mode = "complete"}).R; });
  if (op == "svd_U") {
    return of([](const Tensor& a) {
      const auto [u, s, vh] = svd(a);
      return square(u.slice(-1, 0, s.size(-1)));
    });
  }
  if (op == "svd_S") return of([](const Tensor& a) { return svd(a).S; });
  if (op == "svd_Vh") return of([](const Tensor& a) { return square(svd(a, {.full_matrices = false}).Vh); });
  if (op == "svd_product") {
    return of([](const Tensor& a) {
      const auto [u, s, vh] = svd(a, {.full_matrices = false});
      return matmul(u * s, vh);
    });
  }
  const EighOptions options{.UPLO = variant};
  if (op == "eigh_w") return of([=](const Tensor& a) { return eigh(a, options).eigenvalues; });
  if (op == "eigh_v") return of([=](const Tensor& a) { return square(eigh(a, options).eigenvectors); });
  if (op == "eigvalsh") return of([=](const Tensor& a) { return eigvalsh(a, options); });
  return of([=](const Tensor& a) { return eigvalsh(a.detach(), options); });
}

Call linear(const std::string& op, const std::string& variant) {
  static const std::map<std::string, Call> simple = {
      {"cholesky", of([](const Tensor& a) { return cholesky(a); })},
      {"cholesky_upper", of([](const Tensor& a) { return cholesky(a, {.upper = true}); })},
      {"inv", of_one(inv)},
      {"det", of_one(det)},
      {"svdvals", of_one(svdvals)},
      {"sign", of([](const Tensor& a) { return slogdet(a).sign; })},
      {"solve", [](const List& in) { return solve(in[0], in[1]); }},
      {"solve_right", [](const List& in) { return solve(in[0], in[1], {.left = false}); }},
      {"matrix_rank", of([](const Tensor& a) { return matrix_rank(a); })},
      {"matrix_rank_atol", of([](const Tensor& a) { return matrix_rank(a, {.atol = 2.5}); })},
  };
  if (const auto found = simple.find(op); found != simple.end()) return found->second;
  if (op == "logabsdet") {
    return of([off = variant == "singular"](const Tensor& a) { return slogdet(off ? a.detach() : a).logabsdet; });
  }
  if (op == "logdet")
    return of([off = variant == "negative"](const Tensor& a) { return logdet(off ? a.detach() : a); });
  if (op == "cholesky_solve") {
    return [upper = variant == "upper"](const List& in) { return cholesky_solve(in[0], in[1], {.upper = upper}); };
  }
  if (op == "solve_triangular") {
    const SolveTriangularOptions o{variant[0] == '1', variant[1] == '1', variant[2] == '1'};
    return [o](const List& in) { return solve_triangular(in[0], in[1], o); };
  }
  if (op == "pinv") {
    PinvOptions o;
    if (variant == "rank1") o.rtol = 1e-8;
    return of([o](const Tensor& a) { return pinv(a, o); });
  }
  return decomposition(op, variant);
}

template <class F>
std::function<Call(const std::string&)> by_name(F f) {
  return [f](const std::string& name) {
    const std::size_t slash = name.find('/');
    return f(name.substr(0, slash), slash == std::string::npos ? "" : name.substr(slash + 1));
  };
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_linalg)

BOOST_AUTO_TEST_CASE(products) { check_table("ops/product.txt", by_name(product)); }
BOOST_AUTO_TEST_CASE(diagonal_ops) { check_table("ops/diagonal.txt", by_name(diagonals)); }
BOOST_AUTO_TEST_CASE(linear_algebra) { check_table("ops/linalg.txt", by_name(linear), 1e-11); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
