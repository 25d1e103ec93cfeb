// Finding, replacing and taking out what a module holds.
#include "../fixture.h"
#include "nets.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(tree)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(paths_lead_to_modules_parameters_and_buffers) {
  Net net;
  BOOST_TEST(&net.get_submodule("") == &net);
  for (const auto& [path, module] : net.named_modules()) BOOST_TEST(&net.get_submodule(path) == module);
  BOOST_TEST(net.get_submodule<nn::Linear>("head.fc").weight.impl() == net.head.fc.weight.impl());
  for (const auto& [path, tensor] : net.named_parameters()) {
    BOOST_TEST(net.get_parameter(path).impl() == tensor.impl());
  }
  BOOST_TEST(net.get_buffer("head.seen").impl() == net.head.seen.impl());

  const auto bad = [](auto f, const char* part) { require_throws<std::out_of_range>(f, part); };
  bad([&] { net.get_submodule("body.9"); }, "get_submodule: 'body.9': Sequential has no module '9'");
  bad([&] { net.get_submodule("body."); }, "Sequential has no module ''");
  bad([&] { net.get_submodule("."); }, "Net has no module ''");
  bad([&] { net.get_submodule("shift"); }, "Net has no module 'shift'");
  bad([&] { net.get_parameter("head.fc.bias"); }, "get_parameter: 'head.fc.bias': Linear has no parameter 'bias'");
  bad([&] { net.get_parameter("neck.weight"); }, "Net has no module 'neck'");
  bad([&] { net.get_parameter(""); }, "Net has no parameter ''");
  bad([&] { net.get_buffer("shift"); }, "get_buffer: 'shift': Net has no buffer 'shift'");
  require_throws<Error>([&] { net.get_submodule<nn::ReLU>("head.fc"); },
                        "get_submodule: 'head.fc' is a Linear, not a ReLU");
}

BOOST_AUTO_TEST_CASE(replaced_and_unregistered) {
  Net net;
  net.last = net.replace_module("last", nn::Identity());
  net.head.fc = net.head.replace_module("fc", nn::Linear(3, 5));
  std::string names;
  for (const auto& [name, tensor] : net.named_parameters()) names += name + " ";
  BOOST_TEST(names == "shift body.1.weight body.1.bias head.scale head.fc.weight head.fc.bias ");
  BOOST_TEST((net.head(ones({1, 3})).shape() == Shape{1, 5}));
  BOOST_TEST(net.head.unregister_parameter("scale").impl() == net.head.scale.impl());
  BOOST_TEST(net.head.unregister_buffer("seen").impl() == net.head.seen.impl());
  BOOST_TEST(net.buffers().empty());
  require_throws<std::out_of_range>([&] { net.head.unregister_buffer("seen"); }, "Head has no buffer 'seen'");
  BOOST_TEST(net.unregister_module("head")->name() == "Head");
  BOOST_TEST(net.parameters().size() == 3u);
  net.add_module("head", net.head);
  BOOST_TEST(net.parameters().size() == 5u);

  require_throws<std::out_of_range>([&] { net.replace_module("none", nn::ReLU()); },
                                    "replace_module: Net has no module 'none'");
  require_throws<std::invalid_argument>([&] { net.body.replace_module("0", net); }, "contain itself");
  require_throws<std::out_of_range>([&] { net.unregister_module("shift"); }, "Net has no module 'shift'");
  require_throws<std::out_of_range>([&] { net.unregister_parameter("body"); }, "Net has no parameter 'body'");
  BOOST_TEST(net.body[0].name() == "Flatten");
}

BOOST_AUTO_TEST_CASE(a_part_of_a_module_is_not_registered_for_the_whole) {
  nn::Sequential net{nn::Linear(2, 3), nn::ReLU()};
  nn::Module owner;
  const auto bad = [](auto f, const char* part) { require_throws<std::invalid_argument>(f, part); };
  bad([&] { owner.register_module("first", net[0]); },
      "register_module: a Linear came as a reference to Module, of which a copy is no Linear");
  bad([&] { net.push_back(net[1]); }, "push_back: a ReLU came as a reference to Module");
  bad([&] { net.replace_module("0", net[1]); }, "replace_module: a ReLU came");
  bad([&] { owner.register_module("null", std::shared_ptr<nn::Module>()); }, "'null' is a null pointer");
  BOOST_TEST(owner.children().empty());
  const std::shared_ptr<nn::Module> shared = owner.register_module("first", net.ptr(0));
  BOOST_TEST(owner.children()[0] == &net[0]);
  BOOST_TEST(shared.get() == &net[0]);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
