// einsum: the equation becomes one list of labels an operand; operands are then contracted pair by pair.
#include <algorithm>
#include <string_view>

#include "diagonal.h"
#include "elementwise-inl.h"
#include "product.h"

namespace descent {
namespace {

using namespace autograd;

constexpr const char* kOp = "einsum";

/// A label is a letter; dims of "..." are numbered from kDots on, the last one being kDots + (their largest number)
/// − 1.
using Labels = std::vector<int>;
constexpr int kDots = 1000;

template <class... Args>
[[noreturn]] void wrong(fmt::format_string<Args...> text, Args&&... args) {
  throw std::invalid_argument("einsum: " + fmt::format(text, std::forward<Args>(args)...));
}

bool has(const Labels& labels, int label) { return std::find(labels.begin(), labels.end(), label) != labels.end(); }
int place(const Labels& labels, int label) {
  return static_cast<int>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}

struct Term {  // a tensor with one label a dim, each once
  Tensor tensor;
  Labels labels;
  std::int64_t size(int label) const { return tensor.size(place(labels, label)); }

  Term sum(int label) const {
    Term out{tensor.sum({place(labels, label)}), labels};
    out.labels.erase(out.labels.begin() + place(labels, label));
    return out;
  }
  Term squeeze(int label) const {
    Term out{tensor.squeeze(place(labels, label)), labels};
    out.labels.erase(out.labels.begin() + place(labels, label));
    return out;
  }
  Tensor ordered(const Labels& order) const {
    Shape dims;
    bool moved = false;
    for (const int label : order) dims.push_back(place(labels, label));
    for (std::size_t i = 0; i < dims.size(); ++i) moved |= dims[i] != static_cast<std::int64_t>(i);
    return moved ? tensor.permute(dims) : tensor;
  }
};

/// One comma-separated part as letters, with kDots for "...".
Labels parse(const std::string& equation, std::string_view part) {
  Labels labels;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    if (c == ' ') continue;
    if (c == '.') {
      if (part.substr(i, 3) != "...") wrong("a \".\" must belong to \"...\" in \"{}\"", equation);
      if (has(labels, kDots)) wrong("\"...\" comes twice in one term of \"{}\"", equation);
      labels.push_back(kDots);
      i += 2;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      labels.push_back(c);
    } else {
      wrong("labels are letters, got '{}' in \"{}\"", c, equation);
    }
  }
  return labels;
}

struct Equation {
  std::vector<Labels> inputs;
  std::optional<Labels> output;
  explicit Equation(const std::string& text) {
    const std::size_t arrow = text.find("->");
    std::string_view left = std::string_view(text).substr(0, arrow);
    if (arrow != std::string::npos) {
      output = parse(text, std::string_view(text).substr(arrow + 2));
      for (std::size_t i = 0; i < output->size(); ++i) {
        const int label = (*output)[i];
        if (place(*output, label) != static_cast<int>(i)) {
          wrong("output label '{}' comes twice in \"{}\"", static_cast<char>(label), text);
        }
      }
    }
    for (;;) {
      const std::size_t comma = left.find(',');
      inputs.push_back(parse(text, left.substr(0, comma)));
      if (comma == std::string_view::npos) return;
      left = left.substr(comma + 1);
    }
  }
};

/// The labels of `own` with "..." replaced by `count` dims, aligned at the last of `most`.
Labels with_dots(const Labels& own, int count, int most) {
  Labels out;
  for (const int label : own) {
    if (label != kDots) {
      out.push_back(label);
      continue;
    }
    for (int i = most - count; i < most; ++i) out.push_back(kDots + i);
  }
  return out;
}

/// Takes diagonals until every label comes once.
Term without_repeats(Tensor tensor, Labels labels, std::size_t operand) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = i + 1; j < labels.size();) {
      if (labels[i] != labels[j]) {
        ++j;
        continue;
      }
      const auto a = static_cast<std::int64_t>(i), b = static_cast<std::int64_t>(j);
      if (tensor.size(a) != tensor.size(b)) {
        fail<ShapeError>(kOp, "label '{}' comes twice in operand {} with sizes {} and {}", static_cast<char>(labels[i]),
                         operand, tensor.size(a), tensor.size(b));
      }
      // the diagonal becomes the last dim: back to place i
      tensor = diagonal(tensor, {.dim1 = a, .dim2 = b});
      Shape order;
      for (std::int64_t d = 0; d < tensor.dim() - 1; ++d) order.push_back(d);
      order.insert(static_cast<int>(i), tensor.dim() - 1);
      tensor = tensor.permute(order);
      labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(j));
    }
  }
  return {tensor, labels};
}

std::int64_t product_of(const Term& t, const Labels& labels) {
  std::int64_t product = 1;
  for (const int label : labels) product *= t.size(label);
  return product;
}

/// Σ over `summed` of a·b. Labels of both have equal sizes there.
Term contract(Term a, Term b, const Labels& needed) {
  for (const int label : Labels(a.labels)) {
    if (!has(needed, label) && !has(b.labels, label)) a = a.sum(label);
  }
  for (const int label : Labels(b.labels)) {
    if (!has(needed, label) && !has(a.labels, label)) b = b.sum(label);
  }
  for (const int label : Labels(a.labels)) {  // a size of 1 against another: only the other one counts
    if (!has(b.labels, label) || a.size(label) == b.size(label)) continue;
    Term& one = a.size(label) == 1 ? a : b;
    Term& other = a.size(label) == 1 ? b : a;
    one = one.squeeze(label);
    if (!has(needed, label)) other = other.sum(label);
  }
  Labels batch, summed, rows, cols;
  for (const int label : a.labels) {
    (!has(b.labels, label) ? rows : has(needed, label) ? batch : summed).push_back(label);
  }
  for (const int label : b.labels) {
    if (!has(a.labels, label)) cols.push_back(label);
  }
  const auto joined = [](std::initializer_list<Labels> lists) {
    Labels all;
    for (const Labels& list : lists) all.insert(all.end(), list.begin(), list.end());
    return all;
  };
  Term out;
  out.labels = joined({batch, rows, cols});
  if (summed.empty() || !a.tensor.is_floating_point()) {  // elementwise, with dims of 1 where a label is missing
    const auto spread = [](const Term& t, const Labels& own, const Labels& all) {
      Tensor x = t.ordered(own);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!has(own, all[i])) x = x.unsqueeze(static_cast<std::int64_t>(i));
      }
      return x;
    };
    const Labels all = joined({out.labels, summed});
    out.tensor = spread(a, joined({batch, rows, summed}), all) * spread(b, joined({batch, cols, summed}), all);
    for (std::size_t i = 0; i < summed.size(); ++i) out.tensor = out.tensor.sum({-1});
    return out;
  }
  Shape shape;
  for (const int label : joined({batch, rows})) shape.push_back(a.size(label));
  for (const int label : cols) shape.push_back(b.size(label));
  const std::int64_t m = product_of(a, rows), k = product_of(a, summed), n = product_of(b, cols);
  const Tensor x = a.ordered(joined({batch, rows, summed})), y = b.ordered(joined({batch, summed, cols}));
  if (batch.empty()) {
    out.tensor = mm(x.reshape({m, k}), y.reshape({k, n})).reshape(shape);
  } else {
    const std::int64_t count = product_of(a, batch);
    out.tensor = bmm(x.reshape({count, m, k}), y.reshape({count, k, n})).reshape(shape);
  }
  return out;
}

/// What the output has without "->": the dims of "...", then the letters that come once, in the order of ASCII.
Labels implicit_output(const Equation& equation) {
  int count[128] = {};
  bool dots = false;
  for (const Labels& labels : equation.inputs) {
    for (const int label : labels) label == kDots ? void(dots = true) : void(++count[label]);
  }
  Labels out;
  if (dots) out.push_back(kDots);
  for (int c = 0; c < 128; ++c) {
    if (count[c] == 1) out.push_back(c);
  }
  return out;
}

}  // namespace

Tensor einsum(const std::string& text, const std::vector<Tensor>& operands) {
  const Equation equation(text);
  if (operands.empty()) wrong("needs at least one operand for \"{}\"", text);
  if (operands.size() != equation.inputs.size()) {
    wrong("\"{}\" is for {} operands, got {}", text, equation.inputs.size(), operands.size());
  }
  int most = 0;  // dims of "..."
  std::vector<int> dots(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Labels& labels = equation.inputs[i];
    const Tensor& t = operands[i];
    t.checked(kOp);
    if (t.dtype() != operands[0].dtype()) {
      fail<DTypeError>(kOp, "operands must be of one type, got {} and {}", operands[0].dtype(), t.dtype());
    }
    const bool open = has(labels, kDots);
    dots[i] = static_cast<int>(t.dim()) - static_cast<int>(labels.size()) + (open ? 1 : 0);
    if (dots[i] < 0 || (!open && dots[i] != 0)) {
      fail<ShapeError>(kOp, "operand {} of \"{}\" has {} labels for shape {}", i, text, labels.size() - (open ? 1 : 0),
                       t.shape());
    }
    most = std::max(most, dots[i]);
  }
  std::vector<Term> terms;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    terms.push_back(without_repeats(operands[i], with_dots(equation.inputs[i], dots[i], most), i));
  }
  Labels seen;
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    for (const int label : terms[i].labels) {
      const std::int64_t size = terms[i].size(label);
      if (!has(seen, label)) {
        seen.push_back(label);
        sizes.push_back(size);
        continue;
      }
      std::int64_t& known = sizes[static_cast<std::size_t>(place(seen, label))];
      if (known != size && known != 1 && size != 1) {
        const std::string name = label >= kDots ? "\"...\"" : fmt::format("label '{}'", static_cast<char>(label));
        fail<ShapeError>(kOp, "{} has size {} in operand {}, but {} before, in \"{}\"", name, size, i, known, text);
      }
      if (known == 1) known = size;
    }
  }
  const Labels out = with_dots(equation.output ? *equation.output : implicit_output(equation), most, most);
  for (const int label : out) {
    if (label < kDots && !has(seen, label)) {
      wrong("output label '{}' is in no operand of \"{}\"", static_cast<char>(label), text);
    }
  }
  Term result = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    Labels needed = out;
    for (std::size_t j = i + 1; j < terms.size(); ++j) {
      needed.insert(needed.end(), terms[j].labels.begin(), terms[j].labels.end());
    }
    result = contract(result, terms[i], needed);
  }
  for (const int label : Labels(result.labels)) {
    if (!has(out, label)) result = result.sum(label);
  }
  return result.ordered(out);
}

}  // namespace descent
