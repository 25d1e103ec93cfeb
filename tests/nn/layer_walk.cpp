// Every layer against PyTorch: keys, output, gradients, running statistics, printing; and its gradients against
// differences, in both modes.
#include <map>
#include <sstream>

#include "../fixture.h"
#include "../table.h"
#include "layer_cases.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(layer_walk)
namespace {

using namespace testing;

constexpr double kTight = 1e-12;

/// What the table says of one case, by the rest of the key.
std::map<std::string, StateDict> read_cases() {
  std::map<std::string, StateDict> cases;
  for (auto& [key, tensor] : read_table("nn/layers.txt")) {
    const std::size_t slash = key.find('/');
    cases[key.substr(0, slash)][key.substr(slash + 1)] = tensor;
  }
  return cases;
}

StateDict below(const StateDict& table, const std::string& prefix) {
  StateDict found;
  for (auto& [key, tensor] : table) {
    if (key.starts_with(prefix)) found[key.substr(prefix.size())] = tensor;
  }
  return found;
}

std::vector<Tensor> inputs_of(const StateDict& table) {
  std::vector<Tensor> inputs;
  for (int i = 0; table.contains("x" + std::to_string(i)); ++i) {
    Tensor x = table.at("x" + std::to_string(i)).clone();
    if (x.is_floating_point()) x.requires_grad_();
    inputs.push_back(x);
  }
  return inputs;
}

/// The layer in float64 with PyTorch's state, whose keys must be the layer's, in the same order.
std::shared_ptr<nn::Module> loaded(const LayerCase& c, const StateDict& table) {
  const std::shared_ptr<nn::Module> layer = c.make();
  layer->to(float64);
  const StateDict state = below(table, "state/");
  std::string own, theirs;
  for (auto& [key, tensor] : layer->state_dict()) own += key + " ";
  for (auto& [key, tensor] : state) theirs += key + " ";
  BOOST_TEST(own == theirs);
  layer->load_state_dict(state);
  return layer;
}

void check_pass(const LayerCase& c, nn::Module& layer, const StateDict& table, const std::string& prefix) {
  layer.zero_grad();
  const std::vector<Tensor> x = inputs_of(table);
  const Tensor y = c.call(layer, x);
  BOOST_TEST(max_relative_error(y, table.at(prefix + "y")) < kTight, c.name << " " << prefix << "y");
  if (y.requires_grad()) y.backward(table.at("v"));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::string key = prefix + "grad_x" + std::to_string(i);
    if (!table.contains(key)) continue;
    BOOST_TEST(max_relative_error(x[i].grad(), table.at(key)) < kTight, c.name << " " << key);
  }
  if (!prefix.empty()) return;
  for (auto& [name, p] : layer.named_parameters()) {
    BOOST_TEST_REQUIRE(p.grad().defined(), c.name << " " << name);
    BOOST_TEST(max_relative_error(p.grad(), table.at("grad/" + name)) < kTight, c.name << " " << name);
  }
}

BOOST_AUTO_TEST_CASE(pytorchs_keys_values_and_gradients) {
  const auto tables = read_cases();
  BOOST_TEST(tables.size() == layer_cases().size());
  for (const LayerCase& c : layer_cases()) {
    BOOST_TEST_CONTEXT(c.name) {
      BOOST_TEST_REQUIRE(tables.contains(c.name));
      const StateDict& table = tables.at(c.name);
      const std::shared_ptr<nn::Module> layer = loaded(c, table);
      if (!c.random) {
        check_pass(c, *layer, table, "");
        if (!layer->buffers().empty()) {  // the second step of the running statistics
          std::vector<Tensor> x = inputs_of(table);
          for (Tensor& t : x) t = t.detach() * 0.5 + 0.3;
          c.call(*layer, x);
        }
      }
      const StateDict after = below(table, "after/"), buffers = layer->named_buffers();
      BOOST_TEST(after.size() == buffers.size());
      for (auto& [key, tensor] : after) {
        BOOST_TEST(max_relative_error(buffers.at(key), tensor) < kTight, key);
        BOOST_TEST(buffers.at(key).dtype() == tensor.dtype());
      }
      if (!table.contains("eval_y")) continue;
      layer->eval();
      check_pass(c, *layer, table, "eval_");
    }
  }
}

BOOST_AUTO_TEST_CASE(they_print_as_pytorchs) {
  std::ostringstream out;
  for (const LayerCase& c : layer_cases()) out << c.name << " " << *c.make() << "\n";
  BOOST_TEST(out.str() == read_text("nn/layers_printed.txt"));
}

/// d (y·v)/dp by differences at some elements of p, five points.
void check_differences(const LayerCase& c, const std::function<double()>& value, const Tensor& p, const Tensor& grad) {
  constexpr double kStep = 2e-4;
  Tensor flat = p.detach().reshape({-1});
  BOOST_TEST_REQUIRE(grad.defined(), c.name);
  const std::vector<double> analytic = grad.to_vector<double>();
  const std::int64_t stride = 1 + p.numel() / 24;
  for (std::int64_t i = 0; i < p.numel(); i += stride) {
    const double start = flat[i].item<double>();
    const auto at = [&](double steps) {
      flat[i].fill_(start + steps * kStep);
      const double y = value();
      flat[i].fill_(start);
      return y;
    };
    const double numeric = (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * kStep);
    BOOST_TEST(
        std::abs(analytic[static_cast<std::size_t>(i)] - numeric) < 1e-8 * (1 + std::abs(numeric)),
        c.name << ": element " << i << ": " << analytic[static_cast<std::size_t>(i)] << ", by differences " << numeric);
  }
}

BOOST_AUTO_TEST_CASE(gradients_are_those_of_differences_in_both_modes) {
  const auto tables = read_cases();
  for (const LayerCase& c : layer_cases()) {
    // max_norm changes the weight, scale_grad_by_freq the gradient
    if (c.name.find("max_norm") != std::string::npos || c.name.ends_with("by_freq")) continue;
    const StateDict& table = tables.at(c.name);
    for (const bool training : {true, false}) {
      const std::shared_ptr<nn::Module> layer = loaded(c, table);
      layer->train(training);
      const bool frozen = training && c.name.starts_with("spectral_norm");  // its statistics move and enter the output
      if (frozen) continue;
      const std::vector<Tensor> x = inputs_of(table);
      const auto run = [&] {
        manual_seed(5);  // the same draws each time
        return c.call(*layer, x);
      };
      const Tensor y = run();
      const Tensor v = random_tensor(y.shape(), 9);
      if (!y.requires_grad()) continue;
      y.backward(v);
      const auto value = [&] {
        const NoGradGuard no_grad;
        return (run() * v).sum().item<double>();
      };
      for (const Tensor& t : x) {
        if (t.is_floating_point()) check_differences(c, value, t, t.grad());
      }
      for (auto& [name, p] : layer->named_parameters()) {
        if (c.name == "embedding" || c.name == "embedding_bag_sum") {  // the padding row gets no gradient
          check_differences(c, value, p.detach().slice(0, 0, 4), p.grad().slice(0, 0, 4));
          BOOST_TEST(p.grad().slice(0, 4, 5).abs().sum().item<double>() == 0);
        } else {
          check_differences(c, value, p, p.grad());
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(batches_of_one_and_none_and_no_batch) {
  const auto tables = read_cases();
  const NoGradGuard no_grad;
  for (const LayerCase& c : layer_cases()) {
    if (!c.batched) continue;
    BOOST_TEST_CONTEXT(c.name) {
      const StateDict& table = tables.at(c.name);
      const std::shared_ptr<nn::Module> layer = loaded(c, table);
      layer->eval();
      const Tensor x = inputs_of(table)[0].detach();
      const Tensor y = (*layer)(x);
      BOOST_TEST(max_relative_error((*layer)(x.slice(0, 0, 1)), y.slice(0, 0, 1)) < 1e-14);
      if (c.unbatched) BOOST_TEST(max_relative_error((*layer)(x[0]), y[0]) < 1e-14);
      Shape none = y.shape();
      none[0] = 0;
      BOOST_TEST(((*layer)(x.slice(0, 0, 0)).shape() == none));
    }
  }
}

BOOST_AUTO_TEST_CASE(they_start_as_float32_and_follow_to) {
  const auto tables = read_cases();
  const NoGradGuard no_grad;
  for (const LayerCase& c : layer_cases()) {
    const std::shared_ptr<nn::Module> layer = c.make();
    for (const Tensor& p : layer->parameters()) BOOST_TEST(p.dtype() == float32, c.name);
    std::vector<Tensor> x = inputs_of(tables.at(c.name));
    for (Tensor& t : x) t = t.is_floating_point() ? t.detach().to(float32) : t;
    const Tensor y = c.call(*layer, x);
    BOOST_TEST(y.dtype() == float32, c.name);
    BOOST_TEST((y.shape() == tables.at(c.name).at(c.random ? "eval_y" : "y").shape()), c.name);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
