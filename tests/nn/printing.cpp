// Modules print as PyTorch's do.
#include <sstream>

#include "../fixture.h"
#include "../table.h"
#include "losses/losses.h"
#include "nets.h"
#include "nn/module_dict.h"
#include "nn/module_list.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(printing)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(as_pytorch) {
  std::ostringstream out;
  out << Net() << "\n"
      << nn::Sequential() << "\n"
      << nn::Sequential{{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}} << "\n"
      << nn::Sequential{nn::ReLU(), nn::Linear(2, 3), nn::Tanh()}.slice(1) << "\n"
      << nn::ModuleList() << "\n"
      << nn::ModuleList{nn::Linear(2, 3), nn::Sequential{nn::ReLU()}, nn::ModuleList{nn::Tanh()}} << "\n"
      << nn::ModuleList{nn::ReLU(), nn::Linear(2, 3), nn::Tanh()}.slice(1) << "\n"
      << nn::ModuleDict() << "\n"
      << nn::ModuleDict{{"b", nn::Linear(2, 3)}, {"a", nn::ModuleList{nn::ReLU()}}} << "\n"
      << nn::Linear(784, 256) << "\n"
      << nn::ReLU() << "\n"
      << nn::Sigmoid() << "\n"
      << nn::Flatten(0, 2) << "\n"
      << nn::Dropout() << "\n"
      << nn::Dropout(1e-5) << "\n"
      << losses::MSELoss() << "\n"
      << losses::L1Loss() << "\n"
      << losses::CrossEntropyLoss() << "\n"
      << losses::NLLLoss() << "\n"
      << losses::BCEWithLogitsLoss() << "\n";
  BOOST_TEST(out.str() == read_text("nn/printed.txt"));
}

template <class T>
struct Wrapped : nn::Module {};

BOOST_AUTO_TEST_CASE(names_have_no_namespaces) {
  struct Local : nn::Module {
    std::string extra_repr() const override { return "one=1\ntwo=2"; }
  };
  std::ostringstream out;
  out << Local();
  BOOST_TEST(out.str() == "Local(\n  one=1\n  two=2\n)");
  const auto in_lambda = [](int) {
    struct Inner : nn::Module {};
    return Inner().name();
  };
  BOOST_TEST(in_lambda(1) == "Inner");
  BOOST_TEST(Wrapped<nn::Linear>().name() == "Wrapped<descent::nn::Linear>");
  out.str("");
  out << nn::Sequential{[](const Tensor& x) { return x; }, nn::Dropout(1.0)};
  BOOST_TEST(out.str() == "Sequential(\n  (0): Lambda()\n  (1): Dropout(p=1.0, inplace=False)\n)");
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
