// One time step of the recurrent cells, all rows of a batch: what comes after the matrix products, in one pass.
// Everything is contiguous, of float32 or float64; rows are independent.
#pragma once

#include "view.h"

namespace descent::kernels {

/// LSTM. `gates` [rows, 4·hidden] hold the sums of i, f, g, o and become σ(i), σ(f), tanh(g), σ(o);
/// c = f·c + i·g in place, h = o·tanh(c).
void lstm_cell(DType dtype, std::int64_t rows, std::int64_t hidden, void* gates, void* c, void* h);

/// Its gradient, from the activated gates and the c before the step. `dc` holds that of the new c and becomes that of
/// the old one; `dgates` is written: of the sums.
void lstm_cell_grad(DType dtype, std::int64_t rows, std::int64_t hidden, const void* gates, const void* c_before,
                    const void* dh, void* dc, void* dgates);

/// GRU. `gates` [rows, 3·hidden] hold W_ih·x + b_ih and become r, z, n; `recurrent` [rows, 3·hidden] holds
/// W_hh·h + b_hh, its third part is copied to `candidate` [rows, hidden].
/// r = σ(·), z = σ(·), n = tanh(gates_n + r·recurrent_n), h = n + z·(h_before − n).
void gru_cell(DType dtype, std::int64_t rows, std::int64_t hidden, void* gates, const void* recurrent, void* candidate,
              const void* h_before, void* h);

/// Its gradient. `dh` becomes dh·z, the part that reaches h_before directly; `dgates` and `drecurrent` are written.
void gru_cell_grad(DType dtype, std::int64_t rows, std::int64_t hidden, const void* gates, const void* candidate,
                   const void* h_before, void* dh, void* dgates, void* drecurrent);

/// h = tanh(h) or max(h, 0), `count` elements in place.
void rnn_cell(DType dtype, bool relu, std::int64_t count, void* h);
/// dsum = dh·(1 − h²), or dh where h > 0; dsum may be dh.
void rnn_cell_grad(DType dtype, bool relu, std::int64_t count, const void* h, const void* dh, void* dsum);

/// sum += term, `count` elements.
void add_to(DType dtype, std::int64_t count, void* sum, const void* term);

}  // namespace descent::kernels
