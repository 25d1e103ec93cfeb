// Module: registration, handles, modes, conversion.
#include "nn/module.h"

#include "../fixture.h"
#include "nets.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(module)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(parameters_come_in_order_and_once) {
  Net net;
  std::string names;
  for (auto& [name, parameter] : net.named_parameters()) {
    names += name + " ";
    BOOST_TEST(parameter.requires_grad());
    BOOST_TEST(parameter.is_leaf());
  }
  BOOST_TEST(names == "shift body.1.weight body.1.bias head.scale head.fc.weight ");
  BOOST_TEST(net.parameters().size() == 5u);
  BOOST_TEST(net.parameters()[1].impl() == net.body.at<nn::Linear>(1).weight.impl());
  BOOST_TEST(net.buffers().size() == 1u);
  BOOST_TEST(net.named_buffers().contains("head.seen"));

  struct Tied : nn::Module {
    nn::Linear a = register_module("a", nn::Linear(2, 2));
    nn::Linear b = register_module("b", a);
    Tensor extra = register_parameter("extra", a.weight);
  } tied;
  BOOST_TEST(tied.parameters().size() == 2u);
  BOOST_TEST(tied.children().size() == 1u);
  BOOST_TEST(tied.modules().size() == 2u);
  BOOST_TEST(tied.state_dict().size() == 5u);
}

BOOST_AUTO_TEST_CASE(an_absent_parameter_or_buffer_is_left_out) {
  nn::Linear layer(2, 3, {.bias = false});
  BOOST_TEST(!layer.bias.defined());
  BOOST_TEST(layer.parameters().size() == 1u);
  BOOST_TEST(layer.state_dict().size() == 1u);
  nn::Module m;
  m.register_buffer("scratch", ones({2}), {.persistent = false});
  m.register_buffer("none", Tensor());
  m.register_parameter("frozen", ones({1}), false);
  BOOST_TEST(m.buffers().size() == 1u);
  BOOST_TEST(m.state_dict().size() == 1u);
  BOOST_TEST(!m.parameters()[0].requires_grad());
}

BOOST_AUTO_TEST_CASE(copies_are_handles) {
  Net net;
  Net copy = net;
  BOOST_TEST(copy.head.fc.weight.impl() == net.head.fc.weight.impl());
  copy.eval();
  BOOST_TEST(!net.is_training());
  BOOST_TEST(!net.body.is_training());
  copy.register_buffer("later", zeros({1}));
  BOOST_TEST(net.state_dict().contains("later"));

  Net other;
  BOOST_TEST(other.is_training());
  other = net;
  BOOST_TEST(!other.is_training());
  BOOST_TEST(other.parameters()[0].impl() == net.parameters()[0].impl());
}

BOOST_AUTO_TEST_CASE(handles_stay_valid_when_moved_returned_and_stored) {
  const auto make = [](double bias) {
    nn::Linear made(2, 1);
    nn::init::constant_(made.weight, 1);
    nn::init::constant_(made.bias, bias);
    return made;
  };
  const Tensor x = ones({1, 2});
  nn::Linear layer = make(1);
  BOOST_TEST(layer(x).item<double>() == 3);
  nn::Linear moved = std::move(layer);
  BOOST_TEST(moved(x).item<double>() == 3);
  BOOST_TEST(layer.parameters().size() == 2u);  // the module moved from still refers to the same state

  std::vector<Net> nets;
  for (int i = 0; i < 5; ++i) nets.push_back(Net());
  for (Net& net : nets) {
    net.eval();
    const Tensor input = ones({3, 6});
    const Tensor y = net(input);
    BOOST_TEST((y.shape() == Shape{3, 2}));
    y.sum().backward();
    for (const Tensor& p : net.parameters()) BOOST_TEST(p.grad().defined());
  }
  std::unique_ptr<nn::Module> base = std::make_unique<Net>(nets[0]);
  nets.clear();
  BOOST_TEST(((*base)(ones({1, 6})).shape() == Shape{1, 2}));
}

BOOST_AUTO_TEST_CASE(children_modules_and_apply_see_what_was_registered) {
  Net net;
  std::string names;
  for (auto& [name, module] : net.named_children()) names += name + ":" + module->name() + " ";
  BOOST_TEST(names == "body:Sequential head:Head last:Identity ");
  names.clear();
  for (auto& [name, module] : net.named_modules()) names += name + " ";
  BOOST_TEST(names == " body body.0 body.1 body.2 body.3 body.3.0 body.3.1 head head.fc last ");
  BOOST_TEST(net.modules()[0] == &net);

  std::string order;
  net.apply([&](nn::Module& m) {
    order += m.name() + " ";
    if (auto* linear = dynamic_cast<nn::Linear*>(&m)) nn::init::zeros_(linear->weight);
  });
  BOOST_TEST(order == "Flatten Linear ReLU Dropout Tanh Sequential Sequential Linear Head Identity Net ");
  BOOST_TEST(net.head.fc.weight.abs().sum().item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(train_and_eval_reach_all_below) {
  Net net;
  for (nn::Module* m : net.modules()) BOOST_TEST(m->is_training());
  net.eval();
  for (nn::Module* m : net.modules()) BOOST_TEST(!m->is_training());
  BOOST_TEST(!net.head.fc.is_training());
  net.train();
  BOOST_TEST(net.body[3].is_training());
  net.body.train(false);
  BOOST_TEST(net.is_training());
  BOOST_TEST(!net.body[3].is_training());
}

BOOST_AUTO_TEST_CASE(gradients_are_dropped_and_parameters_frozen) {
  Net net;
  net(ones({2, 6})).sum().backward();
  BOOST_TEST(net.head.scale.grad().defined());
  net.zero_grad();
  for (const Tensor& p : net.parameters()) BOOST_TEST(!p.grad().defined());

  net.requires_grad_(false);
  BOOST_TEST(!net(ones({2, 6})).requires_grad());
  net.requires_grad_();
  BOOST_TEST(net.head.fc.weight.requires_grad());
}

BOOST_AUTO_TEST_CASE(to_converts_in_place_for_every_copy_and_member) {
  Net net;
  net.register_buffer("count", zeros({1}, {.dtype = int64}));
  Net copy = net;
  Tensor weight = net.head.fc.weight;
  const std::vector<float> before = weight.to_vector<float>();
  net(ones({2, 6})).sum().backward();
  const std::vector<float> gradient = weight.grad().to_vector<float>();

  net.to(float64);
  BOOST_TEST(weight.dtype() == float64);
  BOOST_TEST(copy.head.fc.weight.dtype() == float64);
  BOOST_TEST(net.head.seen.dtype() == float64);
  BOOST_TEST(net.named_buffers().at("count").dtype() == int64);
  BOOST_TEST(weight.requires_grad());
  BOOST_TEST(weight.is_leaf());
  BOOST_TEST(weight.to_vector<float>() == before);
  BOOST_TEST(weight.grad().dtype() == float64);
  BOOST_TEST(weight.grad().to_vector<float>() == gradient);
  BOOST_TEST(copy(ones({2, 6}, {.dtype = float64})).dtype() == float64);
  net(ones({2, 6}, {.dtype = float64})).sum().backward();  // accumulates in the new type
  BOOST_TEST(weight.grad().dtype() == float64);
}

BOOST_AUTO_TEST_CASE(register_errors) {
  Net net;
  const auto bad = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  bad([&] { net.register_parameter("shift", ones({1})); }, "register_parameter: the name 'shift' is taken by a param");
  bad([&] { net.register_buffer("body", ones({1})); }, "register_buffer: the name 'body' is taken by a module");
  bad([&] { net.head.register_module("seen", nn::ReLU()); }, "register_module: the name 'seen' is taken by a buffer");
  bad([&] { net.register_module("", nn::ReLU()); }, "the name '' is empty");
  bad([&] { net.register_parameter("a.b", ones({1})); }, "the name 'a.b' has a dot");
  bad([&] { net.register_module("self", net); }, "contain itself");
  bad([&] { net.body.register_module("up", net); }, "contain itself");
  require_throws<AutogradError>([&] { net.register_parameter("p", net.shift * 2.0); }, "'p' must be a leaf");
  require_throws<DTypeError>([&] { net.register_parameter("p", ones({1}, {.dtype = int64})); },
                             "'p' must be floating to require grad, got int64");
  require_throws<DTypeError>([&] { net.to(int64); }, "needs a floating dtype, got int64");
  BOOST_TEST(net.named_parameters().size() == 5u);
  BOOST_TEST(net.children().size() == 3u);

  nn::Module plain;
  require_throws<Error>([&] { plain(ones({1})); }, "Module does not override forward");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
