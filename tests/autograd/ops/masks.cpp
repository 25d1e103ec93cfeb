// Ops that follow boolean masks.
#include "refusals.h"

namespace descent::testing {
namespace {

using Type = Refusal::Type;

/// f(ones [2, 3], mask) with a mask that is no mask, and one that does not fit.
template <class F>
std::vector<Refusal> refusals(const std::string& prefix, F f) {
  return {refuses(Type::DType, "float32", f,
                  [] {
                    return List{ones({2, 3}), ones({2, 3})};
                  }),
          refuses(Type::Shape, prefix, f,
                  [] {
                    return List{ones({2, 3}), ones({2}, {.dtype = boolean})};
                  }),
          undefined_input(f, 2)};
}

Row masked_fill_row() {
  const auto number = [](const Tensor& a, const Tensor& m) { return masked_fill(a, m, 2.5); };
  const auto tensor0 = [](const Tensor& a, const Tensor& m, const Tensor& v) { return a.masked_fill(m, v); };
  Row row{"masked_fill", {}, {}, sample(tensor0, {real({401, 301}), mask({401, 301}), real({})})};
  row.samples = {sample(number, {real({3, 4}), mask({3, 4})}), sample(number, {real({4}), mask({3, 1})}),
                 sample(tensor0, {real({3, 4}), mask({4}), real({})}), sample(tensor0, {real({}), mask({}), real({})}),
                 sample(number, {real({0, 3}), mask({3})})};
  row.refusals = refusals("masked_fill: ", number);
  row.refusals.push_back(refuses(Type::Shape, "[1]", tensor0, [] {
    return List{ones({2}), ones({2}, {.dtype = boolean}), ones({1})};
  }));
  row.samples[3].constant = true;  // one of the two has none
  return row;
}

Row masked_select_row() {
  const auto f = [](const Tensor& a, const Tensor& m) { return masked_select(a, m); };
  Row row{"masked_select", {}, {}, sample(f, {real({401, 301}), mask({401, 301})})};
  row.samples = {sample(f, {real({3, 4}), mask({3, 4})}), sample(f, {real({4}), mask({3, 1})}),
                 sample(f, {real({2, 3, 1}), mask({3, 4})}), sample(f, {real({}), mask({3})}),
                 sample(f, {real({0, 3}), mask({3})})};
  row.refusals = refusals("masked_select: ", f);
  return row;
}

Row masked_scatter_row() {
  const auto f = [](const Tensor& a, const Tensor& m, const Tensor& s) { return masked_scatter(a, m, s); };
  Row row{"masked_scatter", {}, {}, sample(f, {real({401, 301}), mask({401, 301}), real({130000})})};
  row.samples = {sample(f, {real({3, 4}), mask({3, 4}), real({12})}),
                 sample(f, {real({4}), mask({3, 1}), real({3, 5})}), sample(f, {real({}), mask({2}), real({2})}),
                 sample(f, {real({0, 3}), mask({3}), real({0})})};
  row.refusals = refusals("masked_scatter: ", [](const Tensor& a, const Tensor& m) { return masked_scatter(a, m, a); });
  row.refusals.push_back(refuses(Type::Shape, "[2]", f, [] {
    return List{ones({3}), ones({3}, {.dtype = boolean}), ones({2})};
  }));
  row.refusals.push_back(refuses(Type::DType, "float64", f, [] {
    return List{ones({3}), ones({3}, {.dtype = boolean}), ones({3}, {.dtype = float64})};
  }));
  return row;
}

Row nonzero_row(const char* name, Function f) {
  const auto digits = [](const Shape& shape) { return Arg{shape, 0, 3, Arg::Kind::Index, false}; };
  Row row{name, {}, {}, {f, {mask({401, 301})}}, {.differentiable = false}};
  row.samples = {{f, {mask({3, 4})}}, {f, {digits({17})}},   {f, {real({2, 3, 2})}},
                 {f, {digits({})}},   {f, {digits({0, 3})}}, {f, {digits({3, 5, 7})}}};
  row.refusals = {undefined_input(f), {Type::Plain, "undefined", [] { return List{Tensor()}; }, f}};
  return row;
}

}  // namespace

std::vector<Row> masks_rows() {
  return {masked_fill_row(), masked_select_row(), masked_scatter_row(),
          nonzero_row("nonzero", [](const List& in) { return List{nonzero(in[0])}; }),
          nonzero_row("where.condition", [](const List& in) { return where(in[0]); })};
}

}  // namespace descent::testing
