// Ops that repeat, roll and flip: strided copies of whole blocks.
#include "repeat.h"

#include <algorithm>

#include "../../kernels/index.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {

OpList split_ops();

namespace {

/// out[r·n + i] = a[i] along each dim, of size n.
struct Repeat {
  static constexpr const char* name = "repeat";
  Shape sizes;

  /// The result's dims with those that repeat cut in two: [repeats, size].
  struct Cut {
    Shape shape, from, to, repeated;
  };
  Cut cut(const Shape& shape, const Shape& strides) const {
    Cut c;
    const std::size_t fresh = sizes.size() - shape.size();
    Shape whole = sizes;
    for (std::size_t i = fresh; i < sizes.size(); ++i) whole[i] *= shape[i - fresh];
    const Shape steps = contiguous_strides(whole);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::int64_t n = i < fresh ? 1 : shape[i - fresh];
      if (sizes[i] != 1) {
        c.repeated.push_back(c.shape.dim());
        c.shape.push_back(sizes[i]);
        c.from.push_back(0);
        c.to.push_back(n * steps[i]);
      }
      if (n == 1 && sizes[i] != 1) continue;
      c.shape.push_back(n);
      c.from.push_back(i < fresh ? 0 : strides[i - fresh]);
      c.to.push_back(steps[i]);
    }
    return c;
  }
  Tensor forward(const Tensor& a) const {
    Shape shape = sizes;
    for (std::size_t i = 0; i < a.shape().size(); ++i) shape[sizes.size() - a.shape().size() + i] *= a.shape()[i];
    Tensor out = make_tensor(shape, a.dtype());
    const Cut c = cut(a.shape(), a.strides());
    kernels::copy(view_of(make_view(out, c.shape, c.to)), view_of(make_view(a, c.shape, c.from)));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    const Cut c = cut(s.shape(0), s.shape(0));
    if (c.repeated.empty()) return g.reshape(s.shape(0));
    return g.reshape(c.shape).sum(c.repeated).reshape(s.shape(0));
  }
};

/// out[i·repeats + r] = a[i] along dim.
struct RepeatInterleave {
  static constexpr const char* name = "repeat_interleave";
  int dim;
  std::int64_t repeats;

  Shape blocks(const Shape& shape) const {  // outer, n, repeats, inner
    Shape b = {1, shape[static_cast<std::size_t>(dim)], repeats, 1};
    for (int i = 0; i < shape.dim(); ++i) {
      if (i != dim) b[i < dim ? 0 : 3] *= shape[static_cast<std::size_t>(i)];
    }
    return b;
  }
  Tensor forward(const Tensor& a) const {
    Shape shape = a.shape();
    shape[static_cast<std::size_t>(dim)] *= repeats;
    Tensor out = make_tensor(shape, a.dtype());
    const Tensor in = a.contiguous();
    const Shape b = blocks(a.shape());
    kernels::copy(view_of(make_view(out, b, contiguous_strides(b))),
                  view_of(make_view(in, b, {b[1] * b[3], b[3], 0, 1})));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    return g.reshape(blocks(s.shape(0))).sum({2}).reshape(s.shape(0));
  }
};

/// out[(i + shift) mod n] = a[i] along each dim; 0 <= shift < n.
struct Roll {
  static constexpr const char* name = "roll";
  Shape shifts;  // one for each dim
  Tensor forward(const Tensor& a) const {
    Tensor out = make_tensor(a.shape(), a.dtype());
    const int dim = shifts.dim();
    std::uint32_t rolled = 0;
    for (int d = 0; d < dim; ++d) rolled |= shifts[static_cast<std::size_t>(d)] != 0 ? std::uint32_t{1} << d : 0;
    // Each rolled dim falls into two runs; `second` says which dims are in theirs. All subsets of `rolled` in turn.
    std::uint32_t second = 0;
    do {
      Shape shape = a.shape();
      std::int64_t from = 0, to = 0;
      for (int d = 0; d < dim; ++d) {
        const auto i = static_cast<std::size_t>(d);
        if (!(rolled >> d & 1)) continue;
        const std::int64_t kept = a.shape()[i] - shifts[i];
        if (second >> d & 1) {
          shape[i] = shifts[i];
          from += kept * a.strides()[i];
        } else {
          shape[i] = kept;
          to += shifts[i] * out.strides()[i];
        }
      }
      kernels::copy(view_of(make_view(out, shape, out.strides(), to)), view_of(make_view(a, shape, a.strides(), from)));
      second = (second - rolled) & rolled;
    } while (second != 0);
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    Shape back = shifts;
    for (std::size_t i = 0; i < back.size(); ++i) back[i] = back[i] == 0 ? 0 : s.shape(0)[i] - back[i];
    return apply(Roll{back}, g);
  }
};

struct Flip {  // reverses the dims whose bit is set
  static constexpr const char* name = "flip";
  std::uint32_t dims;
  Tensor forward(const Tensor& a) const {
    Tensor out = make_tensor(a.shape(), a.dtype());
    Shape strides = a.strides();
    std::int64_t last = 0;
    for (std::size_t i = 0; i < strides.size(); ++i) {
      if (!(dims >> i & 1)) continue;
      last += (a.shape()[i] - 1) * strides[i];
      strides[i] = -strides[i];
    }
    kernels::copy(view_of(out), view_of(make_view(a, a.shape(), strides, last)));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const { return apply(Flip{dims}, g); }
};

Tensor flipped(const char* op, const Tensor& a, const Shape& dims) {
  a.checked(op);
  std::uint32_t bits = 0;
  for (const std::int64_t dim : dims) {
    const std::uint32_t bit = std::uint32_t{1} << wrap_dim(dim, a.dim(), op);
    if (bits & bit) fail<ShapeError>(op, "a dim comes twice in {}", dims);
    bits |= bit;
  }
  return apply(Flip{a.dim() == 0 ? 0 : bits}, a);
}

std::int64_t product(const char* op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) fail<ShapeError>(op, "the size {} x {} overflows", a, b);
  return result;
}

Tensor repeated(const char* op, const Tensor& a, const Shape& sizes) {
  const Shape& shape = a.shape();
  if (sizes.size() < shape.size()) {
    fail<ShapeError>(op, "needs at least one size for each dim of shape {}, got {}", shape, sizes);
  }
  Shape whole = sizes;
  int pieces = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 0) fail<ShapeError>(op, "sizes must not be negative, got {}", sizes);
    const std::size_t fresh = sizes.size() - shape.size();
    if (i >= fresh) whole[i] = product(op, whole[i], shape[i - fresh]);
    pieces += sizes[i] == 1 || i < fresh || shape[i - fresh] == 1 ? 1 : 2;
  }
  whole.numel();
  if (pieces <= Shape::kMaxDims) return apply(Repeat{sizes}, a);
  Shape front = sizes, back = sizes;  // cutting all dims in two would make too many: in two passes
  for (std::size_t i = 0; i < sizes.size(); ++i) (i < sizes.size() / 2 ? back : front)[i] = 1;
  return apply(Repeat{front}, apply(Repeat{back}, a));
}

}  // namespace

OpList repeat_ops() {
  OpList all = list_of<Repeat, RepeatInterleave, Roll, Flip>();
  for (const OpInfo* op : split_ops()) all.push_back(op);
  return all;
}

}  // namespace autograd

using namespace autograd;

Tensor repeat(const Tensor& a, const Shape& sizes) {
  a.checked("repeat");
  return repeated("repeat", a, sizes);
}

Tensor tile(const Tensor& a, const Shape& sizes) {
  a.checked("tile");
  Shape full = sizes;
  while (full.dim() < a.dim()) full.insert(0, 1);
  return repeated("tile", a, full);
}

Tensor repeat_interleave(const Tensor& a, std::int64_t repeats, std::optional<std::int64_t> dim) {
  constexpr const char* op = "repeat_interleave";
  a.checked(op);
  if (repeats < 0) throw std::invalid_argument(fmt::format("{}: repeats must not be negative, got {}", op, repeats));
  const int d = wrap_dim(dim.value_or(0), dim ? a.dim() : 1, op);
  const Tensor in = dim && a.dim() > 0 ? a : a.reshape({a.numel()});
  Shape whole = in.shape();
  whole[static_cast<std::size_t>(d)] = product(op, whole[static_cast<std::size_t>(d)], repeats);
  whole.numel();
  return apply(RepeatInterleave{d, repeats}, in);
}

Tensor repeat_interleave(const Tensor& a, const Tensor& repeats, std::optional<std::int64_t> dim) {
  constexpr const char* op = "repeat_interleave";
  a.checked(op);
  if (repeats.checked(op).dtype != int64) fail<DTypeError>(op, "repeats must be int64, got {}", repeats.dtype());
  const int d = wrap_dim(dim.value_or(0), dim ? a.dim() : 1, op);
  const Tensor in = dim && a.dim() > 0 ? a : a.reshape({a.numel()});
  const std::int64_t n = in.shape()[static_cast<std::size_t>(d)];
  if (repeats.dim() > 1 || (repeats.numel() != n && repeats.numel() != 1)) {
    fail<ShapeError>(op, "repeats must have shape [{}] or one element, got {}", n, repeats.shape());
  }
  const std::vector<std::int64_t> counts = repeats.to_vector<std::int64_t>();
  std::int64_t total = 0;
  for (const std::int64_t count : counts) {
    if (count < 0) throw std::invalid_argument(fmt::format("{}: repeats must not be negative, got {}", op, count));
    if (__builtin_add_overflow(total, count, &total)) fail<ShapeError>(op, "the size overflows");
  }
  if (counts.size() == 1) return repeat_interleave(in, counts[0], d);
  Shape whole = in.shape();
  whole[static_cast<std::size_t>(d)] = total;
  whole.numel();
  std::vector<std::int64_t> index;
  index.reserve(static_cast<std::size_t>(total));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    index.insert(index.end(), static_cast<std::size_t>(counts[i]), static_cast<std::int64_t>(i));
  }
  return index_select(in, d, from_vector(index));
}

Tensor roll(const Tensor& a, const Shape& shifts, const Shape& dims) {
  a.checked("roll");
  if (dims.empty()) {
    if (shifts.size() != 1) fail<ShapeError>("roll", "needs a single shift without dims, got {}", shifts);
    return roll(a.reshape({a.numel()}), shifts, {0}).reshape(a.shape());
  }
  if (shifts.size() != dims.size()) {
    fail<ShapeError>("roll", "needs one shift for each dim, got shifts {} and dims {}", shifts, dims);
  }
  if (a.dim() == 0) fail<IndexError>("roll", "a 0-dim tensor has no dim to roll along");
  Shape all = a.shape();
  std::fill(all.begin(), all.end(), 0);
  for (std::size_t k = 0; k < dims.size(); ++k) {
    const auto d = static_cast<std::size_t>(wrap_dim(dims[k], a.dim(), "roll"));
    const std::int64_t n = std::max<std::int64_t>(a.shape()[d], 1);
    all[d] = ((shifts[k] % n + n) % n + all[d]) % n;
  }
  return apply(Roll{all}, a);
}

Tensor flip(const Tensor& a, const Shape& dims) { return flipped("flip", a, dims); }

Tensor fliplr(const Tensor& a) {
  a.checked("fliplr");
  if (a.dim() < 2) fail<ShapeError>("fliplr", "needs at least 2 dims, got shape {}", a.shape());
  return flipped("fliplr", a, {1});
}

Tensor flipud(const Tensor& a) {
  a.checked("flipud");
  if (a.dim() < 1) fail<ShapeError>("flipud", "needs at least 1 dim, got shape {}", a.shape());
  return flipped("flipud", a, {0});
}

Tensor rot90(const Tensor& a, std::int64_t k, const Shape& dims) {
  a.checked("rot90");
  if (dims.size() != 2 || a.dim() < 2) {
    fail<ShapeError>("rot90", "needs 2 dims of at least 2, got dims {} of shape {}", dims, a.shape());
  }
  const int from = wrap_dim(dims[0], a.dim(), "rot90"), to = wrap_dim(dims[1], a.dim(), "rot90");
  if (from == to) fail<ShapeError>("rot90", "the dims must differ, got {}", dims);
  switch ((k % 4 + 4) % 4) {
    case 1:
      return flipped("rot90", a, {to}).transpose(from, to);
    case 2:
      return flipped("rot90", a, {from, to});
    case 3:
      return flipped("rot90", a, {from}).transpose(from, to);
    default:
      return a.clone();
  }
}

Tensor one_hot(const Tensor& index, std::int64_t num_classes) {
  constexpr const char* op = "one_hot";
  if (index.checked(op).dtype != int64) fail<DTypeError>(op, "classes must be int64, got {}", index.dtype());
  const std::vector<std::int64_t> classes = index.to_vector<std::int64_t>();
  if (num_classes < 1 && num_classes != -1) {
    throw std::invalid_argument(fmt::format("{}: num_classes must be at least 1, or -1, got {}", op, num_classes));
  }
  const auto largest = std::max_element(classes.begin(), classes.end());
  if (num_classes == -1) {
    if (classes.empty()) fail<ShapeError>(op, "num_classes cannot be found from shape {}", index.shape());
    if (__builtin_add_overflow(*largest, 1, &num_classes)) fail<ShapeError>(op, "class {} is too large", *largest);
  }
  const std::int64_t bad = kernels::first_outside(view_of(index), 0, num_classes);
  if (bad >= 0) {
    fail<IndexError>(op, "class {} at position {} is out of range for {} classes",
                     classes[static_cast<std::size_t>(bad)], bad, std::max<std::int64_t>(num_classes, 0));
  }
  Shape shape = index.shape();
  shape.push_back(num_classes);
  shape.numel(op);
  Tensor out = zeros(shape, {.dtype = int64});
  auto* row = data_of<std::int64_t>(out);
  for (std::size_t i = 0; i < classes.size(); ++i, row += num_classes) row[classes[i]] = 1;
  return out;
}

Tensor TensorMethods::repeat(const Shape& sizes) const { return descent::repeat(self(), sizes); }
Tensor TensorMethods::tile(const Shape& sizes) const { return descent::tile(self(), sizes); }
Tensor TensorMethods::repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim) const {
  return descent::repeat_interleave(self(), repeats, dim);
}
Tensor TensorMethods::repeat_interleave(const Tensor& repeats, std::optional<std::int64_t> dim) const {
  return descent::repeat_interleave(self(), repeats, dim);
}
Tensor TensorMethods::roll(const Shape& shifts, const Shape& dims) const { return descent::roll(self(), shifts, dims); }
Tensor TensorMethods::flip(const Shape& dims) const { return descent::flip(self(), dims); }

}  // namespace descent
