// Which instruction sets the kernels are compiled for, the same in every file: include this before Highway.
// Left on x86: scalar or emulated 128-bit baseline, SSE4, AVX2, AVX-512.
#pragma once

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
