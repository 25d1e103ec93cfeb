// Rules of the random graphs: what follows int64 indices and boolean masks.
#include "random_graphs.h"

namespace descent::testing::fuzz {
namespace {

using At = const Step&;

std::size_t at_dim(const Step& s) { return static_cast<std::size_t>(s.dim); }

/// An int64 tensor of this shape with entries below `below`.
void draw_index(Maker& m, Step& s, const Shape& shape, std::int64_t below) {
  s.index_shape = shape;
  s.index.clear();
  for (std::size_t k = count_of(shape); k > 0; --k) s.index.push_back(m.draw.between(0, static_cast<int>(below) - 1));
}
void draw_mask(Maker& m, Step& s, const Shape& shape) { draw_index(m, s, shape, 2); }

/// A vector of positions along the dim.
bool plan_positions(Maker& m, Step& s) {
  if (!m.pick_dim(s, true)) return false;
  draw_index(m, s, Shape(m.draw.between(1, 3)), m.shape(s.in[0])[at_dim(s)]);
  return true;
}
/// A source for every position along the dim.
bool plan_source(Maker& m, Step& s) {
  if (!m.pick_dim(s, true)) return false;
  const Shape shape = m.shape(s.in[0]);
  const int source = m.find([&](int i) {
    Shape a = shape, b = m.shape(i);
    if (a.size() != b.size()) return false;
    a[at_dim(s)] = b[at_dim(s)];
    return a == b;
  });
  if (source < 0) return false;
  s.in.push_back(source);
  draw_index(m, s, Shape(m.shape(source)[at_dim(s)]), shape[at_dim(s)]);
  return true;
}
/// An index of the tensor's dims, of another size along one.
bool plan_gather(Maker& m, Step& s) {
  if (!m.pick_dim(s, true)) return false;
  Shape shape = m.shape(s.in[0]);
  const std::int64_t below = shape[at_dim(s)];
  shape[at_dim(s)] = m.draw.between(1, 3);
  draw_index(m, s, shape, below);
  return true;
}
bool plan_mask(Maker& m, Step& s) {
  s.in = {m.any()};
  s.real = m.draw.real(-1, 1);
  draw_mask(m, s, m.shape(s.in[0]));
  return true;
}

/// The positions that an index array holds, as those of an array.
Shape moved(const Step& s, const Shape& index) {
  Shape source = index;
  source[at_dim(s)] = s.index[position(s.index_shape, index)];
  return source;
}

}  // namespace

std::vector<Rule> index_rules() {
  std::vector<Rule> r;
  r.push_back(make_rule(
      "index_select", plan_positions, [](const List& in, At s) { return in[0].index_select(s.dim, s.index_tensor()); },
      [](const auto& in, At s) { return picked(in[0], s.dim, s.index); }));
  r.push_back(make_rule(
      "gather", plan_gather, [](const List& in, At s) { return in[0].gather(s.dim, s.index_tensor()); },
      [](const auto& in, At s) {
        auto out = in[0];
        out.shape = s.index_shape;
        out.data.clear();
        each_index(out.shape, [&](const Shape& i) { out.data.push_back(at(in[0], moved(s, i))); });
        return out;
      }));
  // The positions come from values on the tape.
  r.push_back(make_rule(
      "gather_argsort",
      [](Maker& m, Step& s) {
        if (!m.pick_dim(s, true) || !all_apart(m.array(s.in[0]))) return false;
        s.in.push_back(m.find([&](int i) { return m.shape(i) == m.shape(s.in[0]); }));
        return s.in[1] >= 0;
      },
      [](const List& in, At s) { return in[1].gather(s.dim, in[0].argsort(s.dim)) + in[0] * 0.0; },
      [](const auto& in, At s) {
        auto order = in[0];
        order = along(order, s.dim, [](const auto& line) {
          auto out = line;
          const std::vector<std::int64_t> places = order_of(line);
          for (std::size_t k = 0; k < line.size(); ++k) out[k] = static_cast<double>(places[k]);
          return out;
        });
        auto out = in[1];
        each_index(out.shape, [&](const Shape& i) {
          Shape source = i;
          source[at_dim(s)] = static_cast<std::int64_t>(value_of(at(order, i)));
          out.data[position(out.shape, i)] = at(in[1], source);
        });
        return out;
      }));
  r.push_back(make_rule(
      "index_add", plan_source,
      [](const List& in, At s) { return in[0].index_add(s.dim, s.index_tensor(), in[1].to(in[0].dtype())); },
      [](const auto& in, At s) {
        auto out = in[0];
        each_index(in[1].shape, [&](const Shape& i) {
          Shape target = i;
          target[at_dim(s)] = s.index[static_cast<std::size_t>(i[at_dim(s)])];
          auto& x = out.data[position(out.shape, target)];
          x = x + at(in[1], i);
        });
        return out;
      }));
  r.push_back(make_rule(
      "scatter_add",
      [](Maker& m, Step& s) {
        if (!plan_source(m, s)) return false;
        draw_index(m, s, m.shape(s.in[1]), m.shape(s.in[0])[at_dim(s)]);
        return true;
      },
      [](const List& in, At s) { return in[0].scatter_add(s.dim, s.index_tensor(), in[1].to(in[0].dtype())); },
      [](const auto& in, At s) {
        auto out = in[0];
        each_index(in[1].shape, [&](const Shape& i) {
          auto& x = out.data[position(out.shape, moved(s, i))];
          x = x + at(in[1], i);
        });
        return out;
      }));
  r.push_back(make_rule(
      "index_copy",
      [](Maker& m, Step& s) {
        if (!plan_source(m, s)) return false;
        for (std::size_t k = 0; k < s.index.size(); ++k) s.index[k] = static_cast<std::int64_t>(k);  // each once
        return s.index.size() <= static_cast<std::size_t>(m.shape(s.in[0])[at_dim(s)]);
      },
      [](const List& in, At s) { return in[0].index_copy(s.dim, s.index_tensor(), in[1].to(in[0].dtype())); },
      [](const auto& in, At) {
        auto out = in[0];
        each_index(in[1].shape, [&](const Shape& i) { out.data[position(out.shape, i)] = at(in[1], i); });
        return out;
      }));
  r.push_back(make_rule(
      "index",
      [](Maker& m, Step& s) {
        if (!m.pick_dim(s) || m.shape(s.in[0])[0] == 0) return false;
        draw_index(m, s, m.draw.one_in(2) ? Shape{2} : Shape{2, 1}, m.shape(s.in[0])[0]);
        return true;
      },
      [](const List& in, At s) { return in[0].index({s.index_tensor()}); },
      [](const auto& in, At s) {
        auto out = picked(in[0], 0, s.index);
        if (s.index_shape.size() == 2) out.shape.insert(1, 1);
        return out;
      }));
  r.push_back(make_rule(
      "take",
      [](Maker& m, Step& s) {
        s.in = {m.any()};
        const std::size_t n = m.array(s.in[0]).data.size();
        if (n == 0) return false;
        draw_index(m, s, Shape{2, 2}, static_cast<std::int64_t>(n));
        return true;
      },
      [](const List& in, At s) { return in[0].take(s.index_tensor()); },
      [](const auto& in, At s) {
        auto out = in[0];
        out.shape = s.index_shape;
        out.data.clear();
        for (const std::int64_t i : s.index) out.data.push_back(in[0].data[static_cast<std::size_t>(i)]);
        return out;
      }));
  r.push_back(make_rule(
      "masked_fill", plan_mask, [](const List& in, At s) { return in[0].masked_fill(s.mask_tensor(), s.real); },
      [](const auto& in, At s) {
        auto out = in[0];
        for (std::size_t k = 0; k < out.data.size(); ++k) {
          if (s.index[k]) out.data[k] = s.real;
        }
        return out;
      }));
  r.push_back(make_rule(
      "masked_select", plan_mask, [](const List& in, At s) { return in[0].masked_select(s.mask_tensor()); },
      [](const auto& in, At s) {
        auto out = in[0];
        out.data.clear();
        for (std::size_t k = 0; k < s.index.size(); ++k) {
          if (s.index[k]) out.data.push_back(in[0].data[k]);
        }
        out.shape = Shape(static_cast<std::int64_t>(out.data.size()));
        return out;
      }));
  // Integers take part in arithmetic, without a gradient of their own.
  r.push_back(make_rule(
      "times_integers",
      [](Maker& m, Step& s) {
        s.in = {m.any()};
        draw_index(m, s, m.shape(s.in[0]), 4);
        return true;
      },
      [](const List& in, At s) { return in[0] * s.index_tensor(); },
      [](const auto& in, At s) {
        auto out = in[0];
        for (std::size_t k = 0; k < out.data.size(); ++k) out.data[k] = out.data[k] * static_cast<double>(s.index[k]);
        return out;
      }));
  return r;
}

}  // namespace descent::testing::fuzz
