// Square root and power for the rules of optimizers, which stand in headers: <cmath> alone would cost each program that
// includes them a fifth of a second to compile.
#pragma once

namespace descent::kernels {

/// √x, correctly rounded.
inline float sqrt(float x) { return __builtin_sqrtf(x); }
inline double sqrt(double x) { return __builtin_sqrt(x); }
/// x to the power y.
inline double pow(double x, double y) { return __builtin_pow(x, y); }

}  // namespace descent::kernels
