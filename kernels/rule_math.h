// Square root, power and the like for the rules of optimizers, which stand in headers: <cmath> alone would cost each
// program that includes them a fifth of a second to compile.
#pragma once

namespace descent::kernels {

/// √x, correctly rounded.
inline float sqrt(float x) { return __builtin_sqrtf(x); }
inline double sqrt(double x) { return __builtin_sqrt(x); }
/// x to the power y.
inline double pow(double x, double y) { return __builtin_pow(x, y); }

/// |x|.
inline float abs(float x) { return __builtin_fabsf(x); }
inline double abs(double x) { return __builtin_fabs(x); }
/// −1, 0 or 1; a NaN stays.
template <class T>
inline T sign(T x) {
  return x == x ? T(x > 0) - T(x < 0) : x;
}

/// x, or 0 where x is denormal. Averages that decay towards zero end in denormals, on which processors are many times
/// slower; a NaN stays. The processor's own flush mode is never touched.
inline float flush(float x) { return __builtin_fabsf(x) < __FLT_MIN__ ? 0.0f : x; }
inline double flush(double x) { return __builtin_fabs(x) < __DBL_MIN__ ? 0.0 : x; }

}  // namespace descent::kernels
