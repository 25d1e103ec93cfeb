// ModuleDict: order, replacing, keys.
#include "nn/module_dict.h"

#include "../fixture.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(module_dict)
namespace {

using namespace testing;

std::string listed(const nn::ModuleDict& dict) {
  std::string text;
  for (const auto& [key, module] : dict.items()) text += key + ":" + module->name() + " ";
  return text;
}

BOOST_AUTO_TEST_CASE(by_key_in_order) {
  nn::ModuleDict dict{{"b", nn::Linear(2, 3)}, {"a", nn::ReLU()}};
  const nn::ModuleDict copy = dict;
  dict.set("c", [](const Tensor& x) { return x + 1.0; });
  dict.set("b", nn::Tanh());  // keeps its place
  BOOST_TEST(listed(copy) == "b:Tanh a:ReLU c:Lambda ");
  BOOST_TEST(copy.keys() == std::vector<std::string>({"b", "a", "c"}), boost::test_tools::per_element());
  BOOST_TEST(copy.values().size() == 3u);
  BOOST_TEST((dict.contains("a") && !dict.contains("d") && dict.size() == 3u && !dict.empty()));
  const Tensor x = ones({2});
  BOOST_TEST(same_bits(dict["b"](x), tanh(x)));
  BOOST_TEST(same_bits(dict["c"](x), x + 1.0));
  BOOST_TEST(&dict.at<nn::ReLU>("a") == &dict["a"]);

  const nn::ModuleDict more{{"a", nn::Linear(1, 1)}, {"d", dict.ptr("b")}};
  dict.update(more);
  BOOST_TEST(listed(dict) == "b:Tanh a:Linear c:Lambda d:Tanh ");
  BOOST_TEST(&dict["d"] == &dict["b"]);
  BOOST_TEST(dict.parameters().size() == 2u);
  BOOST_TEST(dict.state_dict().contains("a.weight"));
  BOOST_TEST(dict.pop("c")->name() == "Lambda");
  dict.update({{"e", nn::ReLU()}, {"b", nn::ReLU()}});
  BOOST_TEST(listed(dict) == "b:ReLU a:Linear d:Tanh e:ReLU ");
  dict.clear();
  BOOST_TEST(copy.empty());
  require_throws<Error>([&] { dict(x); }, "ModuleDict does not override forward");
}

BOOST_AUTO_TEST_CASE(errors) {
  nn::ModuleDict dict{{"a", nn::Linear(2, 3)}};
  require_throws<std::out_of_range>([&] { dict["b"]; }, "ModuleDict: there is no key 'b'");
  require_throws<std::out_of_range>([&] { dict.pop("b"); }, "there is no key 'b'");
  require_throws<Error>([&] { dict.at<nn::ReLU>("a"); }, "'a' is a Linear, not a ReLU");
  require_throws<std::invalid_argument>([&] { dict.set("x.y", nn::ReLU()); }, "the name 'x.y' has a dot");
  require_throws<std::invalid_argument>(
      [&] {
        dict.update({{"b", nn::ReLU()}, {"", nn::ReLU()}});
      },
      "update: the name '' is empty");
  require_throws<std::invalid_argument>([&] { dict.set("b", dict); }, "'b' would make the module contain itself");
  require_throws<std::invalid_argument>([] { nn::ModuleDict{{"a", nn::ReLU()}, {"a", nn::ReLU()}}; }, "is taken");
  BOOST_TEST(listed(dict) == "a:Linear ");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
