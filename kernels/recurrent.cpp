#include "recurrent.h"

#include <algorithm>

#include "parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent.cpp"
#include "targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "math-inl.h"
#include "simd-inl.h"

#ifndef DESCENT_KERNELS_RECURRENT_ROWS
#define DESCENT_KERNELS_RECURRENT_ROWS
namespace descent::kernels {
/// The step of one row of `hidden` values; the pointers are the row's, in the order of the public function.
enum class RecurrentRow { Lstm, LstmGrad, Gru, GruGrad, Tanh, TanhGrad, Relu, ReluGrad, Add };
using RecurrentFunction = void (*)(std::int64_t hidden, void* const* p);
}  // namespace descent::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace descent::kernels::HWY_NAMESPACE {
namespace {

/// A whole vector at p, or the last `count` lanes of a row.
template <class D>
struct Whole {
  using T = hn::TFromD<D>;
  HWY_INLINE hn::Vec<D> Get(const T* p) const { return LoadU(D(), p); }
  HWY_INLINE void Put(hn::Vec<D> v, T* p) const { StoreU(v, D(), p); }
};
template <class D>
struct Rest {
  using T = hn::TFromD<D>;
  std::size_t count;
  HWY_INLINE hn::Vec<D> Get(const T* p) const { return LoadTail(D(), p, count); }
  HWY_INLINE void Put(hn::Vec<D> v, T* p) const { StoreTail(v, D(), p, count); }
};

template <class T>
struct LstmStep {
  template <class D, class Move>
  static HWY_INLINE void At(D d, Move m, std::int64_t i, std::int64_t hidden, void* const* p) {
    T *gates = static_cast<T*>(p[0]) + i, *c = static_cast<T*>(p[1]) + i, *h = static_cast<T*>(p[2]) + i;
    const auto in = VecSigmoid(d, m.Get(gates)), forget = VecSigmoid(d, m.Get(gates + hidden));
    const auto g = VecTanh(d, m.Get(gates + 2 * hidden)), out = VecSigmoid(d, m.Get(gates + 3 * hidden));
    const auto cell = MulAdd(forget, m.Get(c), Mul(in, g));
    m.Put(in, gates);
    m.Put(forget, gates + hidden);
    m.Put(g, gates + 2 * hidden);
    m.Put(out, gates + 3 * hidden);
    m.Put(cell, c);
    m.Put(Mul(out, VecTanh(d, cell)), h);
  }
};

// With t = tanh(c), c = f·c₀ + i·g:  dc += dh·o·(1 − t²);  then of the sums
//   di = dc·g·i·(1 − i),  df = dc·c₀·f·(1 − f),  dg = dc·i·(1 − g²),  do = dh·t·o·(1 − o),  and dc₀ = dc·f.
template <class T>
struct LstmGradStep {
  template <class D, class Move>
  static HWY_INLINE void At(D d, Move m, std::int64_t i, std::int64_t hidden, void* const* p) {
    const T *gates = static_cast<const T*>(p[0]) + i, *before = static_cast<const T*>(p[1]) + i;
    const T* dh = static_cast<const T*>(p[2]) + i;
    T *dc = static_cast<T*>(p[3]) + i, *dgates = static_cast<T*>(p[4]) + i;
    const auto one = Const(d, 1, 1);
    const auto in = m.Get(gates), forget = m.Get(gates + hidden), g = m.Get(gates + 2 * hidden);
    const auto out = m.Get(gates + 3 * hidden), c0 = m.Get(before), up = m.Get(dh);
    const auto t = VecTanh(d, MulAdd(forget, c0, Mul(in, g)));
    const auto dcell = MulAdd(Mul(up, out), NegMulAdd(t, t, one), m.Get(dc));
    m.Put(Mul(Mul(dcell, g), Mul(in, Sub(one, in))), dgates);
    m.Put(Mul(Mul(dcell, c0), Mul(forget, Sub(one, forget))), dgates + hidden);
    m.Put(Mul(Mul(dcell, in), NegMulAdd(g, g, one)), dgates + 2 * hidden);
    m.Put(Mul(Mul(up, t), Mul(out, Sub(one, out))), dgates + 3 * hidden);
    m.Put(Mul(dcell, forget), dc);
  }
};

template <class T>
struct GruStep {
  template <class D, class Move>
  static HWY_INLINE void At(D d, Move m, std::int64_t i, std::int64_t hidden, void* const* p) {
    T* gates = static_cast<T*>(p[0]) + i;
    const T *recurrent = static_cast<const T*>(p[1]) + i, *before = static_cast<const T*>(p[3]) + i;
    T *candidate = static_cast<T*>(p[2]) + i, *h = static_cast<T*>(p[4]) + i;
    const auto r = VecSigmoid(d, Add(m.Get(gates), m.Get(recurrent)));
    const auto z = VecSigmoid(d, Add(m.Get(gates + hidden), m.Get(recurrent + hidden)));
    const auto own = m.Get(recurrent + 2 * hidden);
    const auto n = VecTanh(d, MulAdd(r, own, m.Get(gates + 2 * hidden)));
    m.Put(r, gates);
    m.Put(z, gates + hidden);
    m.Put(n, gates + 2 * hidden);
    m.Put(own, candidate);
    m.Put(MulAdd(z, Sub(m.Get(before), n), n), h);
  }
};

// Of the sums: dn = dh·(1 − z)·(1 − n²),  dz = dh·(h₀ − n)·z·(1 − z),  dr = dn·candidate·r·(1 − r);
// the recurrent n is reached through r: dn·r.
template <class T>
struct GruGradStep {
  template <class D, class Move>
  static HWY_INLINE void At(D d, Move m, std::int64_t i, std::int64_t hidden, void* const* p) {
    const T *gates = static_cast<const T*>(p[0]) + i, *candidate = static_cast<const T*>(p[1]) + i;
    const T* before = static_cast<const T*>(p[2]) + i;
    T *dh = static_cast<T*>(p[3]) + i, *dgates = static_cast<T*>(p[4]) + i, *drecurrent = static_cast<T*>(p[5]) + i;
    const auto one = Const(d, 1, 1);
    const auto r = m.Get(gates), z = m.Get(gates + hidden), n = m.Get(gates + 2 * hidden), up = m.Get(dh);
    const auto rest = Sub(one, z);
    const auto dn = Mul(Mul(up, rest), NegMulAdd(n, n, one));
    const auto dz = Mul(Mul(up, Sub(m.Get(before), n)), Mul(z, rest));
    const auto dr = Mul(Mul(dn, m.Get(candidate)), Mul(r, Sub(one, r)));
    m.Put(dr, dgates);
    m.Put(dz, dgates + hidden);
    m.Put(dn, dgates + 2 * hidden);
    m.Put(dr, drecurrent);
    m.Put(dz, drecurrent + hidden);
    m.Put(Mul(dn, r), drecurrent + 2 * hidden);
    m.Put(Mul(up, z), dh);
  }
};

template <class T, bool kRelu>
struct RnnStep {
  template <class D, class Move>
  static HWY_INLINE void At(D d, Move m, std::int64_t i, std::int64_t, void* const* p) {
    T* h = static_cast<T*>(p[0]) + i;
    const auto sum = m.Get(h);
    if constexpr (kRelu)
      m.Put(IfThenZeroElse(Lt(sum, Zero(d)), sum), h);  // NaN stays
    else
      m.Put(VecTanh(d, sum), h);
  }
};

template <class T, bool kRelu>
struct RnnGradStep {
  template <class D, class Move>
  static HWY_INLINE void At(D d, Move m, std::int64_t i, std::int64_t, void* const* p) {
    const auto h = m.Get(static_cast<const T*>(p[0]) + i), up = m.Get(static_cast<const T*>(p[1]) + i);
    T* out = static_cast<T*>(p[2]) + i;
    if constexpr (kRelu)
      m.Put(IfThenElseZero(Gt(h, Zero(d)), up), out);
    else
      m.Put(Mul(up, NegMulAdd(h, h, Const(d, 1, 1))), out);
  }
};

template <class T>
struct AddStep {
  template <class D, class Move>
  static HWY_INLINE void At(D, Move m, std::int64_t i, std::int64_t, void* const* p) {
    T* sum = static_cast<T*>(p[0]) + i;
    m.Put(Add(m.Get(sum), m.Get(static_cast<const T*>(p[1]) + i)), sum);
  }
};

// Whole vectors, then the rest through the same code: an element's bits do not depend on its position.
template <class T, class Step>
void Row(std::int64_t hidden, void* const* p) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= hidden; i += lanes) Step::At(d, Whole<decltype(d)>{}, i, hidden, p);
  if (i < hidden) Step::At(d, Rest<decltype(d)>{static_cast<std::size_t>(hidden - i)}, i, hidden, p);
}

template <class T>
RecurrentFunction RowOf(RecurrentRow which) {
  constexpr RecurrentFunction rows[] = {
      Row<T, LstmStep<T>>,      Row<T, LstmGradStep<T>>,      Row<T, GruStep<T>>,
      Row<T, GruGradStep<T>>,   Row<T, RnnStep<T, false>>,    Row<T, RnnGradStep<T, false>>,
      Row<T, RnnStep<T, true>>, Row<T, RnnGradStep<T, true>>, Row<T, AddStep<T>>};
  return rows[static_cast<int>(which)];
}

}  // namespace

RecurrentFunction RecurrentRowOf(RecurrentRow which, bool is_double) {
  return is_double ? RowOf<double>(which) : RowOf<float>(which);
}

}  // namespace descent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace descent::kernels {
namespace {

HWY_EXPORT(RecurrentRowOf);

/// Memory of one operand and how many elements one row of it has.
struct Operand {
  const void* data;
  std::int64_t step;
};

template <std::size_t N>
void each_row(RecurrentRow which, DType dtype, std::int64_t rows, std::int64_t hidden, const Operand (&operands)[N]) {
  if (rows == 0 || hidden == 0) return;
  const RecurrentFunction row = HWY_DYNAMIC_DISPATCH(RecurrentRowOf)(which, dtype == DType::Float64);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / 16 / hidden);  // a row's value costs five functions
  parallel_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    void* p[N];
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::size_t k = 0; k < N; ++k) {
        p[k] = const_cast<char*>(static_cast<const char*>(operands[k].data)) + i * operands[k].step * size;
      }
      row(hidden, p);
    }
  });
}

/// The same for one long row.
template <std::size_t N>
void each_element(RecurrentRow which, DType dtype, std::int64_t count, const void* const (&operands)[N]) {
  const RecurrentFunction row = HWY_DYNAMIC_DISPATCH(RecurrentRowOf)(which, dtype == DType::Float64);
  const auto size = static_cast<std::int64_t>(size_of(dtype));
  parallel_for(count, kGrain / 2, [&](std::int64_t begin, std::int64_t end) {
    void* p[N];
    for (std::size_t k = 0; k < N; ++k) {
      p[k] = const_cast<char*>(static_cast<const char*>(operands[k])) + begin * size;
    }
    row(end - begin, p);
  });
}

}  // namespace

void lstm_cell(DType dtype, std::int64_t rows, std::int64_t hidden, void* gates, void* c, void* h) {
  each_row(RecurrentRow::Lstm, dtype, rows, hidden, {{gates, 4 * hidden}, {c, hidden}, {h, hidden}});
}
void lstm_cell_grad(DType dtype, std::int64_t rows, std::int64_t hidden, const void* gates, const void* c_before,
                    const void* dh, void* dc, void* dgates) {
  each_row(RecurrentRow::LstmGrad, dtype, rows, hidden,
           {{gates, 4 * hidden}, {c_before, hidden}, {dh, hidden}, {dc, hidden}, {dgates, 4 * hidden}});
}
void gru_cell(DType dtype, std::int64_t rows, std::int64_t hidden, void* gates, const void* recurrent, void* candidate,
              const void* h_before, void* h) {
  each_row(RecurrentRow::Gru, dtype, rows, hidden,
           {{gates, 3 * hidden}, {recurrent, 3 * hidden}, {candidate, hidden}, {h_before, hidden}, {h, hidden}});
}
void gru_cell_grad(DType dtype, std::int64_t rows, std::int64_t hidden, const void* gates, const void* candidate,
                   const void* h_before, void* dh, void* dgates, void* drecurrent) {
  each_row(RecurrentRow::GruGrad, dtype, rows, hidden,
           {{gates, 3 * hidden},
            {candidate, hidden},
            {h_before, hidden},
            {dh, hidden},
            {dgates, 3 * hidden},
            {drecurrent, 3 * hidden}});
}
void rnn_cell(DType dtype, bool relu, std::int64_t count, void* h) {
  each_element(relu ? RecurrentRow::Relu : RecurrentRow::Tanh, dtype, count, {h});
}
void rnn_cell_grad(DType dtype, bool relu, std::int64_t count, const void* h, const void* dh, void* dsum) {
  each_element(relu ? RecurrentRow::ReluGrad : RecurrentRow::TanhGrad, dtype, count, {h, dh, dsum});
}
void add_to(DType dtype, std::int64_t count, void* sum, const void* term) {
  each_element(RecurrentRow::Add, dtype, count, {sum, term});
}

}  // namespace descent::kernels
#endif  // HWY_ONCE
