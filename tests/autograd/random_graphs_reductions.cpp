// Rules of the random graphs: reductions, softmax, scans, sorting, matrix products.
#include "random_graphs.h"

namespace descent::testing::fuzz {
namespace {

using Plan = std::function<bool(Maker&, Step&)>;
using At = const Step&;
constexpr Traits kSavesNothing = {.saves_input = false, .saves_output = false};

/// A random set of dims, empty (all) at times; keepdim at random. `suits` judges the operand.
Plan over_dims(std::function<bool(Maker&, int)> suits) {
  return [suits](Maker& m, Step& s) {
    const int x = m.find([&](int i) { return suits(m, i); });
    if (x < 0) return false;
    s.in = {x};
    s.flag = m.draw.one_in(2);
    for (int d = 0; d < m.array(x).shape.dim(); ++d) {
      if (m.draw.one_in(2)) s.dims.push_back(d);
    }
    return true;
  };
}
bool any_at_all(Maker&, int) { return true; }
bool not_empty(Maker& m, int i) { return !m.array(i).data.empty(); }
bool distinct_elements(Maker& m, int i) { return not_empty(m, i) && all_apart(m.array(i)); }

Plan along_dim(bool apart_too = false) {
  return [=](Maker& m, Step& s) {
    if (!m.pick_dim(s, true) || m.array(s.in[0]).data.empty()) return false;
    s.flag = m.draw.one_in(2);
    return !apart_too || all_apart(m.array(s.in[0]));
  };
}

template <class Tape, class Oracle>
Rule over(const char* name, Plan plan, Tape tape, Oracle oracle, const Traits& traits = {}) {
  return make_rule(
      name, std::move(plan), [tape](const List& in, At s) -> Tensor { return tape(in[0], s); },
      [oracle](const auto& in, At s) { return reduce(in[0], s.dims, s.flag, oracle); }, traits);
}
template <class Tape, class Oracle>
Rule scan(const char* name, Plan plan, Tape tape, Oracle oracle, const Traits& traits = {}) {
  return make_rule(
      name, std::move(plan), [tape](const List& in, At s) -> Tensor { return tape(in[0], s); },
      [oracle](const auto& in, At s) { return along(in[0], s.dim, oracle); }, traits);
}

const auto mean_of = [](const auto& line) { return sum_of(line) / static_cast<double>(line.size()); };
/// Σ (x − mean)² / (n − correction)
const auto variance_of = [](const auto& line, double correction) {
  const auto mean = mean_of(line);
  auto squares = line;
  for (auto& x : squares) x = (x - mean) * (x - mean);
  return sum_of(squares) / (static_cast<double>(line.size()) - correction);
};
const auto product_of = [](const auto& line) {
  std::decay_t<decltype(line[0])> result = 1.0;
  for (const auto& x : line) result = result * x;
  return result;
};
/// f(everything up to the element), for each element.
template <class F>
auto running(F f) {
  return [f](const auto& line) {
    auto out = line;
    for (std::size_t i = 0; i < line.size(); ++i) {
      out[i] = f(std::decay_t<decltype(line)>(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(i) + 1));
    }
    return out;
  };
}

/// Variance over at least two elements, well away from 0.
bool varied(Maker& m, Step& s, double correction) {
  const Array<Bound> v = reduce(m.array(s.in[0]), s.dims, false,
                                [&](const std::vector<Bound>& line) { return variance_of(line, correction); });
  return std::all_of(v.data.begin(), v.data.end(), [](const Bound& x) { return x.v > 0.2; });
}

void add_reductions(std::vector<Rule>& r) {
  r.push_back(over(
      "sum", over_dims(any_at_all), [](const Tensor& x, At s) { return x.sum(s.dims, s.flag); },
      [](const auto& line) { return sum_of(line); }, kSavesNothing));
  r.push_back(over(
      "mean", over_dims(not_empty), [](const Tensor& x, At s) { return x.mean(s.dims, s.flag); }, mean_of,
      kSavesNothing));
  r.push_back(over(
      "amax", over_dims(distinct_elements), [](const Tensor& x, At s) { return x.amax(s.dims, s.flag); },
      [](const auto& line) { return largest_of(line); }));
  r.push_back(over(
      "logsumexp", over_dims(not_empty), [](const Tensor& x, At s) { return x.logsumexp(s.dims, s.flag); },
      [](const auto& line) { return log_sum_exp(line); }));
  const auto variable = [](Maker& m, Step& s) { return over_dims(not_empty)(m, s) && varied(m, s, 0); };
  r.push_back(over(
      "var", variable, [](const Tensor& x, At s) { return x.var(s.dims, {.correction = 0, .keepdim = s.flag}); },
      [](const auto& line) { return variance_of(line, 0); }));
  const auto sample = [](Maker& m, Step& s) {
    if (!over_dims(not_empty)(m, s)) return false;
    const Array<Bound> n = reduce(m.array(s.in[0]), s.dims, false,
                                  [](const std::vector<Bound>& line) { return Bound(double(line.size())); });
    return n.data[0].v > 1 && varied(m, s, 1);
  };
  r.push_back(make_rule(
      "std_mean", sample,
      [](const List& in, At s) -> List {
        const auto [deviation, mean] = std_mean(in[0], s.dims, {.keepdim = s.flag});
        return {deviation, mean};
      },
      [](const auto& in, At s) {
        return std::decay_t<decltype(in)>{
            reduce(in[0], s.dims, s.flag, [](const auto& line) { return sqrt(variance_of(line, 1)); }),
            reduce(in[0], s.dims, s.flag, mean_of)};
      }));
  const auto long_enough = [](Maker& m, Step& s) {
    if (!over_dims(not_empty)(m, s)) return false;
    const Array<Bound> squares = reduce(m.array(s.in[0]), s.dims, false, [](const std::vector<Bound>& line) {
      Bound sum;
      for (const Bound& x : line) sum = sum + x * x;
      return sum;
    });
    return std::all_of(squares.data.begin(), squares.data.end(), [](const Bound& x) { return x.v > 0.2; });
  };
  r.push_back(over(
      "norm", long_enough, [](const Tensor& x, At s) { return x.norm(2, s.dims, s.flag); },
      [](const auto& line) {
        auto squares = line;
        for (auto& x : squares) x = x * x;
        return sqrt(sum_of(squares));
      }));
  const auto one_dim = [](Maker& m, Step& s) {
    if (!along_dim()(m, s)) return false;
    s.dims = Shape(s.dim);
    return true;
  };
  r.push_back(over(
      "prod", one_dim, [](const Tensor& x, At s) { return x.prod(s.dim, s.flag); }, product_of));
  const auto one_dim_apart = [](Maker& m, Step& s) {
    if (!along_dim(true)(m, s)) return false;
    s.dims = Shape(s.dim);
    return true;
  };
  r.push_back(over(
      "max", one_dim_apart, [](const Tensor& x, At s) { return x.max(s.dim, s.flag).values; },
      [](const auto& line) { return largest_of(line); }));
  r.push_back(over(
      "median", one_dim_apart, [](const Tensor& x, At s) { return x.median(s.dim, s.flag).values; },
      [](const auto& line) { return line[static_cast<std::size_t>(order_of(line)[(line.size() - 1) / 2])]; }));
}

void add_scans(std::vector<Rule>& r) {
  r.push_back(scan(
      "softmax", along_dim(), [](const Tensor& x, At s) { return x.softmax(s.dim); },
      [](const auto& line) {
        const auto total = log_sum_exp(line);
        auto out = line;
        for (auto& x : out) x = exp(x - total);
        return out;
      }));
  r.push_back(scan(
      "log_softmax", along_dim(), [](const Tensor& x, At s) { return x.log_softmax(s.dim); },
      [](const auto& line) {
        const auto total = log_sum_exp(line);
        auto out = line;
        for (auto& x : out) x = x - total;
        return out;
      }));
  r.push_back(scan(
      "cumsum", along_dim(), [](const Tensor& x, At s) { return x.cumsum(s.dim); },
      running([](const auto& line) { return sum_of(line); }), kSavesNothing));
  r.push_back(scan(
      "cumprod", along_dim(), [](const Tensor& x, At s) { return x.cumprod(s.dim); }, running(product_of)));
  r.push_back(scan(
      "logcumsumexp", along_dim(), [](const Tensor& x, At s) { return x.logcumsumexp(s.dim); },
      running([](const auto& line) { return log_sum_exp(line); })));
  r.push_back(scan(
      "cummax", along_dim(true), [](const Tensor& x, At s) { return x.cummax(s.dim).values; },
      running([](const auto& line) { return largest_of(line); })));
  r.push_back(scan(
      "sort", along_dim(true), [](const Tensor& x, At s) { return x.sort(s.dim).values; },
      [](const auto& line) {
        std::decay_t<decltype(line)> out;
        for (const std::int64_t i : order_of(line)) out.push_back(line[static_cast<std::size_t>(i)]);
        return out;
      }));
  r.push_back(scan(
      "topk", along_dim(true), [](const Tensor& x, At s) { return x.topk(x.size(s.dim) > 1 ? 2 : 1, s.dim).values; },
      [](const auto& line) {
        std::decay_t<decltype(line)> out;
        const std::vector<std::int64_t> order = order_of(line);
        for (std::size_t k = 0; k < std::min<std::size_t>(line.size(), 2); ++k)
          out.push_back(line[static_cast<std::size_t>(order[order.size() - 1 - k])]);
        return out;
      }));
}

/// The shapes as matmul's matrices; false where they do not go together.
bool as_matrices(Shape& a, Shape& b) {
  if (a.empty() || b.empty()) return false;
  if (a.size() == 1) a.insert(0, 1);
  if (b.size() == 1) b.push_back(1);
  Shape front;
  return a.back() == b[b.size() - 2] && broadcasts(Shape(a.data(), a.size() - 2), Shape(b.data(), b.size() - 2), front);
}

void add_products(std::vector<Rule>& r) {
  const auto fitting = [](Maker& m, Step& s) {
    s.in = {m.find([&](int i) { return !m.shape(i).empty(); })};
    if (s.in[0] < 0) return false;
    s.in.push_back(m.find([&](int i) {
      Shape a = m.shape(s.in[0]), b = m.shape(i);
      return as_matrices(a, b);
    }));
    return s.in[1] >= 0;
  };
  r.push_back(make_rule(
      "matmul", fitting, [](const List& in, At) { return in[0].matmul(in[1].to(in[0].dtype())); },
      [](const auto& in, At) {
        auto a = in[0], b = in[1];
        as_matrices(a.shape, b.shape);
        auto out = product(a, b);
        if (in[1].shape.size() == 1) out.shape.erase(out.shape.dim() - 1);
        if (in[0].shape.size() == 1) out.shape.erase(out.shape.dim() - (in[1].shape.size() == 1 ? 1 : 2));
        return out;
      }));
  const auto weighted = [](Maker& m, Step& s) {
    s.in = {m.find([&](int i) { return !m.shape(i).empty(); })};
    if (s.in[0] < 0) return false;
    s.in.push_back(
        m.find([&](int i) { return m.shape(i).size() == 2 && m.shape(i).back() == m.shape(s.in[0]).back(); }));
    if (s.in[1] < 0) return false;
    const int bias = m.find([&](int i) { return m.shape(i) == Shape(m.shape(s.in[1])[0]); });
    if (bias >= 0) s.in.push_back(bias);
    return true;
  };
  r.push_back(make_rule(
      "linear", weighted,
      [](const List& in, At) {
        const DType dtype = in[0].dtype();
        return linear(in[0], in[1].to(dtype), in.size() > 2 ? in[2].to(dtype) : Tensor());
      },
      [](const auto& in, At) {
        auto a = in[0];
        Shape shape = a.shape;
        shape[shape.size() - 1] = in[1].shape[0];
        if (a.shape.size() == 1) a.shape.insert(0, 1);
        auto out = product(a, permuted(in[1], {1, 0}));
        if (in.size() > 2) out = zip(out, in[2], [](const auto& x, const auto& y) { return x + y; });
        out.shape = shape;
        return out;
      }));
  const auto vectors = [](Maker& m, Step& s) {
    const auto vector = [&](int i) { return m.shape(i).size() == 1; };
    s.in = {m.find(vector), m.find(vector)};
    return s.in[0] >= 0 && s.in[1] >= 0;
  };
  r.push_back(make_rule(
      "outer", vectors, [](const List& in, At) { return in[0].outer(in[1]); },
      [](const auto& in, At) {
        auto column = in[0];
        column.shape.push_back(1);
        return zip(column, in[1], [](const auto& x, const auto& y) { return x * y; });
      }));
}

}  // namespace

std::vector<Rule> reduction_rules() {
  std::vector<Rule> rules;
  add_reductions(rules);
  add_scans(rules);
  add_products(rules);
  return rules;
}

}  // namespace descent::testing::fuzz
