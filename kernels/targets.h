// Which instruction sets the kernels are compiled for, the same in every file: include this before Highway.
// Left on x86: scalar or emulated 128-bit baseline, SSE4, AVX2, AVX-512; under sanitizers, which look at the one that
// is chosen, baseline and AVX2.
#pragma once

#ifdef DESCENT_SANITIZE
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif
