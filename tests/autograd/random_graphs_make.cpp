// The generator of the random graphs.
#include <sstream>

#include "random_graphs.h"

namespace descent::testing::fuzz {
namespace {

constexpr std::size_t kMaxElements = 48;
constexpr int kMaxDims = 4;
// What keeps programs well conditioned: values, and how far they move when the leaves move by 1.
constexpr double kMaxValue = 20, kMaxBound = 40;
// The finite differences move leaves by 2e-4 at most; kinks are farther than the first order of that.
constexpr double kMargin = 0.01, kReach = 4e-4;

Shape random_shape(Draw& draw) {
  Shape shape;
  for (int d = draw.between(0, 3); d > 0; --d) shape.push_back(draw.one_in(40) ? 0 : draw.between(1, 3));
  return shape;
}

/// Something that broadcasts with `base`, most often.
Shape related_shape(Draw& draw, const Shape& base) {
  if (draw.one_in(6)) return random_shape(draw);
  Shape shape = base;
  while (!shape.empty() && draw.one_in(4)) shape.erase(0);
  for (std::int64_t& size : shape) {
    if (draw.one_in(5)) size = 1;
  }
  return shape;
}

std::vector<double> random_values(Draw& draw, std::size_t n, double radius) {
  std::vector<double> values(n);
  for (double& v : values) v = draw.real(-radius, radius);
  return values;
}

bool within_limits(const Array<Bound>& a) {
  if (a.data.size() > kMaxElements || a.shape.dim() > kMaxDims) return false;
  return std::all_of(a.data.begin(), a.data.end(),
                     [](const Bound& x) { return std::abs(x.v) <= kMaxValue && x.d <= kMaxBound; });  // no NaN
}

bool apart(const Bound& x, const Bound& y) { return std::abs(x.v - y.v) > kMargin + kReach * (x.d + y.d); }

}  // namespace

bool clear_of(const Array<Bound>& a, double kink) {
  return std::all_of(a.data.begin(), a.data.end(), [&](const Bound& x) { return apart(x, Bound(kink)); });
}

bool all_apart(const Array<Bound>& a) {
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!apart(a.data[i], a.data[j])) return false;
    }
  }
  return true;
}

bool apart(const Array<Bound>& a, const Array<Bound>& b) {
  const Array<Bound> near = zip(a, b, [](const Bound& x, const Bound& y) { return Bound(apart(x, y) ? 0 : 1); });
  return std::all_of(near.data.begin(), near.data.end(), [](const Bound& x) { return x.v == 0; });
}

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules = [] {
    std::vector<Rule> all;
    for (const auto& family : {pointwise_rules(), reduction_rules(), view_rules(), index_rules(), in_place_rules()}) {
      all.insert(all.end(), family.begin(), family.end());
    }
    return all;
  }();
  return rules;
}

Maker::Maker(std::uint64_t seed) : draw(seed) {
  program.seed = seed;
  program.mixed = draw.one_in(10);
  program.reckless = draw.one_in(8);
  program.checks = draw.bits();
  const Shape base = random_shape(draw);
  const int count = draw.between(1, 4), sure = draw.between(0, count - 1);
  for (int k = 0; k < count; ++k) {
    Leaf leaf{k == 0 ? base : related_shape(draw, base)};
    const std::size_t n = count_of(leaf.shape);
    leaf.values = random_values(draw, n, 1.5);
    leaf.direction = random_values(draw, n, 1);
    leaf.direction2 = random_values(draw, n, 1);
    leaf.dtype = program.mixed && draw.one_in(2) ? float32 : float64;
    if (leaf.dtype == float32) {
      for (double& v : leaf.values) v = static_cast<float>(v);
    }
    leaf.requires_grad = k == sure || !draw.one_in(6);
    Register made{{leaf.shape}, leaf.requires_grad, true};
    for (const double v : leaf.values) made.a.data.emplace_back(v, leaf.requires_grad ? 1.0 : 0.0);
    registers.push_back(std::move(made));
    program.leaves.push_back(std::move(leaf));
  }
}

int Maker::any() {
  const int n = static_cast<int>(registers.size());
  return draw.one_in(2) ? n - draw.between(1, std::min(3, n)) : draw.between(0, n - 1);
}

int Maker::find(const std::function<bool(int)>& suits) {
  for (int attempt = 0; attempt < 5; ++attempt) {
    const int i = any();
    if (suits(i)) return i;
  }
  return -1;
}

bool Maker::pick_dim(Step& step, bool nonempty, int dims) {
  const int x = find([&](int i) {
    if (shape(i).dim() < dims) return false;
    step.dim = shape(i).empty() ? 0 : draw.between(0, shape(i).dim() - 1);
    return !nonempty || (!shape(i).empty() && shape(i)[static_cast<std::size_t>(step.dim)] > 0);
  });
  step.in = {x};
  return x >= 0;
}

int Maker::inside(int i, double lo, double hi) {
  if (i < 0 ||
      std::all_of(array(i).data.begin(), array(i).data.end(), [&](const Bound& x) { return lo <= x.v && x.v <= hi; })) {
    return i;
  }
  Step squash{&all_rules()[0], {i}};
  squash.real = lo, squash.real2 = hi;
  return add(squash) ? static_cast<int>(registers.size()) - 1 : -1;
}

int Maker::partner(int i) {
  Shape both;
  return find([&](int j) { return broadcasts(shape(i), shape(j), both) && count_of(both) <= kMaxElements; });
}

bool Maker::add(const Step& step) {
  const Traits& traits = step.rule->traits;
  Arrays<Bound> in;
  bool requires_grad = false;
  for (const int i : step.in) {
    const bool used = static_cast<int>(in.size()) != traits.unused;
    requires_grad = requires_grad || (used && registers[static_cast<std::size_t>(i)].requires_grad);
    in.push_back(array(i));
  }
  requires_grad = requires_grad && !step.no_grad && !traits.constant;
  Arrays<Bound> out = step.rule->bound(in, step);
  for (Array<Bound>& a : out) {
    if (!within_limits(a)) return false;
    if (!requires_grad) a = constant(a);
  }
  for (const int i : step.in) {
    Register& r = registers[static_cast<std::size_t>(i)];
    r.saved = r.saved || traits.saves_input;
    r.aliased = r.aliased || traits.view;
  }
  if (traits.in_place) {
    Register& r = registers[static_cast<std::size_t>(step.in[0])];
    r = {std::move(out[0]), requires_grad, false, false, traits.saves_output};
  } else {
    for (Array<Bound>& a : out)
      registers.push_back({std::move(a), requires_grad, false, traits.view, traits.saves_output});
  }
  program.steps.push_back(step);
  return true;
}

Program Maker::make() {
  const std::vector<Rule>& rules = all_rules();
  const auto wanted = static_cast<std::size_t>(draw.between(4, 22));
  for (int attempt = 0; attempt < 200 && program.steps.size() < wanted; ++attempt) {
    Step step{&rules[draw.bits() % rules.size()]};
    step.no_grad = !step.rule->traits.in_place && draw.one_in(30);
    if (step.rule->plan(*this, step)) add(step);
  }
  // The loss: the last register that requires grad (there is a leaf, at least), and some others.
  std::vector<int> with_grad;
  for (std::size_t i = registers.size(); i-- > 0;) {
    if (registers[i].requires_grad) with_grad.push_back(static_cast<int>(i));
  }
  for (std::size_t k = 0; k < 3 && k < with_grad.size(); ++k) {
    const int of = k == 0 ? with_grad[0] : with_grad[draw.bits() % with_grad.size()];
    program.outputs.push_back({of, random_values(draw, array(of).data.size(), 1)});
    if (draw.one_in(2)) break;
  }
  for (const Register& r : registers) program.requires_grad.push_back(r.requires_grad);
  return program;
}

Program make_program(std::uint64_t seed) { return Maker(seed).make(); }

std::string Program::str() const {
  std::ostringstream out;
  out << "seed " << seed << (mixed ? ", mixed dtypes" : "") << (reckless ? ", reckless" : "") << '\n';
  std::size_t next = 0;
  for (const Leaf& leaf : leaves) {
    out << "  %" << next++ << " = leaf " << name_of(leaf.dtype) << ' ' << leaf.shape
        << (leaf.requires_grad ? "" : ", no grad") << '\n';
  }
  for (const Step& s : steps) {
    out << "  " << s.rule->name << '(';
    for (std::size_t k = 0; k < s.in.size(); ++k) out << (k ? ", %" : "%") << s.in[k];
    out << ") dim " << s.dim << " flag " << s.flag << " dims " << s.dims << " real " << s.real << ' ' << s.real2;
    if (!s.index.empty()) {
      out << " index " << s.index_shape << " of";
      for (const std::int64_t i : s.index) out << ' ' << i;
    }
    out << (s.no_grad ? " under NoGradGuard" : "") << '\n';
  }
  out << "  loss of";
  for (const Output& output : outputs) out << " %" << output.of;
  return out.str();
}

}  // namespace descent::testing::fuzz
