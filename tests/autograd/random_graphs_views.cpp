// Rules of the random graphs: views, joins, what follows indices and masks, detach and changes of dtype.
#include "random_graphs.h"

namespace descent::testing::fuzz {
namespace {

using Plan = std::function<bool(Maker&, Step&)>;
using At = const Step&;
constexpr Traits kView = {.saves_input = false, .saves_output = false, .view = true};
constexpr Traits kCopy = {.saves_input = false, .saves_output = false};

Plan with_dims(int dims, std::function<void(Maker&, Step&)> choose = {}) {
  return [=](Maker& m, Step& s) {
    if (!m.pick_dim(s, false, dims)) return false;
    if (choose) choose(m, s);
    return true;
  };
}
Plan with_nonempty_dim(std::function<void(Maker&, Step&)> choose = {}) {
  return [=](Maker& m, Step& s) {
    if (!m.pick_dim(s, true)) return false;
    if (choose) choose(m, s);
    return true;
  };
}

std::int64_t size_of_dim(Maker& m, const Step& s) { return m.shape(s.in[0])[static_cast<std::size_t>(s.dim)]; }

std::vector<std::int64_t> range(std::int64_t start, std::int64_t end, std::int64_t step = 1) {
  std::vector<std::int64_t> out;
  for (; start < end; start += step) out.push_back(start);
  return out;
}

Shape shuffled_dims(Maker& m, int n) {
  Shape dims;
  for (int d = 0; d < n; ++d) dims.insert(m.draw.between(0, d), d);
  return dims;
}

/// A shape of as many elements.
Shape refactored(Maker& m, const Shape& from) {
  Shape out = from;
  if (out.empty()) return m.draw.one_in(2) ? Shape{1} : Shape{1, 1};
  if (m.draw.one_in(2)) {  // two neighbours joined, or all
    if (out.size() == 1 || m.draw.one_in(3)) return Shape(static_cast<std::int64_t>(count_of(from)));
    const int d = m.draw.between(0, out.dim() - 2);
    out[static_cast<std::size_t>(d)] *= out[static_cast<std::size_t>(d) + 1];
    out.erase(d + 1);
    return out;
  }
  const int d = m.draw.between(0, out.dim() - 1);
  std::int64_t& size = out[static_cast<std::size_t>(d)];
  const std::int64_t factor = size % 2 == 0 ? 2 : size % 3 == 0 ? 3 : 1;
  if (size != 0) size /= factor;
  if (out.size() < 4) out.insert(d + m.draw.between(0, 1), factor);
  return count_of(out) == count_of(from) ? out : from;
}

template <class Tape, class Oracle>
Rule one(const char* name, Plan plan, Tape tape, Oracle oracle, const Traits& traits = kView) {
  return make_rule(
      name, std::move(plan), [tape](const List& in, At s) { return tape(in[0], s); },
      [oracle](const auto& in, At s) { return oracle(in[0], s); }, traits);
}

void add_reshaping(std::vector<Rule>& r) {
  r.push_back(one(
      "transpose", with_dims(1, [](Maker& m, Step& s) { s.real = m.draw.between(0, m.shape(s.in[0]).dim() - 1); }),
      [](const Tensor& x, At s) { return x.transpose(s.dim, std::int64_t(s.real)); },
      [](const auto& x, At s) {
        Shape dims = range(0, x.shape.dim());
        std::swap(dims[static_cast<std::size_t>(s.dim)], dims[static_cast<std::size_t>(s.real)]);
        return permuted(x, dims);
      }));
  r.push_back(one(
      "permute", with_dims(1, [](Maker& m, Step& s) { s.dims = shuffled_dims(m, m.shape(s.in[0]).dim()); }),
      [](const Tensor& x, At s) { return x.permute(s.dims); },
      [](const auto& x, At s) { return permuted(x, s.dims); }));
  r.push_back(one(
      "reshape", with_dims(0, [](Maker& m, Step& s) { s.dims = refactored(m, m.shape(s.in[0])); }),
      [](const Tensor& x, At s) { return x.reshape(s.dims); },
      [](const auto& x, At s) { return reshaped(x, s.dims); }));
  r.push_back(one(
      "flatten", with_dims(0), [](const Tensor& x, At) { return x.flatten(); },
      [](const auto& x, At) { return reshaped(x, Shape(std::int64_t(x.data.size()))); }));
  r.push_back(one(
      "squeeze", with_dims(0), [](const Tensor& x, At) { return x.squeeze(); },
      [](const auto& x, At) {
        Shape shape;
        for (const std::int64_t size : x.shape) {
          if (size != 1) shape.push_back(size);
        }
        return reshaped(x, shape);
      }));
  r.push_back(one(
      "unsqueeze", with_dims(0, [](Maker& m, Step& s) { s.dim = m.draw.between(0, m.shape(s.in[0]).dim()); }),
      [](const Tensor& x, At s) { return x.unsqueeze(s.dim); },
      [](const auto& x, At s) {
        Shape shape = x.shape;
        shape.insert(s.dim, 1);
        return reshaped(x, shape);
      }));
  r.push_back(one(
      "expand",
      with_dims(0,
                [](Maker& m, Step& s) {
                  s.dims = m.shape(s.in[0]);
                  for (std::int64_t& size : s.dims) size = size == 1 ? m.draw.between(1, 3) : size;
                  if (m.draw.one_in(2)) s.dims.insert(0, m.draw.between(1, 2));
                }),
      [](const Tensor& x, At s) { return x.expand(s.dims); },
      [](const auto& x, At s) {
        auto out = x;
        out.shape = s.dims;
        out.data.clear();
        each_index(s.dims, [&](const Shape& i) { out.data.push_back(at(x, i)); });
        return out;
      }));
}

void add_slices(std::vector<Rule>& r) {
  r.push_back(one(
      "slice",
      with_dims(1,
                [](Maker& m, Step& s) {
                  const int n = static_cast<int>(size_of_dim(m, s));
                  const int start = m.draw.between(0, std::max(0, n - 1)), end = m.draw.between(start, n);
                  s.dims = {start, m.draw.one_in(4) ? end : n, m.draw.between(1, 2)};
                }),
      [](const Tensor& x, At s) { return x.slice(s.dim, s.dims[0], s.dims[1], s.dims[2]); },
      [](const auto& x, At s) { return picked(x, s.dim, range(s.dims[0], s.dims[1], s.dims[2])); }));
  r.push_back(one(
      "select", with_nonempty_dim([](Maker& m, Step& s) { s.real = m.draw.between(0, int(size_of_dim(m, s)) - 1); }),
      [](const Tensor& x, At s) { return x.select(s.dim, std::int64_t(s.real)); },
      [](const auto& x, At s) {
        auto out = picked(x, s.dim, {std::int64_t(s.real)});
        out.shape.erase(s.dim);
        return out;
      }));
  r.push_back(one(
      "flip", with_dims(1), [](const Tensor& x, At s) { return x.flip(Shape(s.dim)); },
      [](const auto& x, At s) {
        return along(x, s.dim, [](auto line) {
          std::reverse(line.begin(), line.end());
          return line;
        });
      },
      kCopy));
  r.push_back(one(
      "roll", with_nonempty_dim(), [](const Tensor& x, At s) { return x.roll(Shape(1), Shape(s.dim)); },
      [](const auto& x, At s) {
        return along(x, s.dim, [](auto line) {
          std::rotate(line.begin(), line.end() - 1, line.end());
          return line;
        });
      },
      kCopy));
  r.push_back(one(
      "diagonal", with_dims(2), [](const Tensor& x, At) { return x.diagonal(0, 0, 1); },
      [](const auto& x, At) {
        auto out = x;
        out.data.clear();
        out.shape = Shape(x.shape.data() + 2, x.shape.size() - 2);
        out.shape.push_back(std::min(x.shape[0], x.shape[1]));
        each_index(out.shape, [&](const Shape& i) {
          Shape source{i.back(), i.back()};
          for (std::size_t d = 0; d + 1 < i.size(); ++d) source.push_back(i[d]);
          out.data.push_back(at(x, source));
        });
        return out;
      }));
  r.push_back(one(
      "tril", with_dims(2), [](const Tensor& x, At) { return x.tril(); },
      [](const auto& x, At) {
        auto out = x;
        each_index(x.shape, [&](const Shape& i) {
          if (i.back() > i[i.size() - 2]) out.data[position(x.shape, i)] = 0.0;
        });
        return out;
      },
      kCopy));
  r.push_back(one(
      "repeat_interleave", with_dims(1), [](const Tensor& x, At s) { return x.repeat_interleave(2, s.dim); },
      [](const auto& x, At s) {
        return along(x, s.dim, [](const auto& line) {
          std::decay_t<decltype(line)> out;
          for (const auto& v : line) out.insert(out.end(), 2, v);
          return out;
        });
      },
      kCopy));
  r.push_back(one(
      "repeat", with_dims(1),
      [](const Tensor& x, At s) {
        Shape sizes = x.shape();
        for (std::int64_t& size : sizes) size = 1;
        sizes[static_cast<std::size_t>(s.dim)] = 2;
        return x.repeat(sizes);
      },
      [](const auto& x, At s) { return joined(std::vector(2, x), s.dim); }, kCopy));
  r.push_back(one(
      "pad", with_dims(1),
      [](const Tensor& x, At s) {
        return pad(x, {1, 2}, {.value = s.real});
      },
      [](const auto& x, At s) {
        return along(x, x.shape.dim() - 1, [&](auto line) {
          line.insert(line.begin(), s.real);
          line.insert(line.end(), 2, s.real);
          return line;
        });
      },
      kCopy));
  r.push_back(one(
      "split", with_nonempty_dim(), [](const Tensor& x, At s) { return x.split(2, s.dim); },
      [](const auto& x, At s) {
        std::vector<std::decay_t<decltype(x)>> out;
        const std::int64_t n = x.shape[static_cast<std::size_t>(s.dim)];
        for (std::int64_t k = 0; k < n; k += 2) out.push_back(picked(x, s.dim, range(k, std::min(k + 2, n))));
        return out;
      }));
  r.push_back(one(
      "unbind", with_nonempty_dim(), [](const Tensor& x, At s) { return x.unbind(s.dim); },
      [](const auto& x, At s) {
        std::vector<std::decay_t<decltype(x)>> out;
        for (std::int64_t k = 0; k < x.shape[static_cast<std::size_t>(s.dim)]; ++k) {
          out.push_back(picked(x, s.dim, {k}));
          out.back().shape.erase(s.dim);
        }
        return out;
      }));
}

void add_joins(std::vector<Rule>& r) {
  r.push_back(make_rule(
      "cat",
      [](Maker& m, Step& s) {
        if (!m.pick_dim(s)) return false;
        for (int k = m.draw.between(1, 2); k > 0; --k) {
          const int other = m.find([&](int i) {
            Shape a = m.shape(s.in[0]), b = m.shape(i);
            if (a.size() != b.size()) return false;
            a[static_cast<std::size_t>(s.dim)] = b[static_cast<std::size_t>(s.dim)];
            return a == b;
          });
          if (other >= 0) s.in.push_back(other);
        }
        return true;
      },
      [](const List& in, At s) { return cat(in, s.dim); }, [](const auto& in, At s) { return joined(in, s.dim); },
      kCopy));
  r.push_back(make_rule(
      "stack",
      [](Maker& m, Step& s) {
        s.in = {m.any()};
        s.dim = m.draw.between(0, m.shape(s.in[0]).dim());
        s.in.push_back(m.find([&](int i) { return m.shape(i) == m.shape(s.in[0]); }));
        return s.in[1] >= 0;
      },
      [](const List& in, At s) { return stack(in, s.dim); },
      [](const auto& in, At s) {
        auto parts = in;
        for (auto& part : parts) part.shape.insert(s.dim, 1);
        return joined(parts, s.dim);
      },
      kCopy));
}

}  // namespace

std::vector<Rule> view_rules() {
  std::vector<Rule> rules;
  add_reshaping(rules);
  add_slices(rules);
  add_joins(rules);
  // Off the tape, and the other precision.
  rules.push_back(one(
      "detach", with_dims(0), [](const Tensor& x, At) { return x.detach(); },
      [](const auto& x, At) { return constant(x); }, {false, false, true, false, true}));
  rules.push_back(one(
      "to",
      [](Maker& m, Step& s) {
        s.in = {m.any()};
        s.flag = m.draw.one_in(2);
        s.no_grad = false;  // of that dtype already it is the tensor itself
        return m.program.mixed;
      },
      [](const Tensor& x, At s) { return x.to(s.flag ? float32 : float64); }, [](const auto& x, At) { return x; }));
  rules.push_back(one(
      "clone", with_dims(0), [](const Tensor& x, At) { return x.clone(); }, [](const auto& x, At) { return x; },
      kCopy));
  return rules;
}

}  // namespace descent::testing::fuzz
