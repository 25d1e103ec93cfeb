// Steps that treat the rows of a parameter (all dims but the first) differently: clipped ones, those of a group lasso.
#pragma once

#include "../kernels/measure.h"
#include "layouts-inl.h"
#include "stages-inl.h"

namespace descent::optim::detail {

/// Calls f(begin, end) for rows of n elements: on several threads, or on one where each row is threaded itself.
template <class F>
void for_rows(std::int64_t rows, std::int64_t n, F&& f) {
  if (n >= kernels::kGrain) return f(std::int64_t{0}, rows);
  kernels::parallel_for(rows, n > 0 ? kernels::kGrain / n : rows, f);
}

/// x ← x·max(1 − threshold/‖x‖₂, 0)
template <class T>
void shrink(T* x, std::int64_t n, double threshold);

/// What apply() does for a parameter and gradient without gaps, row by row: each is read from memory once, its gradient
/// multiplied by the row's factor, if there are any, and the row shrunk as the group lasso asks.
template <class T, class Rule, class... Slots>
void apply_rows(Rule& rule, const Stages& stages, std::span<const double> factors, const Tensor& p, const Tensor& g,
                ParamState& state, Slots*... slots) {
  if (p.numel() == 0) return;
  Dense dense(p, g);
  T* const x = autograd::data_of<T>(dense.p());
  const T* const y = autograd::data_of<T>(dense.g());
  const std::int64_t rows = p.dim() == 0 ? 1 : p.size(0), n = p.numel() / rows;
  const auto staged_row = [&](std::int64_t r) {
    Stages own = stages;
    if (!factors.empty()) own.scale *= factors[static_cast<std::size_t>(r)];
    return staged<T>(own, rule);
  };
  if constexpr (Measures<Rule>) {
    double sums[Rule::kSums] = {};
    for (std::int64_t r = 0; r < rows; ++r) {
      double of_row[Rule::kSums];
      kernels::measure(staged_row(r), n, static_cast<const T*>(x + r * n), y + r * n, of_row, (slots + r * n)...);
      for (int k = 0; k < Rule::kSums; ++k) sums[k] += of_row[k];
    }
    rule.measured(sums, state);
  }
  for_rows(rows, n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      kernels::update(staged_row(r), n, x + r * n, y + r * n, (slots + r * n)...);
      if (stages.group > 0) shrink(x + r * n, n, stages.group);
    }
  });
  dense.finish();
}

}  // namespace descent::optim::detail
