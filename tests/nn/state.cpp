// state_dict and load_state_dict, and a network against PyTorch's numbers.
#include "../fixture.h"
#include "../table.h"
#include "nets.h"
#include "nn/module_dict.h"
#include "nn/module_list.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(state)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(keys_are_pytorchs) {
  std::string keys;
  for (auto& [name, tensor] : Net().state_dict()) keys += name + "\n";
  BOOST_TEST(keys == read_text("nn/keys.txt"));
}

BOOST_AUTO_TEST_CASE(keys_of_containers_are_pytorchs) {
  const nn::Sequential named{{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}};
  const nn::Sequential sequential{nn::ReLU(), nn::Linear(2, 3), nn::Tanh()};
  const nn::ModuleList list{nn::Linear(2, 3), nn::Sequential{nn::ReLU()}, nn::ModuleList{nn::Tanh()}};
  const nn::ModuleList sliced{nn::ReLU(), nn::Linear(2, 3), nn::Tanh()};
  const nn::ModuleDict dict{{"b", nn::Linear(2, 3)}, {"a", nn::ModuleList{nn::ReLU()}}};
  std::string keys;
  for (const StateDict& state : {named.state_dict(), sequential.slice(1).state_dict(), list.state_dict(),
                                 sliced.slice(1).state_dict(), dict.state_dict()}) {
    for (const auto& [name, tensor] : state) keys += name + "\n";
  }
  BOOST_TEST(keys == read_text("nn/container_keys.txt"));
}

BOOST_AUTO_TEST_CASE(it_shares_memory_but_not_the_graph) {
  Net net;
  StateDict state = net.state_dict();
  BOOST_TEST(!state.at("shift").requires_grad());
  state.at("shift").fill_(7.0);
  BOOST_TEST(net.shift.to_vector<float>() == std::vector<float>({7, 7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(loading_copies_into_every_member) {
  Net from, to;
  to.load_state_dict(from.state_dict());
  BOOST_TEST(same_bits(to.head.fc.weight, from.head.fc.weight));
  BOOST_TEST(to.head.fc.weight.impl() != from.head.fc.weight.impl());
  BOOST_TEST(to.shift.requires_grad());
  from.shift.detach().fill_(3.0);
  BOOST_TEST(to.shift[0].item<double>() == 0);

  from.to(float64);  // floating types convert
  from.shift.detach().fill_(0.1);
  to.load_state_dict(from.state_dict());
  BOOST_TEST(to.shift.dtype() == float32);
  BOOST_TEST(to.shift[1].item<float>() == 0.1f);
}

BOOST_AUTO_TEST_CASE(a_state_may_share_memory_with_the_module) {
  nn::Module m;
  const Tensor a = m.register_parameter("a", tensor({1.0, 2.0}));
  const Tensor b = m.register_parameter("b", tensor({3.0, 4.0}));
  const StateDict own = m.state_dict();
  m.load_state_dict({{"a", own.at("b")}, {"b", own.at("a")}});
  BOOST_TEST(a.to_vector<float>() == std::vector<float>({3, 4}), boost::test_tools::per_element());
  BOOST_TEST(b.to_vector<float>() == std::vector<float>({1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(loading_is_all_or_nothing_and_names_everything) {
  Net net;
  net.register_buffer("count", zeros({1}, {.dtype = int64}));
  StateDict state;
  for (auto& [name, tensor] : net.state_dict()) state[name] = tensor.clone().fill_(5);
  StateDict before;
  for (auto& [name, tensor] : net.state_dict()) before[name] = tensor.clone();
  const auto unchanged = [&] {
    for (auto& [name, tensor] : net.state_dict()) BOOST_TEST(same_bits(tensor, before.at(name)), name);
  };

  state.erase("head.scale");
  require_throws<Error>([&] { net.load_state_dict(state); }, "load_state_dict: Net: 'head.scale' is missing");
  unchanged();
  state["stranger"] = ones({1});
  require_throws<Error>([&] { net.load_state_dict(state); }, "'head.scale' is missing; 'stranger' is unexpected");
  state["count"] = ones({1});
  require_throws<DTypeError>([&] { net.load_state_dict(state); }, "'count' has dtype float32, needs int64");
  state["shift"] = ones({3});
  state["head.seen"] = Tensor();
  require_throws<ShapeError>([&] { net.load_state_dict(state); },
                             "'head.scale' is missing; 'stranger' is unexpected; 'shift' has shape [3], needs [2]; "
                             "'head.seen' is undefined, needs shape [1]; 'count' has dtype float32, needs int64");
  require_throws<ShapeError>([&] { net.load_state_dict(state, {.strict = false}); }, "'shift' has shape [3]");
  unchanged();

  state["shift"] = full({2}, 5.0);
  state["head.seen"] = full({1}, 5.0);
  state["count"] = full({1}, 5);
  const auto result = net.load_state_dict(state, {.strict = false});
  BOOST_TEST(result.missing_keys == std::vector<std::string>{"head.scale"}, boost::test_tools::per_element());
  BOOST_TEST(result.unexpected_keys == std::vector<std::string>{"stranger"}, boost::test_tools::per_element());
  BOOST_TEST(net.shift[0].item<double>() == 5);
  BOOST_TEST(net.head.scale.item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(loading_leaves_a_recorded_graph_no_wrong_gradient) {
  nn::Linear layer(2, 2), other(2, 2);
  const Tensor loss = layer(ones({1, 2}, {.requires_grad = true})).square().sum();
  layer.load_state_dict(other.state_dict());
  BOOST_CHECK_THROW(loss.backward(), AutogradError);
}

BOOST_AUTO_TEST_CASE(a_network_computes_pytorchs_values_and_gradients) {
  const StateDict table = read_table("nn/mlp.txt");
  nn::Sequential mlp{nn::Flatten(), nn::Linear(6, 5), nn::Tanh(),   nn::Linear(5, 4, {.bias = false}),
                     nn::ReLU(),    nn::Linear(4, 3), nn::Sigmoid()};
  mlp.to(float64);
  StateDict state;
  for (auto& [name, tensor] : table) {
    if (name.starts_with("state/")) state[name.substr(6)] = tensor;
  }
  mlp.load_state_dict(state);
  Tensor x = table.at("x").clone().requires_grad_();
  const Tensor y = mlp(x);
  BOOST_TEST(max_relative_error(y, table.at("y")) < 1e-14);
  y.backward(table.at("cotangent"));
  BOOST_TEST(max_relative_error(x.grad(), table.at("grad_x")) < 1e-14);
  for (auto& [name, p] : mlp.named_parameters()) {
    BOOST_TEST(max_relative_error(p.grad(), table.at("grad/" + name)) < 1e-14, name);
  }
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
