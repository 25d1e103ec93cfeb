// How both programs, descent_bench and libtorch_bench, time a case. A case bears the same name and does the same work
// in both; each is run with 1 and with 2 threads. Wall-clock time.
#pragma once

#include <benchmark/benchmark.h>

#include <exception>
#include <string>
#include <utility>

namespace bench {

/// Sets the number of threads and the seed; each program defines its own.
void prepare(int threads);

// The cases, one file a subject; each program defines its own.
void ops();
void training();
void optimizers();
void kernels();
void convolutions();
void data();

/// Times what a case repeats, after its set-up.
class Timer {
 public:
  explicit Timer(benchmark::State& state) : state_(state) {}

  template <class Body>
  void operator()(Body&& body) {
    for (int i = 0; i < 3; ++i) body();  // warm: caches, thread pool, the optimizer's state
    for ([[maybe_unused]] auto _ : state_) {
      body();
      benchmark::ClobberMemory();
    }
  }

 private:
  benchmark::State& state_;
};

/// Adds a case: `run(timer)` sets up and calls `timer(body)` once.
template <class Run>
void add(const std::string& name, Run run) {
  for (const int threads : {1, 2}) {
    const std::string full = name + "/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(full.c_str(),
                                 [run, threads](benchmark::State& state) {
                                   try {
                                     prepare(threads);
                                     Timer timer(state);
                                     run(timer);
                                   } catch (const std::exception& error) {
                                     state.SkipWithError(error.what());
                                   }
                                 })
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  }
}

/// The main of both programs.
inline int run(int argc, char** argv) {
  ops();
  training();
  optimizers();
  kernels();
  convolutions();
  data();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace bench
