// Padding by a constant, or by the tensor's own elements.
#include "pad.h"

#include "../../kernels/pad.h"
#include "../op_list.h"
#include "elementwise-inl.h"

namespace descent {
namespace autograd {

OpList unfold_ops();

namespace {

/// `before` and `after` of every dim, negative ones crop. The gradient crops what was added.
struct Pad {
  static constexpr const char* name = "pad";
  Shape before, after;
  double value;
  Tensor forward(const Tensor& a) const {
    Shape shape = a.shape(), kept = a.shape();
    bool added = false;
    std::int64_t from = 0, at = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      shape[i] += before[i] + after[i];
      kept[i] += std::min<std::int64_t>(before[i], 0) + std::min<std::int64_t>(after[i], 0);
      added |= shape[i] != kept[i];
    }
    Tensor out = make_tensor(shape, a.dtype());
    for (std::size_t i = 0; i < shape.size(); ++i) {
      from += std::max<std::int64_t>(-before[i], 0) * a.strides()[i];
      at += std::max<std::int64_t>(before[i], 0) * out.strides()[i];
    }
    if (added) kernels::fill(view_of(out), NumberView(value, a.dtype()).element());
    kernels::copy(view_of(make_view(out, kept, out.strides(), at)), view_of(make_view(a, kept, a.strides(), from)));
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& g) const {
    Shape less_before = before, less_after = after;
    for (std::int64_t& n : less_before) n = -n;
    for (std::int64_t& n : less_after) n = -n;
    return apply(Pad{less_before, less_after, 0}, g);
  }
};

enum class Border { Reflect, Replicate, Circular };

/// Where out position i − before of a padded axis of n elements comes from.
std::int64_t source(Border mode, std::int64_t i, std::int64_t n) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case Border::Reflect:
      return i < 0 ? -i : 2 * (n - 1) - i;
    case Border::Replicate:
      return i < 0 ? 0 : n - 1;
    default:
      return i < 0 ? i + n : i - n;
  }
}

/// What both directions share: 1 to 3 last dims that are padded, `in` being the unpadded shape.
struct Borders {
  Border mode;
  Shape before, after;  // of the last dims, first one first

  Shape padded(const Shape& in) const {
    Shape out = in;
    const std::size_t lead = in.size() - before.size();
    for (std::size_t i = 0; i < before.size(); ++i) out[lead + i] += before[i] + after[i];
    return out;
  }
  /// Calls f(planes, axes).
  template <class F>
  void walk(const Shape& in, F&& f) const {
    const std::size_t lead = in.size() - before.size();
    std::int64_t planes = 1;
    for (std::size_t i = 0; i < lead; ++i) planes *= in[i];
    if (planes == 0) return;
    constexpr std::int64_t kNowhere = 0;
    std::vector<std::int64_t> maps[3];
    kernels::PadAxis axes[3];
    for (kernels::PadAxis& axis : axes) axis.map = &kNowhere;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const std::size_t at = 3 - before.size() + i;
      const std::int64_t n = in[lead + i], total = n + before[i] + after[i];
      for (std::int64_t k = 0; k < total; ++k) maps[at].push_back(source(mode, k - before[i], n));
      const std::int64_t first = std::clamp<std::int64_t>(before[i], 0, total);
      axes[at] = {n, total, first, std::clamp<std::int64_t>(before[i] + n, first, total), -before[i], maps[at].data()};
    }
    f(planes, axes);
  }
};

struct PadBorder {
  static constexpr const char* name = "pad_border";
  Borders borders;
  Tensor forward(const Tensor& a) const {
    const Tensor in = a.contiguous();
    Tensor out = make_tensor(borders.padded(a.shape()), a.dtype());
    borders.walk(a.shape(), [&](std::int64_t planes, const kernels::PadAxis(&axes)[3]) {
      kernels::pad_planes(a.dtype(), planes, axes, out.impl()->data, in.impl()->data);
    });
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const;
};

/// Adds the gradients of what came from one element.
struct PadBorderGrad {
  static constexpr const char* name = "pad_border_grad";
  Borders borders;
  Shape shape;
  Tensor forward(const Tensor& g) const {
    const Tensor from = g.contiguous();
    Tensor out = zeros(shape, {.dtype = g.dtype()});
    borders.walk(shape, [&](std::int64_t planes, const kernels::PadAxis(&axes)[3]) {
      kernels::pad_planes_adjoint(g.dtype(), planes, axes, out.impl()->data, from.impl()->data);
    });
    return out;
  }
  Tensor vjp(In<0>, const Saved&, const Tensor& h) const { return apply(PadBorder{borders}, h); }
};

Tensor PadBorder::vjp(In<0>, const Saved& s, const Tensor& g) const {
  return apply(PadBorderGrad{borders, s.shape(0)}, g);
}

/// Throws for a padding that takes away more than there is, or whose size overflows.
void check_sizes(const Shape& shape, const Shape& before, const Shape& after) {
  Shape padded = shape;
  const std::size_t lead = shape.size() - before.size();
  for (std::size_t i = 0; i < before.size(); ++i) {
    const std::int64_t n = shape[lead + i];
    constexpr std::int64_t kMost = std::int64_t{1} << 60;
    if (before[i] > kMost || after[i] > kMost) {
      fail<ShapeError>("pad", "the sizes {} and {} overflow", before[i], after[i]);
    }
    const bool gone = before[i] < -n || after[i] < -n ||
                      n + std::min<std::int64_t>(before[i], 0) + std::min<std::int64_t>(after[i], 0) < 0;
    if (gone) {
      fail<ShapeError>("pad", "{} and {} take away more than there is in dim {} of shape {}", before[i], after[i],
                       lead + i, shape);
    }
    padded[lead + i] += before[i] + after[i];
  }
  padded.numel();
}

Tensor pad_with_borders(const Tensor& a, const std::string& mode, Shape before, Shape after) {
  const Shape& shape = a.shape();
  const Border border = mode == "reflect"     ? Border::Reflect
                        : mode == "replicate" ? Border::Replicate
                                              : Border::Circular;
  const std::size_t dims = before.size(), lead = shape.size() - dims;
  if (dims < 1 || dims > 3 || lead < 1 || lead > 2) {
    fail<ShapeError>("pad", "mode \"{}\" pads the last 1 to 3 dims with one or two in front, got {} of shape {}", mode,
                     dims, shape);
  }
  for (std::size_t i = lead - 1; i < shape.size(); ++i) {
    if (shape[i] == 0) fail<ShapeError>("pad", "mode \"{}\" needs elements to repeat, got shape {}", mode, shape);
  }
  Tensor in = a;
  for (std::size_t i = 0; i < dims && border == Border::Circular; ++i) {  // the ends of what is left are joined
    const std::int64_t start = std::max<std::int64_t>(-before[i], 0), less = std::max<std::int64_t>(-after[i], 0);
    const std::int64_t n = shape[lead + i];
    if (start + less > 0) in = in.slice(static_cast<std::int64_t>(lead + i), start, n - less);
    before[i] = std::max<std::int64_t>(before[i], 0);
    after[i] = std::max<std::int64_t>(after[i], 0);
  }
  for (std::size_t i = 0; i < dims; ++i) {
    const std::int64_t n = in.shape()[lead + i], most = border == Border::Reflect ? n - 1 : n;
    if (border != Border::Replicate && std::max(before[i], after[i]) > most) {
      fail<ShapeError>("pad", "mode \"{}\" adds at most {} elements to dim {} of shape {}, got {} and {}", mode, most,
                       lead + i, shape, before[i], after[i]);
    }
    if (n + before[i] + after[i] < 1) {
      fail<ShapeError>("pad", "{} and {} leave nothing of dim {} of shape {}", before[i], after[i], lead + i, shape);
    }
  }
  return apply(PadBorder{{border, before, after}}, in);
}

}  // namespace

OpList pad_ops() {
  OpList all = list_of<Pad, PadBorder, PadBorderGrad>();
  for (const OpInfo* op : unfold_ops()) all.push_back(op);
  return all;
}

}  // namespace autograd

using namespace autograd;

Tensor pad(const Tensor& a, const std::vector<std::int64_t>& sizes, const PadOptions& options) {
  const Shape& shape = a.checked("pad").shape;
  const std::string& mode = options.mode;
  if (mode != "constant" && mode != "reflect" && mode != "replicate" && mode != "circular") {
    throw std::invalid_argument(
        fmt::format("pad: mode must be \"constant\", \"reflect\", \"replicate\" or \"circular\", got \"{}\"", mode));
  }
  if (sizes.size() % 2 != 0 || sizes.size() / 2 > shape.size()) {
    fail<ShapeError>("pad", "needs two sizes for each dim and at most the {} dims of shape {}, got {} sizes",
                     shape.size(), shape, sizes.size());
  }
  Shape before, after;  // of the last dims
  for (std::size_t i = sizes.size(); i > 0; i -= 2) {
    before.push_back(sizes[i - 2]);
    after.push_back(sizes[i - 1]);
  }
  check_sizes(shape, before, after);
  if (mode != "constant") return pad_with_borders(a, mode, before, after);
  while (before.size() < shape.size()) {
    before.insert(0, 0);
    after.insert(0, 0);
  }
  return apply(Pad{before, after, options.value}, a);
}

}  // namespace descent
