// Values and gradients of every op against PyTorch's (tests/reference/ops.py): ties, NaN, infinities, negative zero.
#include <cmath>
#include <map>

#include "../fixture.h"
#include "../table.h"

namespace descent::testing {
namespace {

using List = std::vector<Tensor>;
using Call = std::function<Tensor(const List&)>;

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

/// −0 and 0 are the same in gradients, but not in a result: unless it is one of several equals, chosen.
bool chooses(const std::string& name) {
  return name.starts_with("max") || name.starts_with("min") || name.starts_with("relu");
}
bool same_zero_signs(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == 0 && y[i] == 0 && std::signbit(x[i]) != std::signbit(y[i])) return false;
  }
  return true;
}

void check_case(const StateDict& table, const std::string& name) {
  List in;
  for (int i = 0; table.contains(name + "/in" + std::to_string(i)); ++i) {
    in.push_back(table.at(name + "/in" + std::to_string(i)).clone());
    if (in.back().is_floating_point()) in.back().requires_grad_();
  }
  const Tensor out = call_for(name)(in), expected = table.at(name + "/out");
  BOOST_TEST((out.shape() == expected.shape()), "shape " << out.shape() << " instead of " << expected.shape());
  const double error = max_relative_error(out.detach(), expected);
  BOOST_TEST(error <= 1e-12, "the value is off by " << error << ":\n" << out.detach() << "\n" << expected);
  BOOST_TEST((chooses(name) || same_zero_signs(out.detach(), expected)), "the sign of a zero is lost");
  if (!table.contains(name + "/v")) {
    BOOST_TEST(!out.requires_grad());
    return;
  }
  List leaves;
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (in[i].requires_grad()) leaves.push_back(in[i]), numbers.push_back(i);
  }
  const List gradients = autograd::grad({out}, leaves, {.grad_outputs = {table.at(name + "/v")}, .allow_unused = true});
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    const std::string key = name + "/grad" + std::to_string(numbers[k]);
    if (!table.contains(key)) continue;
    const double off = max_relative_error(gradients[k], table.at(key));
    BOOST_TEST(off <= 1e-12, "the gradient of input " << numbers[k] << " is off by " << off << ":\n"
                                                      << gradients[k] << "\n"
                                                      << table.at(key));
  }
}

void check_table(const std::string& path) {
  const StateDict table = read_table(path);
  int cases = 0;
  for (const auto& [key, value] : table) {
    if (!key.ends_with("/out")) continue;
    const std::string name = key.substr(0, key.size() - 4);
    BOOST_TEST_CONTEXT(name) check_case(table, name);
    ++cases;
  }
  BOOST_TEST(cases >= 10);
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(unary) { check_table("ops/unary.txt"); }
BOOST_AUTO_TEST_CASE(binary) { check_table("ops/binary.txt"); }
BOOST_AUTO_TEST_CASE(reductions) { check_table("ops/reductions.txt"); }
BOOST_AUTO_TEST_CASE(products) { check_table("ops/products.txt"); }
BOOST_AUTO_TEST_CASE(rearranged) { check_table("ops/rearranged.txt"); }
BOOST_AUTO_TEST_CASE(softmaxes) { check_table("ops/softmaxes.txt"); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
