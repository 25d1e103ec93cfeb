// Hooks of every layer and every loss: they run once a call, see the call's tensors and replace its result.
#include <filesystem>
#include <map>
#include <regex>
#include <set>

#include "../fixture.h"
#include "../table.h"
#include "layer_cases.h"
#include "losses/losses.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(hooks_walk)
namespace {

using namespace testing;

std::set<std::string> seen;

/// call() runs the module once and returns the result that hooks see.
void check_hooks(nn::Module& module, const std::function<Tensor()>& call) {
  seen.insert(module.name());
  BOOST_TEST_CONTEXT(module.name()) {
    int before = 0, after = 0, backward = 0;
    Tensor input, replaced;
    const nn::ScopedHook pre = module.register_forward_pre_hook([&](nn::Module& called, const Tensor& x) {
      ++before;
      input = x;
      BOOST_TEST(called.name() == module.name());
    });
    const nn::ScopedHook forward = module.register_forward_hook([&](nn::Module&, const Tensor& x, const Tensor& y) {
      ++after;
      BOOST_TEST((x.shape() == input.shape()));
      return replaced = y * 2.0;
    });
    const nn::ScopedHook full =
        module.register_full_backward_hook([&](nn::Module&, const Tensor& grad_x, const Tensor& grad_y) {
          ++backward;
          if (grad_x.defined()) BOOST_TEST((grad_x.shape() == input.shape()));
          BOOST_TEST((grad_y.shape() == replaced.shape()));
        });
    const Tensor y = call();
    BOOST_TEST(before == 1);
    BOOST_TEST(after == 1);
    BOOST_TEST_REQUIRE(replaced.defined());
    BOOST_TEST(same_bits(y, replaced));
    if (y.requires_grad()) {
      y.sum().backward();
      BOOST_TEST(backward == 1);
    }
    module.zero_grad();
  }
}

/// f(module) gives a tensor, or a pair or packed sequence of which hooks see the first.
template <class M, class F>
void check(M module, F f) {
  check_hooks(module, [&] {
    auto result = f(module);
    return nn::detail::main_tensor(result);
  });
}

Tensor leaf(const Shape& shape, std::uint64_t seed = 1) {
  return random_tensor(shape, seed, {.dtype = float32, .requires_grad = true});
}

void layers() {
  std::map<std::string, Inputs> inputs;
  for (const auto& [key, tensor] : read_table("nn/layers.txt")) {
    const std::size_t slash = key.find("/x");
    if (slash == std::string::npos || key.size() != slash + 3) continue;
    Tensor x = tensor.is_floating_point() ? tensor.to(float32) : tensor;
    if (x.is_floating_point()) x.requires_grad_();
    inputs[key.substr(0, slash)].push_back(x);
  }
  for (const LayerCase& c : layer_cases()) {
    const std::shared_ptr<nn::Module> layer = c.make();
    check_hooks(*layer, [&] { return c.call(*layer, inputs.at(c.name)); });
  }
  const Tensor image = leaf({1, 2, 4, 4});
  check(nn::MaxPool2d(2), [&](auto& m) { return m.forward_with_indices(image).values; });
  check(nn::AdaptiveMaxPool2d(2), [&](auto& m) { return m.forward_with_indices(image).values; });
  check(nn::ConvTranspose2d(2, 1, 2, {.stride = 2}), [&](auto& m) { return m(image, {8, 9}); });
  check(nn::ConvTranspose2d(2, 1, 2), [&](auto& m) { return m(image, {}); });
  check(nn::EmbeddingBag(3, 2), [](auto& m) { return m(tensor({{0, 2}})); });
  check(nn::Sequential{nn::Tanh()}, [&](auto& m) { return m(image); });
  const nn::detail::Lambda lambda([](const Tensor& x) { return x * 3.0; });
  check(lambda, [&](auto& m) { return m(image); });
}

void sequences() {
  const Tensor x = leaf({3, 2, 4}), h = zeros({1, 2, 4});
  const auto packed = [&] { return nn::utils::pack_padded_sequence(x, {3, 1}); };
  check(nn::RNN(4, 4), [&](auto& m) { return m(x); });
  check(nn::RNN(4, 4), [&](auto& m) { return m.forward(x, h); });
  check(nn::RNN(4, 4), [&](auto& m) { return m(packed()); });
  check(nn::GRU(4, 4), [&](auto& m) { return m(x, h); });
  check(nn::GRU(4, 4), [&](auto& m) { return m.forward(packed(), h); });
  check(nn::LSTM(4, 4), [&](auto& m) { return m.forward(x, {h, h}); });
  check(nn::LSTM(4, 4), [&](auto& m) { return m(packed()); });
  check(nn::RNNCell(4, 4), [&](auto& m) { return m(x[0]); });
  check(nn::RNNCell(4, 4), [&](auto& m) { return m.forward(x[0], h[0]); });
  check(nn::GRUCell(4, 4), [&](auto& m) { return m(x[0], h[0]); });
  check(nn::LSTMCell(4, 4), [&](auto& m) { return m.forward(x[0]); });
  check(nn::MultiheadAttention(4, 2), [&](auto& m) { return m(x, x, x); });
  check(nn::MultiheadAttention(4, 2).out_proj, [&](auto& m) { return m(x); });
  check(nn::MultiheadAttention(4, 2), [&](auto& m) { return m.forward(x, x, x, {.need_weights = false}).first; });
  const nn::TransformerEncoderLayer encoder(4, 2, {.dim_feedforward = 3});
  const nn::TransformerDecoderLayer decoder(4, 2, {.dim_feedforward = 3});
  check(encoder, [&](auto& m) { return m(x); });
  check(encoder, [&](auto& m) { return m.forward(x, {.is_causal = true}); });
  check(decoder, [&](auto& m) { return m(x, x); });
  check(nn::TransformerEncoder(encoder, 1), [&](auto& m) { return m(x); });
  check(nn::TransformerDecoder(decoder, 1), [&](auto& m) { return m.forward(x, x); });
  const nn::TransformerOptions small{
      .d_model = 4, .nhead = 2, .num_encoder_layers = 1, .num_decoder_layers = 1, .dim_feedforward = 3};
  check(nn::Transformer(small), [&](auto& m) { return m(x, x); });
  check(nn::PositionalEncoding(4), [&](auto& m) { return m(x); });
  check(nn::RotaryPositionalEmbeddings(4), [&](auto& m) { return m(x); });
  check(nn::RotaryPositionalEmbeddings(4), [&](auto& m) { return m.forward(x, {.offset = 1}); });
}

void criteria() {
  const Tensor x = leaf({3, 4}), t = leaf({3, 4}, 2), q = sigmoid(leaf({3, 4}, 3)).detach();
  const Tensor p = q.clone().requires_grad_();
  const Tensor sign = where(t > 0.0, ones_like(t), -ones_like(t)).detach(), classes = tensor({0, 3, 1});
  const auto one = [&](auto m, const Tensor& input, const Tensor& target) {
    check(m, [&](auto& loss) { return loss(input, target); });
  };
  one(losses::MSELoss(), x, t), one(losses::L1Loss(), x, t), one(losses::SmoothL1Loss(), x, t);
  one(losses::HuberLoss(), x, t), one(losses::LogCoshLoss(), x, t), one(losses::QuantileLoss(), x, t);
  one(losses::CrossEntropyLoss(), x, classes), one(losses::NLLLoss(), x, classes);
  one(losses::BCELoss(), p, q), one(losses::BCEWithLogitsLoss(), x, q);
  one(losses::KLDivLoss(), x, q), one(losses::PoissonNLLLoss(), x, q);
  one(losses::HingeEmbeddingLoss(), x, sign), one(losses::SoftMarginLoss(), x, sign);
  one(losses::MultiMarginLoss(), x, classes), one(losses::MultiLabelSoftMarginLoss(), x, q);
  one(losses::MultiLabelMarginLoss(), x, tensor({{3, 0, -1, 1}, {1, -1, 2, 2}, {-1, 0, 0, 0}}));
  one(losses::FocalLoss(), x, classes), one(losses::DiceLoss(), p, q), one(losses::InfoNCELoss(), x, t);
  const auto three = [&](auto m, const Tensor& a, const Tensor& b, const Tensor& c) {
    check(m, [&](auto& loss) { return loss(a, b, c); });
  };
  three(losses::GaussianNLLLoss(), x, t, p), three(losses::MarginRankingLoss(), x, t, sign);
  three(losses::TripletMarginLoss(), x, t, p), three(losses::TripletMarginWithDistanceLoss(), x, t, p);
  three(losses::CosineEmbeddingLoss(), x, t, tensor({1, -1, 1}));
  check(losses::CTCLoss(), [&](auto& loss) {
    return loss(log_softmax(leaf({4, 1, 3}), 2), tensor({{1, 2}}), tensor({4}), tensor({2}));
  });
  check(losses::UncertaintyWeighting(2), [&](auto& weigh) { return weigh({x.sum(), t.sum()}); });
  check(losses::GradNorm(2), [&](auto& weigh) { return weigh({x.sum(), t.sum()}); });
  struct Own : losses::Loss {
    Tensor forward(const Tensor& input, const Tensor& target) const override { return (input - target).square().sum(); }
  };
  one(Own(), x, t);
}

/// What the headers of a folder derive from Module, and nothing derives from.
std::set<std::string> leaves_of(const std::string& folder) {
  static std::map<std::string, std::string> bases;
  const std::regex declaration(R"(\bclass\s+(\w+)(?:\s+final)?\s*:\s*public\s+(?:\w+::)*(\w+))");
  std::set<std::string> here;
  for (const auto& file : std::filesystem::directory_iterator(std::string(DESCENT_TEST_DATA) + "/../../" + folder)) {
    if (file.path().extension() != ".h") continue;
    std::ifstream in(file.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it) {
      bases[(*it)[1]] = (*it)[2];
      here.insert((*it)[1]);
    }
  }
  for (const auto& [name, base] : bases) here.erase(base);
  std::erase_if(here, [&](std::string name) {
    while (bases.contains(name)) name = bases.at(name);
    return name != "Module";
  });
  return here;
}

BOOST_AUTO_TEST_CASE(every_layer_and_loss) {
  seen.clear();
  layers();
  sequences();
  criteria();
  for (const char* folder : {"nn", "losses"}) {
    const std::set<std::string> declared = leaves_of(folder);
    BOOST_TEST(declared.size() > 20u);  // the headers were found
    for (const std::string& name : declared) {
      if (name == "ModuleList" || name == "ModuleDict") continue;  // they compute nothing
      BOOST_TEST(seen.contains(name), name << " is not walked here");
    }
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
