// An epoch of shuffled batches of 128 from 60,000 images of 28 x 28 pixels in memory.
#include <descent.h>

#include "harness.h"

using namespace descent;

namespace {

void epoch(bench::Timer& timer, data::DataLoader loader) {
  int64_t seen = 0;
  timer([&] {
    for (auto [x, y] : loader) seen += x.size(0) + y.size(0);
  });
  benchmark::DoNotOptimize(seen);
}

void float_epoch(bench::Timer& timer) {
  data::TensorDataset set{rand({60'000, 1, 28, 28}), randint(10, {60'000})};
  epoch(timer, data::DataLoader(set, {.batch_size = 128, .shuffle = true}));
}

}  // namespace

void bench::data() {
  // LibTorch's side gathers each batch by index_select, its fastest way.
  add("data/float_epoch_gather", float_epoch);
  // The same for descent; LibTorch's side uses its DataLoader.
  add("data/float_epoch_loader", float_epoch);
  // Bytes in memory, normalised to (pixel / 255 - mean) / std on the way; LibTorch's side by index_select.
  add("data/uint8_epoch_normalised", [](Timer& timer) {
    const Tensor pixels = randint(256, {60'000, 28, 28}, {.dtype = uint8});
    descent::data::ImageDataset set(pixels, randint(10, {60'000}), std::vector<std::string>(10, "class"), 0.286, 0.353);
    epoch(timer, descent::data::DataLoader(set, {.batch_size = 128, .shuffle = true}));
  });
}
