// Sequential: what it takes, how it nests, that it is copied and not wrapped.
#include "nn/sequential.h"

#include "../fixture.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(sequential)
namespace {

using namespace testing;

Tensor twice(const Tensor& x) { return x * 2.0; }

BOOST_AUTO_TEST_CASE(takes_modules_and_callables) {
  nn::Linear layer(2, 2);
  nn::Sequential net{layer, [](const Tensor& x) { return x + 1.0; }, twice, descent::tanh, nn::ReLU()};
  BOOST_TEST(net.size() == 5u);
  const Tensor x = ones({1, 2});
  BOOST_TEST(same_bits(net(x), relu(tanh((layer(x) + 1.0) * 2.0))));
  BOOST_TEST(net.at<nn::Linear>(0).weight.impl() == layer.weight.impl());
  BOOST_TEST(nn::Sequential()(x).impl() == x.impl());
  const std::function<Tensor(const Tensor&)> f = twice;
  BOOST_TEST(same_bits(nn::Sequential{f}(x), x * 2.0));
}

BOOST_AUTO_TEST_CASE(index_push_back_and_iteration) {
  nn::Sequential net{nn::Linear(2, 3)};
  nn::Sequential copy = net;
  copy.push_back(nn::Tanh());
  copy.push_back(twice);
  BOOST_TEST(net.size() == 3u);  // a copy is a handle to the same layers
  std::string names;
  for (nn::Module& layer : net) names += layer.name() + " ";
  BOOST_TEST(names == "Linear Tanh Lambda ");
  BOOST_TEST(net[0].name() == "Linear");
  BOOST_TEST(&net[-2] == &net[1]);
  require_throws<IndexError>([&] { net[3]; }, "index 3 is out of range for 3 layers");
  require_throws<IndexError>([&] { net[-4]; }, "index -4 is out of range");
  require_throws<Error>([&] { net.at<nn::ReLU>(1); }, "layer 1 is a Tanh, not a ReLU");
  require_throws<std::invalid_argument>([&] { net.push_back(std::function<Tensor(const Tensor&)>()); },
                                        "empty function");
  BOOST_TEST(net.size() == 3u);
}

BOOST_AUTO_TEST_CASE(copies_are_copies_and_nesting_nests) {
  nn::Sequential inner{nn::Linear(2, 2), nn::ReLU()};
  nn::Sequential lvalue_copy{inner};
  nn::Sequential moved{nn::Sequential{nn::Linear(2, 2)}};
  const nn::Sequential& constant = inner;
  nn::Sequential constant_copy(constant);
  BOOST_TEST(lvalue_copy.size() == 2u);
  BOOST_TEST(moved.size() == 1u);
  BOOST_TEST(constant_copy.size() == 2u);
  BOOST_TEST(lvalue_copy.parameters()[0].impl() == inner.parameters()[0].impl());

  nn::Sequential nested{inner, nn::Sequential{inner, nn::Tanh()}};
  std::string keys;
  for (auto& [name, tensor] : nested.state_dict()) keys += name + " ";
  BOOST_TEST(keys == "0.0.weight 0.0.bias 1.0.0.weight 1.0.0.bias ");
  BOOST_TEST(nested.parameters().size() == 2u);
  const Tensor x = ones({1, 2});
  BOOST_TEST(same_bits(nested(x), tanh(inner(inner(x)))));

  struct Block : nn::Sequential {
    Block() : nn::Sequential{nn::Linear(2, 2)} {}
    Tensor forward(const Tensor& y) override { return nn::Sequential::forward(y) + y; }
  };
  Block block;
  Block block_copy = block;
  BOOST_TEST(block_copy.size() == 1u);
  nn::Sequential holds{block};
  BOOST_TEST(holds.size() == 1u);
  BOOST_TEST(same_bits(holds(x), block(x)));  // wrapped with its own forward
}

BOOST_AUTO_TEST_CASE(layers_may_have_names) {
  nn::Sequential net{{"fc", nn::Linear(2, 3)}, {"act", nn::Tanh()}, {"twice", twice}};
  std::string keys;
  for (auto& [name, tensor] : net.state_dict()) keys += name + " ";
  BOOST_TEST(keys == "fc.weight fc.bias ");
  const Tensor x = ones({1, 2});
  BOOST_TEST(same_bits(net(x), tanh(net[0](x)) * 2.0));
  net.push_back("last", nn::ReLU());
  net.push_back(nn::ReLU());
  BOOST_TEST(net.named_children()[3].first == "last");
  BOOST_TEST(net.named_children()[4].first == "4");
  net.insert(0, nn::Identity());
  net.pop(1);
  std::string names;
  for (auto& [name, layer] : net.named_children()) names += name + " ";
  BOOST_TEST(names == "0 act twice last 4 ");
  nn::Sequential one{{"only", nn::ReLU()}};
  BOOST_TEST(one.named_children()[0].first == "only");
  require_throws<std::invalid_argument>([] { nn::Sequential{{"a", nn::ReLU()}, {"a", nn::ReLU()}}; }, "is taken");
  require_throws<std::invalid_argument>([&] { net.push_back("a.b", nn::ReLU()); }, "has a dot");
}

BOOST_AUTO_TEST_CASE(slices_share_layers_and_keep_names) {
  nn::Sequential net{nn::Linear(2, 3), nn::Tanh(), nn::Linear(3, 1)};
  nn::Sequential tail = net.slice(1);
  const Tensor x = ones({1, 2});
  BOOST_TEST(same_bits(net(x), tail(net.slice(0, -2)(x))));
  BOOST_TEST(&tail[1] == &net[2]);
  BOOST_TEST(tail.named_children()[1].first == "2");
  tail.push_back(nn::ReLU());  // PyTorch would put it in the place of "2"
  BOOST_TEST(tail.named_children()[2].first == "3");
  BOOST_TEST(tail.size() == 3u);
  BOOST_TEST(net.size() == 3u);
  tail.pop(0);
  BOOST_TEST(tail.named_children()[0].first == "0");
  BOOST_TEST(net.slice(5, 9).empty());
  net.set(1, nn::ReLU());
  BOOST_TEST(net[1].name() == "ReLU");
  net.extend(net.slice(2));
  BOOST_TEST(&net[3] == &net[2]);
}

BOOST_AUTO_TEST_CASE(what_is_no_layer_is_refused_at_compile_time) {
  static_assert(nn::Layer<nn::Linear>);
  static_assert(nn::Layer<Tensor (*)(const Tensor&)>);
  static_assert(!nn::Layer<int>);
  static_assert(!nn::Layer<Tensor>);
  static_assert(!std::is_constructible_v<nn::Sequential, int>);
  static_assert(std::is_constructible_v<nn::Sequential, nn::ReLU, nn::Linear&>);
  static_assert(!std::is_convertible_v<nn::ReLU, nn::Sequential>);
  BOOST_TEST(true);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
