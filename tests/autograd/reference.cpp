// Values and gradients of every op against PyTorch's (tests/reference/ops.py): ties, NaN, infinities, negative zero.
#include <cmath>
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Call one(Tensor (*f)(const Tensor&)) {
  return [f](const List& in) { return f(in[0]); };
}
Call two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const List& in) { return f(in[0], in[1]); };
}
Call number_right(Tensor (*f)(const Tensor&, Scalar), double b) {
  return [f, b](const List& in) { return f(in[0], b); };
}
Call number_left(Tensor (*f)(Scalar, const Tensor&), double a) {
  return [f, a](const List& in) { return f(a, in[0]); };
}

/// sum or mean by the variant of the case.
template <class All, class Dims>
Call reduction(const std::string& variant, All all, Dims dims) {
  static const std::map<std::string, std::pair<Shape, bool>> along = {
      {"dims", {{0, -1}, false}}, {"keep", {{1}, true}}, {"nonfinite", {{1}, false}}, {"empty_dim", {{0}, false}}};
  const auto found = along.find(variant);
  if (found == along.end()) return all;
  return [dims, how = found->second](const List& in) { return dims(in[0], how.first, how.second); };
}

template <class All, class Along>
Call extreme(const std::string& variant, All all, Along along) {
  if (variant == "ties1") return [along](const List& in) { return along(in[0], 1, false); };
  if (variant.starts_with("dim") || variant.starts_with("keep")) {
    const bool keep = variant.starts_with("keep");
    const int64_t dim = std::stoll(variant.substr(keep ? 4 : 3));
    return [=](const List& in) { return along(in[0], dim, keep); };
  }
  return all;
}

Call clamp_by(const std::string& variant) {
  using Bound = std::optional<double>;
  static const std::map<std::string, std::pair<Bound, Bound>> bounds = {
      {"both", {-1.0, 1.0}}, {"min", {0.0, std::nullopt}}, {"max", {std::nullopt, 0.3}}, {"crossed", {1.0, -1.0}}};
  return [bound = bounds.at(variant)](const List& in) { return clamp(in[0], bound.first, bound.second); };
}

Call softmax_by(const std::string& variant, Tensor (*f)(const Tensor&, int64_t)) {
  const int64_t dim = variant == "rows" ? 1 : variant == "middle" ? -2 : 0;
  return [f, dim](const List& in) { return f(in[0], dim); };
}

std::map<std::string, Call> simple_calls() {
  return {
      {"neg", one(neg)},
      {"abs", one(abs)},
      {"sign", one(sign)},
      {"square", one(square)},
      {"exp", one(exp)},
      {"log", one(log)},
      {"sqrt", one(sqrt)},
      {"sin", one(sin)},
      {"cos", one(cos)},
      {"tanh", one(tanh)},
      {"sigmoid", one(sigmoid)},
      {"relu", one(relu)},
      {"add", two(add)},
      {"sub", two(sub)},
      {"mul", two(mul)},
      {"div", two(div)},
      {"maximum", two(maximum)},
      {"minimum", two(minimum)},
      {"pow", two(pow)},
      {"eq", two(eq)},
      {"ne", two(ne)},
      {"lt", two(lt)},
      {"le", two(le)},
      {"gt", two(gt)},
      {"ge", two(ge)},
      {"matmul", two(matmul)},
      {"where", [](const List& in) { return where(in[0].to(boolean), in[1], in[2]); }},
      {"max_indices", [](const List& in) { return max(in[0], 1).indices; }},
      {"min_indices", [](const List& in) { return min(in[0], 1).indices; }},
      {"linear", [](const List& in) { return linear(in[0], in[1], in.size() > 2 ? in[2] : Tensor()); }},
      {"reshape",
       [](const List& in) {
         return reshape(in[0], {4, -1});
       }},
      {"transpose", [](const List& in) { return transpose(in[0], 0, -1); }},
      {"permute",
       [](const List& in) {
         return permute(in[0], {2, 0, 1});
       }},
      {"squeeze", [](const List& in) { return squeeze(in[0]); }},
      {"unsqueeze", [](const List& in) { return unsqueeze(in[0], -1); }},
      {"flatten", [](const List& in) { return flatten(in[0], 1); }},
      {"expand",
       [](const List& in) {
         return expand(in[0], {2, 3, 4});
       }},
      {"slice", [](const List& in) { return in[0].slice(1, 1, 3).slice(2, 0, 4, 2); }},
      {"slice_negative", [](const List& in) { return in[0].slice(-1, -3, -1); }},
      {"select", [](const List& in) { return select(in[0], 1, -1); }},
      {"cat", [](const List& in) { return cat(in, -1); }},
      {"stack", [](const List& in) { return stack(in, 1); }},
      {"index_select", [](const List& in) { return index_select(in[0], 0, in[1]); }},
      {"gather", [](const List& in) { return gather(in[0], 0, in[1]); }},
      {"index_add", [](const List& in) { return index_add(in[0], 0, in[1], in[2]); }},
      {"scatter_add", [](const List& in) { return scatter_add(in[0], 0, in[1], in[2]); }},
  };
}

Call call_for(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string op = name.substr(0, slash), variant = slash == std::string::npos ? "" : name.substr(slash + 1);
  const auto number = [&] { return std::stod(variant); };
  static const std::map<std::string, Call> simple = simple_calls();
  if (const auto found = simple.find(op); found != simple.end()) return found->second;
  if (op == "clamp") return clamp_by(variant);
  if (op == "softmax") return softmax_by(variant, softmax);
  if (op == "log_softmax") return softmax_by(variant, log_softmax);
  if (op == "pow_number") return number_right(pow, number());
  if (op == "number_pow") return number_left(pow, number());
  if (op == "add_number") return number_right(add, number());
  if (op == "sub_number") return number_right(sub, number());
  if (op == "mul_number") return number_right(mul, number());
  if (op == "div_number") return number_right(div, number());
  if (op == "number_sub") return number_left(sub, number());
  if (op == "number_div") return number_left(div, number());
  if (op == "sum") {
    return reduction(
        variant, [](const List& in) { return sum(in[0]); },
        [](const Tensor& a, const Shape& d, bool keep) { return sum(a, d, keep); });
  }
  if (op == "mean") {
    return reduction(
        variant, [](const List& in) { return mean(in[0]); },
        [](const Tensor& a, const Shape& d, bool keep) { return mean(a, d, keep); });
  }
  if (op == "max") {
    return extreme(
        variant, [](const List& in) { return max(in[0]); },
        [](const Tensor& a, int64_t d, bool keep) { return max(a, d, keep).values; });
  }
  if (op == "min") {
    return extreme(
        variant, [](const List& in) { return min(in[0]); },
        [](const Tensor& a, int64_t d, bool keep) { return min(a, d, keep).values; });
  }
  if (op == "argmax") {
    return extreme(
        variant, [](const List& in) { return argmax(in[0]); },
        [](const Tensor& a, int64_t d, bool keep) { return argmax(a, d, keep); });
  }
  if (op == "argmin") {
    return extreme(
        variant, [](const List& in) { return argmin(in[0]); },
        [](const Tensor& a, int64_t d, bool keep) { return argmin(a, d, keep); });
  }
  if (op == "cross_entropy" || op == "cross_entropy_weighted") {
    const double smoothing = number();
    return [smoothing](const List& in) {
      return cross_entropy_rows(in[0], in[1], in.size() > 2 ? in[2].detach() : Tensor(), -100, smoothing);
    };
  }
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(unary) { check_table("ops/unary.txt", call_for); }
BOOST_AUTO_TEST_CASE(binary) { check_table("ops/binary.txt", call_for); }
BOOST_AUTO_TEST_CASE(reductions) { check_table("ops/reductions.txt", call_for); }
BOOST_AUTO_TEST_CASE(products) { check_table("ops/products.txt", call_for); }
BOOST_AUTO_TEST_CASE(rearranged) { check_table("ops/rearranged.txt", call_for); }
BOOST_AUTO_TEST_CASE(softmaxes) { check_table("ops/softmaxes.txt", call_for); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
