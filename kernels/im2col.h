// The columns that turn a convolution into a matrix product.
#pragma once

#include "convolution.h"

namespace descent::kernels {

/// col[r, p − from] = x at tap r of output position p, for from <= p < to; rows r = (channel, tap) of `channels`
/// channels lie `ld` elements apart. Zero outside of x.
template <class T>
void im2col(const Convolution& c, std::int64_t channels, const T* x, std::int64_t from, std::int64_t to, T* col,
            std::int64_t ld);

/// The adjoint: adds the columns to x.
template <class T>
void col2im(const Convolution& c, std::int64_t channels, const T* col, std::int64_t from, std::int64_t to, T* x,
            std::int64_t ld);

}  // namespace descent::kernels
