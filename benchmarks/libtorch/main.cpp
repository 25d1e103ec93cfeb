// libtorch_bench: the cases in LibTorch.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/version.h>

#include "../harness.h"

namespace {

template <class F>
F* symbol(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

void bench::prepare(int threads) {
  at::set_num_threads(threads);
  // LibTorch's own setting does not reach an OpenBLAS that runs threads of its own (Debian's pthread build).
  if (auto* set = symbol<void(int)>("openblas_set_num_threads")) set(threads);
  at::manual_seed(1234);
}

int main(int argc, char** argv) {
  at::set_num_interop_threads(1);
  auto* config = symbol<char*()>("openblas_get_config");
  benchmark::AddCustomContext("LibTorch", TORCH_VERSION);
  benchmark::AddCustomContext("BLAS", config ? config() : "not OpenBLAS");
  return bench::run(argc, argv);
}
