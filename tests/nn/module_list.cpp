// ModuleList, and what it shares with Sequential.
#include "nn/module_list.h"

#include "../fixture.h"
#include "nn/nn.h"
#include "nn/sequential.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(module_list)
namespace {

using namespace testing;

std::string listed(const nn::Module& container) {
  std::string text;
  for (const auto& [name, module] : container.named_children()) text += name + ":" + module->name() + " ";
  return text;
}

BOOST_AUTO_TEST_CASE(registers_iterates_and_does_not_compute) {
  struct Net : nn::Module {
    nn::ModuleList blocks = register_module("blocks", nn::ModuleList{nn::Linear(2, 2), nn::Linear(2, 2)});
    Tensor forward(const Tensor& x) override {
      Tensor y = x;
      for (nn::Module& block : blocks) y = block(y);
      return y;
    }
  } net;
  BOOST_TEST(net.parameters().size() == 4u);
  std::string keys;
  for (const auto& [name, tensor] : net.state_dict()) keys += name + " ";
  BOOST_TEST(keys == "blocks.0.weight blocks.0.bias blocks.1.weight blocks.1.bias ");
  const Tensor x = ones({1, 2});
  BOOST_TEST(same_bits(net(x), net.blocks[1](net.blocks[0](x))));
  net.blocks.append(nn::Tanh());
  BOOST_TEST((net.blocks.size() == 3u && net.children().size() == 1u));
  require_throws<Error>([&] { net.blocks(x); }, "ModuleList does not override forward");

  const nn::ModuleList from_vector(std::vector<nn::Linear>{nn::Linear(1, 1), nn::Linear(1, 1)});
  BOOST_TEST(from_vector.size() == 2u);
  nn::ModuleList copy{net.blocks};
  BOOST_TEST(&copy[0] == &net.blocks[0]);
  BOOST_TEST((nn::ModuleList{copy, nn::ReLU()}.size() == 2u));
}

BOOST_AUTO_TEST_CASE(slices_share_and_are_numbered_anew) {
  nn::ModuleList list{nn::ReLU(), nn::Tanh(), nn::Sigmoid(), nn::Linear(2, 3)};
  nn::ModuleList part = list.slice(1, -1);
  BOOST_TEST(listed(part) == "0:Tanh 1:Sigmoid ");
  BOOST_TEST(&part[0] == &list[1]);
  BOOST_TEST(listed(list.slice(-2)) == "0:Sigmoid 1:Linear ");
  BOOST_TEST(list.slice(3, 1).empty());
  BOOST_TEST(list.slice(-100, 100).size() == 4u);
  part.push_back(nn::ReLU());
  BOOST_TEST(list.size() == 4u);
  part[0].eval();
  BOOST_TEST(!list[1].is_training());
}

BOOST_AUTO_TEST_CASE(insert_set_pop_and_extend) {
  nn::ModuleList list{nn::ReLU(), nn::Tanh()};
  const nn::ModuleList copy = list;
  list.insert(1, nn::Sigmoid());
  list.insert(-1, nn::Identity());
  list.insert(4, nn::Flatten());
  BOOST_TEST(listed(copy) == "0:ReLU 1:Sigmoid 2:Identity 3:Tanh 4:Flatten ");
  list.set(-1, nn::ReLU());
  BOOST_TEST(list.pop(1)->name() == "Sigmoid");
  BOOST_TEST(list.pop()->name() == "ReLU");
  BOOST_TEST(listed(copy) == "0:ReLU 1:Identity 2:Tanh ");
  list.extend(nn::Sequential{nn::Dropout(0.5), nn::ReLU()});
  list.extend(copy.slice(0, 1));
  BOOST_TEST(list.size() == 6u);
  BOOST_TEST(&list[5] == &list[0]);
  list.extend(list);
  BOOST_TEST(list.size() == 12u);

  require_throws<IndexError>([&] { list[12]; }, "ModuleList: index 12 is out of range for 12 layers");
  require_throws<IndexError>([&] { list.insert(-13, nn::ReLU()); }, "insert at index -13 is out of range");
  require_throws<IndexError>([&] { list.set(12, nn::ReLU()); }, "index 12 is out of range");
  require_throws<IndexError>([] { nn::ModuleList().pop(); }, "index -1 is out of range for 0 layers");
  require_throws<Error>([&] { list.at<nn::Linear>(1); }, "layer 1 is a Identity, not a Linear");
  const std::string before = listed(list);
  require_throws<std::invalid_argument>([&] { list.insert(0, list); }, "insert: '0' would make the module contain");
  require_throws<std::invalid_argument>([&] { list.set(0, list); }, "set: '0' would make the module contain itself");
  nn::ModuleList holder{nn::ReLU(), list};
  require_throws<std::invalid_argument>([&] { list.extend(holder); }, "contain itself");
  BOOST_TEST(list.size() == 12u);
  BOOST_TEST(listed(list) == before);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
