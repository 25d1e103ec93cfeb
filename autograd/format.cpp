// Printing, to the letter as PyTorch 1.13 prints: 4 digits, lines of 80 columns, the first and last 3 entries of each
// dim beyond 1000 elements.
#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

#include "fail-inl.h"
#include "node.h"

namespace descent {
namespace {

constexpr std::int64_t kThreshold = 1000, kEdgeItems = 3;
constexpr int kLineWidth = 80;

/// One element as text. Floats of a tensor share one style: integral ("3."), fixed ("3.0000") or scientific.
struct Style {
  bool integral = true, scientific = false;
  int width = 1;

  template <class T>
  std::string plain(T value) const {
    if constexpr (std::is_same_v<T, bool>)
      return value ? "True" : "False";
    else if constexpr (!std::is_floating_point_v<T>)
      return fmt::format("{}", value);
    else {
      const auto x = static_cast<double>(value);
      if (std::isnan(x)) return "nan";
      if (scientific) return fmt::format("{:.4e}", x);
      if (integral) return fmt::format("{:.0f}", x) + (std::isfinite(x) ? "." : "");
      return fmt::format("{:.4f}", x);
    }
  }
  template <class T>
  std::string padded(T value) const {
    return fmt::format("{:>{}}", plain(value), width);
  }
};

template <class T>
class Printer {
 public:
  explicit Printer(const Tensor& t)
      : data_(t.data<T>()), shape_(t.shape()), strides_(t.strides()), summarize_(t.numel() > kThreshold) {
    choose_style();
  }

  std::string text(int indent) const { return shape_.empty() ? style_.padded(*data_) : block(0, data_, indent); }

 private:
  bool cut(std::size_t d) const { return summarize_ && shape_[d] > 2 * kEdgeItems; }

  /// Calls f(i) for the positions along dim d that are shown.
  template <class F>
  void shown(std::size_t d, F&& f) const {
    for (std::int64_t i = 0; i < shape_[d]; ++i) {
      if (cut(d) && i == kEdgeItems) i = shape_[d] - kEdgeItems;
      f(i);
    }
  }

  template <class F>
  void each_shown(std::size_t d, const T* at, F& f) const {
    if (d == shape_.size()) return f(*at);
    shown(d, [&](std::int64_t i) { each_shown(d + 1, at + i * strides_[d], f); });
  }

  void choose_style() {
    if constexpr (std::is_floating_point_v<T>) {
      double least = INFINITY, most = 0;
      const auto survey = [&](T value) {
        if (!std::isfinite(value) || value == 0) return;
        const double size = std::abs(static_cast<double>(value));
        least = std::min(least, size);
        most = std::max(most, size);
        style_.integral = style_.integral && value == std::ceil(value);
      };
      each_shown(0, data_, survey);
      style_.scientific = most > 0 && (most / least > 1000.0 || most > 1e8 || (!style_.integral && least < 1e-4));
    }
    const auto widen = [&](T value) {
      if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value) || value == 0) return;  // as PyTorch: these do not count
      }
      style_.width = std::max(style_.width, static_cast<int>(style_.plain(value).size()));
    };
    each_shown(0, data_, widen);
  }

  std::string row(const T* at, int indent) const {
    const std::size_t d = shape_.size() - 1;
    const std::int64_t per_line = std::max(1, (kLineWidth - indent) / (style_.width + 2));
    std::string out = "[";
    std::int64_t count = 0;
    const auto put = [&](const std::string& item) {
      if (count > 0) out += count % per_line == 0 ? ",\n" + std::string(std::size_t(indent) + 1, ' ') : ", ";
      out += item;
      ++count;
    };
    shown(d, [&](std::int64_t i) {
      if (cut(d) && i == shape_[d] - kEdgeItems) put(" ...");
      put(style_.padded(at[i * strides_[d]]));
    });
    return out + "]";
  }

  std::string block(std::size_t d, const T* at, int indent) const {
    if (d + 1 == shape_.size()) return row(at, indent);
    const std::string separator =
        "," + std::string(shape_.size() - d - 1, '\n') + std::string(std::size_t(indent) + 1, ' ');
    std::string out = "[";
    shown(d, [&](std::int64_t i) {
      if (i > 0) out += separator;
      if (cut(d) && i == shape_[d] - kEdgeItems) out += "..." + separator;
      out += block(d + 1, at + i * strides_[d], indent + 1);
    });
    return out + "]";
  }

  const T* data_;
  Shape shape_, strides_;
  bool summarize_;
  Style style_;
};

/// Name of the op that computed t, nullptr for a leaf.
const char* grad_fn(const Tensor& t) {
  autograd::Node* const node = t.impl()->node.get();
  return node && !node->leaf_slot() ? node->info->name : nullptr;
}

/// "(2, 3)", "(0,)", "()": Python's tuple.
std::string tuple(const Shape& shape) {
  std::string out = "(";
  for (std::size_t d = 0; d < shape.size(); ++d) out += (d ? ", " : "") + std::to_string(shape[d]);
  return out + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& t) {
  if (!t.defined()) return out << "Tensor()";
  if (t.is_sparse()) {
    return out << "sparse_coo_tensor(indices=" << t.indices() << ",\n                  values=" << t.values()
               << ",\n                  size=" << tuple(t.shape()) << ")";
  }
  const std::string prefix = "tensor(";
  const int indent = static_cast<int>(prefix.size());
  std::string text = "[]";
  std::vector<std::string> suffixes;
  if (t.numel() == 0) {
    if (t.dim() != 1) suffixes.push_back("size=" + tuple(t.shape()));
    if (t.dtype() != float32) suffixes.push_back(std::string("dtype=") + name_of(t.dtype()));
  } else {
    text = kernels::dispatch(t.dtype(), [&]<class T>() { return Printer<T>(t).text(indent); });
    const bool obvious = t.dtype() == float32 || t.dtype() == int64 || t.dtype() == boolean;
    if (!obvious) suffixes.push_back(std::string("dtype=") + name_of(t.dtype()));
  }
  if (const char* name = grad_fn(t))
    suffixes.push_back(std::string("grad_fn=<") + name + ">");
  else if (t.requires_grad())
    suffixes.push_back("requires_grad=True");

  text = prefix + text;
  const std::size_t newline = text.rfind('\n');
  std::size_t column = newline == std::string::npos ? text.size() + 2 : text.size() - newline + 1;
  for (const std::string& suffix : suffixes) {
    if (column + suffix.size() + 2 > kLineWidth) {
      text += ",\n" + std::string(std::size_t(indent), ' ') + suffix;
      column = std::size_t(indent) + suffix.size();
    } else {
      text += ", " + suffix;
      column += suffix.size() + 2;
    }
  }
  return out << text + ")";
}

}  // namespace descent
