// The cases of ../data.cpp in LibTorch.
#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "../harness.h"

using torch::Tensor;

namespace {

constexpr int64_t kImages = 60'000, kBatch = 128;

/// Calls `gather(indices)` for each batch of a shuffled epoch.
template <class Gather>
void epoch(Gather&& gather) {
  const Tensor order = torch::randperm(kImages);
  for (int64_t at = 0; at < kImages; at += kBatch) gather(order.slice(0, at, std::min(at + kBatch, kImages)));
}

struct Images : torch::data::datasets::Dataset<Images> {
  Tensor x = torch::rand({kImages, 1, 28, 28});
  Tensor y = torch::randint(10, {kImages}, torch::kLong);

  torch::data::Example<> get(std::size_t i) override {
    const auto index = static_cast<int64_t>(i);
    return {x[index], y[index]};
  }
  c10::optional<std::size_t> size() const override { return static_cast<std::size_t>(kImages); }
};

}  // namespace

void bench::data() {
  add("data/float_epoch_gather", [](Timer& timer) {
    const Images set;
    int64_t seen = 0;
    timer([&] {
      epoch([&](const Tensor& pick) {
        seen += set.x.index_select(0, pick).size(0) + set.y.index_select(0, pick).size(0);
      });
    });
    benchmark::DoNotOptimize(seen);
  });
  add("data/float_epoch_loader", [](Timer& timer) {
    auto loader = torch::data::make_data_loader<torch::data::samplers::RandomSampler>(
        Images().map(torch::data::transforms::Stack<>()), torch::data::DataLoaderOptions().batch_size(kBatch));
    int64_t seen = 0;
    timer([&] {
      for (auto& batch : *loader) seen += batch.data.size(0) + batch.target.size(0);
    });
    benchmark::DoNotOptimize(seen);
  });
  add("data/uint8_epoch_normalised", [](Timer& timer) {
    const Tensor pixels = torch::randint(256, {kImages, 1, 28, 28}, torch::kByte);
    const Tensor classes = torch::randint(10, {kImages}, torch::kLong);
    const double mean = 0.286, std = 0.353;
    int64_t seen = 0;
    timer([&] {
      epoch([&](const Tensor& pick) {
        Tensor x = pixels.index_select(0, pick).to(torch::kFloat).mul_(1 / (255 * std)).sub_(mean / std);
        seen += x.size(0) + classes.index_select(0, pick).size(0);
      });
    });
    benchmark::DoNotOptimize(seen);
  });
}
