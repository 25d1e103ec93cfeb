// descent_bench: the cases in descent.
#include <descent.h>

#include "harness.h"

void bench::prepare(int threads) {
  descent::set_num_threads(threads);
  descent::manual_seed(1234);
}

int main(int argc, char** argv) { return bench::run(argc, argv); }
