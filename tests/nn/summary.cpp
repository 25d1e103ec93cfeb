// summary: rows, totals, and that it leaves the network as it was.
#include "nn/summary.h"

#include "../fixture.h"
#include "autograd/multiply_adds.h"
#include "nets.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(summaries)
namespace {

using namespace testing;

BOOST_AUTO_TEST_CASE(rows_and_totals) {
  Net net;
  net.body.at<nn::Linear>(1).requires_grad_(false);
  const nn::Summary s = nn::summary(net, {2, 3}, {.batch_size = 5});
  std::string text;
  for (const nn::SummaryRow& row : s.rows) {
    text += row.path + ":" + row.type + (row.output_shape ? row.output_shape->str() : "-") + " " +
            std::to_string(row.parameters) + "/" + std::to_string(row.trainable) + "/" + std::to_string(row.bytes) +
            "\n";
  }
  BOOST_TEST(text ==
             ":Net[5, 2] 2/2/8\n"
             "body.0:Flatten[5, 6] 0/0/0\n"
             "body.1:Linear[5, 4] 28/0/112\n"
             "body.2:ReLU[5, 4] 0/0/0\n"
             "body.3.0:Dropout[5, 4] 0/0/0\n"
             "body.3.1:Tanh[5, 4] 0/0/0\n"
             "head:Head[5, 2] 1/1/8\n"
             "head.fc:Linear[5, 2] 6/6/24\n"
             "last:Identity[5, 2] 0/0/0\n");
  BOOST_TEST(s.parameters == 37);
  BOOST_TEST(s.trainable == 9);
  BOOST_TEST(s.bytes == 152);
  net.to(float64);
  BOOST_TEST(nn::summary(net, 6).bytes == 304);  // the input takes the parameters' dtype
  BOOST_TEST(nn::summary(net, ones({2, 6}, {.dtype = float64})).rows[1].output_shape->front() == 2);
}

BOOST_AUTO_TEST_CASE(shared_modules_and_tensors_count_once) {
  nn::Linear shared(3, 3);
  nn::Sequential net{shared, nn::Tanh(), shared};
  const nn::Summary s = nn::summary(net, 3);
  BOOST_TEST(s.parameters == 12);
  BOOST_TEST(s.rows.size() == 2u);
  nn::Sequential tied{nn::Linear(3, 3), nn::Linear(3, 3, {.bias = false})};
  tied[1].unregister_parameter("weight");
  tied[1].register_parameter("weight", tied.at<nn::Linear>(0).weight);
  BOOST_TEST(nn::summary(tied, 3).parameters == 12);
}

BOOST_AUTO_TEST_CASE(what_is_not_called_has_no_shape) {
  struct Partly : nn::Module {
    nn::Linear used = register_module("used", nn::Linear(2, 2));
    nn::Linear unused = register_module("unused", nn::Linear(2, 2));
    std::pair<Tensor, Tensor> pair(const Tensor& x) { return {used(x), x}; }
  } net;
  const nn::Summary s = nn::summary(net, [&] { net.pair(ones({1, 2})); });
  BOOST_TEST(s.rows.size() == 2u);
  BOOST_TEST(s.rows[0].output_shape.has_value());
  BOOST_TEST(!s.rows[1].output_shape.has_value());
  BOOST_TEST(s.str().find("unused  Linear  -") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaves_modes_hooks_and_gradients_alone) {
  Net net;
  net.head.eval();
  std::string modes;
  const nn::ScopedHook probe = net.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor& y) {
    for (const nn::Module* m : net.modules()) modes += m->is_training() ? "t" : "e";
    modes += y.requires_grad() ? "g" : "n";
  });
  nn::summary(net, 6);
  BOOST_TEST(modes == "eeeeeeeeeeen");
  const auto unchanged = [&] {
    BOOST_TEST(net.is_training());
    BOOST_TEST(net.body[3].is_training());
    BOOST_TEST(!net.head.is_training());
    BOOST_TEST(!net.head.fc.is_training());
    BOOST_TEST(autograd::grad_enabled());
  };
  unchanged();
  require_throws<ShapeError>([&] { nn::summary(net, 7); }, "linear");
  unchanged();
  require_throws<std::invalid_argument>([&] { nn::summary(net, 6, {.batch_size = -1}); },
                                        "batch_size must be >= 0, got -1");
  modes.clear();
  net(ones({1, 6}));
  BOOST_TEST(modes == "tttttttteetg");
}

BOOST_AUTO_TEST_CASE(prints_a_table) {
  nn::Sequential net{nn::Flatten(), nn::Linear(784, 256, {.bias = false}), nn::ReLU()};
  std::ostringstream out;
  nn::Summary s = nn::summary(net, {1, 28, 28});
  s.multiply_adds = s.rows[1].multiply_adds = 200704;
  out << s;
  BOOST_TEST(out.str() ==
             "layer  type     output    parameters  trainable    bytes  multiply-adds\n"
             "-----------------------------------------------------------------------\n"
             "0      Flatten  [1, 784]           0          0        0              0\n"
             "1      Linear   [1, 256]     200,704    200,704  802,816        200,704\n"
             "2      ReLU     [1, 256]           0          0        0              0\n"
             "-----------------------------------------------------------------------\n"
             "total                        200,704    200,704  802,816        200,704\n");
}

BOOST_AUTO_TEST_CASE(counters_nest) {
  autograd::count_multiply_adds(5);  // nobody counts
  autograd::MultiplyAddCounter outer;
  autograd::count_multiply_adds(1);
  {
    autograd::MultiplyAddCounter inner;
    autograd::count_multiply_adds(2);
    BOOST_TEST(inner.count() == 2);
    BOOST_TEST(outer.count() == 1);
  }
  BOOST_TEST(outer.count() == 3);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
