// Embeddings: rows by index, their gradient, and bags of them.
#include "embedding.h"

#include <algorithm>
#include <cmath>

#include "../../kernels/index.h"

#include "../op_list.h"
#include "elementwise-inl.h"
#include "sparse-inl.h"

namespace descent {
namespace autograd {
namespace {

/// What the gradient of weight[index] is multiplied by, [n, 1] in that dtype; undefined if by nothing.
Tensor factors(const Tensor& index, std::int64_t rows, std::optional<std::int64_t> padding, bool by_freq, DType dtype) {
  if (!padding && !by_freq) return {};
  const std::int64_t* at = data_of<std::int64_t>(index);
  const std::int64_t n = index.numel();
  std::vector<std::int64_t> count(by_freq ? static_cast<std::size_t>(rows) : 0);
  if (by_freq) {
    for (std::int64_t i = 0; i < n; ++i) ++count[static_cast<std::size_t>(at[i])];
  }
  std::vector<double> factor(static_cast<std::size_t>(n), 1.0);
  for (std::size_t i = 0; i < factor.size(); ++i) {
    if (padding && at[i] == *padding)
      factor[i] = 0;
    else if (by_freq)
      factor[i] = 1 / static_cast<double>(count[static_cast<std::size_t>(at[i])]);
  }
  return from_vector(factor, {n, 1}).to(dtype);
}

// The gradient of the weight is made here and nowhere else.
struct EmbeddingGrad {  // W_r = Σ f_i·g_i over index_i = r, f = 0 for padding, else 1 or 1 / count
  static constexpr const char* name = "embedding_grad";
  static constexpr Uses uses = {input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  std::int64_t rows;
  std::optional<std::int64_t> padding;
  bool by_freq;
  Tensor forward(const Tensor& g, const Tensor& index) const {
    Tensor out = zeros({rows, g.size(1)}, {.dtype = g.dtype()});
    const Tensor f = factors(index, rows, padding, by_freq, g.dtype());
    const Tensor scaled = f.defined() ? where(f == 0, 0, g * f) : g;
    kernels::index_add(view_of(out), view_of(scaled), 0, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& h) const {
    const Tensor index = s.in(1), f = factors(index, rows, padding, by_freq, h.dtype());
    const Tensor picked = index_select(h, 0, index);
    return f.defined() ? picked * f : picked;
  }
};

struct Embedding {  // of a 1-D index
  static constexpr const char* name = "embedding";
  static constexpr Uses uses = {input(1)};
  static constexpr std::uint32_t constant_inputs = input(1);
  std::optional<std::int64_t> padding;
  bool by_freq, sparse;
  Tensor forward(const Tensor& weight, const Tensor& index) const {
    Tensor out = make_tensor({index.numel(), weight.size(1)}, weight.dtype());
    kernels::index_select(view_of(out), view_of(weight), 0, view_of(index));
    return out;
  }
  Tensor vjp(In<0>, const Saved& s, const Tensor& g) const {
    if (sparse) return rows_alone(s.in(1), g, s.shape(0));
    return apply(EmbeddingGrad{s.shape(0)[0], padding, by_freq}, g, s.in(1));
  }
  /// The same gradient as EmbeddingGrad's, without its zero rows.
  Tensor rows_alone(const Tensor& index, const Tensor& g, const Shape& shape) const {
    if (grad_enabled()) {
      fail<AutogradError>(name,
                          "a sparse gradient cannot itself be differentiated; leave .sparse off with create_graph");
    }
    const Tensor f = factors(index, shape[0], padding, by_freq, g.dtype());
    const Tensor scaled = f.defined() ? g * f : g;
    if (!padding) return sparse_from_rows(index, scaled, shape);
    std::vector<std::int64_t> kept;
    for (std::int64_t i = 0; i < index.numel(); ++i) {
      if (data_of<std::int64_t>(index)[i] != *padding) kept.push_back(i);
    }
    const Tensor positions = from_vector(kept);
    return sparse_from_rows(index_select(index, 0, positions), index_select(scaled, 0, positions), shape);
  }
};

/// The rows of `weight` named by `index`, scaled down in place where their p-norm exceeds `most`.
void renormalise(const Tensor& weight, const Tensor& index, double most, double p) {
  const NoGradGuard no_grad;
  std::vector<std::int64_t> rows = index.to_vector<std::int64_t>();
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  const Tensor used = from_vector(rows), old = index_select(weight.detach(), 0, used);
  const Tensor size = norm(old, p, {1}, true);
  const Tensor now = old * where(size > most, most / (size + 1e-7), 1);
  const std::vector<double> sizes = size.to_vector<double>();
  Tensor target = weight;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (sizes[i] > most) target.select(0, rows[i]).copy_(now.select(0, static_cast<std::int64_t>(i)));
  }
}

struct LookUp {
  const char* op;
  std::optional<std::int64_t> padding;
  std::optional<double> max_norm;
  double norm_type;
  bool by_freq, sparse;

  /// Checks everything; returns the index as a contiguous 1-D tensor off the tape.
  Tensor check(const Tensor& index, const Tensor& weight) {
    index.checked(op);
    weight.checked(op);
    if (weight.dim() != 2) fail<ShapeError>(op, "weight must be [rows, dim], got {}", weight.shape());
    if (!weight.is_floating_point()) fail<DTypeError>(op, "weight must be floats, got {}", weight.dtype());
    if (index.dtype() != int64) fail<DTypeError>(op, "the index must be int64, got {}", index.dtype());
    const std::int64_t rows = weight.size(0);
    if (padding) {
      if (*padding < -rows || *padding >= rows) {
        throw std::invalid_argument(
            fmt::format("{}: padding_idx must be in [{}, {}), got {}", op, -rows, rows, *padding));
      }
      if (*padding < 0) *padding += rows;
    }
    if (max_norm && !(*max_norm >= 0)) {
      throw std::invalid_argument(fmt::format("{}: max_norm must not be negative, got {}", op, *max_norm));
    }
    if (std::isnan(norm_type)) throw std::invalid_argument(fmt::format("{}: norm_type must be a number, got nan", op));
    const Tensor flat = index.reshape({-1}).contiguous();
    const std::int64_t bad = kernels::first_outside(view_of(flat), 0, rows);
    if (bad >= 0) {
      fail<IndexError>(op, "index {} at position {} is out of range for {} rows", data_of<std::int64_t>(flat)[bad], bad,
                       rows);
    }
    return flat;
  }
  Tensor run(const Tensor& flat, const Tensor& weight) const {
    if (max_norm && flat.numel() > 0) renormalise(weight, flat, *max_norm, norm_type);
    return apply(Embedding{padding, by_freq, sparse}, weight, flat);
  }
};

/// Bags as ranges of a flat index: bag k holds [begin[k], begin[k + 1]).
std::vector<std::int64_t> bags_of(const char* op, const Tensor& index, const EmbeddingBagOptions& options) {
  std::vector<std::int64_t> begin;
  if (index.dim() == 2) {
    if (options.offsets.defined()) fail<ShapeError>(op, "a 2-D index takes no offsets, got {}", index.shape());
    for (std::int64_t i = 0; i <= index.size(0); ++i) begin.push_back(i * index.size(1));
    return begin;
  }
  if (index.dim() != 1) fail<ShapeError>(op, "the index has 1 or 2 dims, got {}", index.shape());
  if (!options.offsets.defined()) fail<ShapeError>(op, "a 1-D index needs offsets, got index {}", index.shape());
  if (options.offsets.dim() != 1) fail<ShapeError>(op, "offsets must be 1-D, got {}", options.offsets.shape());
  if (options.offsets.dtype() != int64) fail<DTypeError>(op, "offsets must be int64, got {}", options.offsets.dtype());
  begin = options.offsets.to_vector<std::int64_t>();
  if (begin.empty() && options.include_last_offset) {
    fail<ShapeError>(op, "include_last_offset needs at least one offset, got {}", options.offsets.shape());
  }
  if (!options.include_last_offset) begin.push_back(index.numel());
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const std::int64_t low = i == 0 ? 0 : begin[i - 1], high = i == 0 && begin.size() > 1 ? 0 : index.numel();
    if (begin[i] < low || begin[i] > high) {
      fail<IndexError>(op, "offsets must rise from 0 to at most {}, got {} at position {}", index.numel(), begin[i], i);
    }
  }
  return begin;
}

/// For each column of each bag the position of its largest value; 0 for an empty bag.
Tensor winners(const Tensor& rows, const std::vector<std::int64_t>& begin) {
  const std::int64_t bags = static_cast<std::int64_t>(begin.size()) - 1, dim = rows.size(1);
  const Tensor values = rows.detach().contiguous();
  Tensor best = zeros({bags, dim}, {.dtype = int64});
  kernels::dispatch_float(rows.dtype(), [&]<class T>() {
    const T* v = data_of<T>(values);
    std::int64_t* to = data_of<std::int64_t>(best);
    for (std::size_t k = 0; k + 1 < begin.size(); ++k, to += dim) {
      if (begin[k] == begin[k + 1]) continue;
      std::fill_n(to, dim, begin[k]);
      for (std::int64_t i = begin[k] + 1; i < begin[k + 1]; ++i) {
        for (std::int64_t j = 0; j < dim; ++j) {
          const T now = v[i * dim + j], most = v[to[j] * dim + j];
          if (now > most || (now != now && most == most)) to[j] = i;
        }
      }
    }
  });
  return best;
}

}  // namespace

OpList embedding_ops() { return list_of<EmbeddingGrad, Embedding>(); }

}  // namespace autograd

using namespace autograd;

Tensor embedding(const Tensor& index, const Tensor& weight, const EmbeddingOptions& options) {
  LookUp look_up{"embedding",       options.padding_idx,        options.max_norm,
                 options.norm_type, options.scale_grad_by_freq, options.sparse};
  const Tensor flat = look_up.check(index, weight);
  Shape shape = index.shape();
  shape.push_back(weight.shape()[1]);
  return look_up.run(flat, weight).reshape(shape);
}

Tensor embedding_bag(const Tensor& index, const Tensor& weight, const EmbeddingBagOptions& options) {
  constexpr const char* op = "embedding_bag";
  LookUp look_up{
      op, options.padding_idx, options.max_norm, options.norm_type, options.scale_grad_by_freq, options.sparse};
  Tensor flat = look_up.check(index, weight);
  const std::string& mode = options.mode;
  if (mode != "sum" && mode != "mean" && mode != "max") {
    throw std::invalid_argument(fmt::format("{}: mode must be \"sum\", \"mean\" or \"max\", got \"{}\"", op, mode));
  }
  std::vector<std::int64_t> begin = bags_of(op, index, options);
  Tensor scale = options.per_sample_weights;
  if (scale.defined()) {
    if (mode != "sum") {
      throw std::invalid_argument(fmt::format("{}: per_sample_weights need mode \"sum\", got \"{}\"", op, mode));
    }
    if (scale.shape() != index.shape()) {
      fail<ShapeError>(op, "per_sample_weights must have the index's shape {}, got {}", index.shape(), scale.shape());
    }
    if (scale.dtype() != weight.dtype()) {
      fail<DTypeError>(op, "per_sample_weights must be {} as weight is, got {}", weight.dtype(), scale.dtype());
    }
    scale = scale.reshape({-1});
  }
  // Only what counts is looked up: neither padding nor what lies outside the bags.
  std::vector<std::int64_t> kept, bag, position;
  const std::int64_t* at = data_of<std::int64_t>(flat);
  for (std::size_t k = 0; k + 1 < begin.size(); ++k) {
    const std::int64_t from = begin[k], to = begin[k + 1];
    begin[k] = static_cast<std::int64_t>(kept.size());
    for (std::int64_t i = from; i < to; ++i) {
      if (look_up.padding && at[i] == *look_up.padding) continue;
      kept.push_back(at[i]);
      bag.push_back(static_cast<std::int64_t>(k));
      position.push_back(i);
    }
  }
  begin.back() = static_cast<std::int64_t>(kept.size());
  const std::int64_t bags = static_cast<std::int64_t>(begin.size()) - 1;
  Tensor rows = look_up.run(from_vector(kept), weight);
  const auto counts = [&] {
    std::vector<double> n(static_cast<std::size_t>(bags));
    for (std::size_t k = 0; k < n.size(); ++k) n[k] = static_cast<double>(begin[k + 1] - begin[k]);
    return from_vector(n, {bags, 1}).to(weight.dtype());
  };
  if (mode == "max") {
    const Tensor best = winners(rows, begin);
    // An empty bag has no row of its own; without any row there is nothing to gather from.
    if (kept.empty()) return zeros({bags, weight.size(1)}, {.dtype = weight.dtype()}) + rows.sum();
    return where(counts() > 0, gather(rows, 0, best), 0);
  }
  if (scale.defined()) rows = rows * index_select(scale, 0, from_vector(position)).unsqueeze(1);
  const Tensor total = index_add(zeros({bags, weight.size(1)}, {.dtype = weight.dtype()}), 0, from_vector(bag), rows);
  return mode == "mean" ? total / maximum(counts(), ones({}, {.dtype = weight.dtype()})) : total;
}

}  // namespace descent
