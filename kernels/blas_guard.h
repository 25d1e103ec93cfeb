// BLAS and LAPACK calls on our own partition: OpenBLAS itself stays serial.
#pragma once

#include <omp.h>

namespace descent::kernels {

/// One BLAS thread for calls from this thread: OpenBLAS's OpenMP build asks OpenMP, whose setting is the thread's own.
/// Inside a parallel region it is serial by itself.
class OneBlasThread {
 public:
  OneBlasThread() : before_(omp_in_parallel() ? 1 : omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneBlasThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;

 private:
  int before_;
};

}  // namespace descent::kernels
