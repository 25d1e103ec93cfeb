// register_hook and retain_grad.
#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(hooks)

namespace {

using namespace descent::testing;

Tensor leaf(double value) { return full({2}, value, {.requires_grad = true}); }

}  // namespace

BOOST_AUTO_TEST_CASE(see_and_replace) {
  Tensor x = leaf(3);
  const Tensor h = x * 2.0;
  std::vector<float> seen;
  h.register_hook([&](const Tensor& g) { seen = g.to_vector<float>(); });
  h.register_hook([](const Tensor& g) { return g * 10.0; });
  x.register_hook([](const Tensor& g) { return g + 1.0; });
  h.sum().backward();
  BOOST_TEST((seen == std::vector<float>{1, 1}));
  BOOST_TEST((x.grad().to_vector<float>() == std::vector<float>{21, 21}));
}

BOOST_AUTO_TEST_CASE(in_order_of_registration) {
  Tensor x = leaf(1);
  std::string order;
  x.register_hook([&](const Tensor& g) { return order += "a", g * 2.0; });
  x.register_hook([&](const Tensor& g) { return order += "b", g + 1.0; });
  (x * 1.0).sum().backward();
  BOOST_TEST(order == "ab");
  BOOST_TEST(x.grad().to_vector<float>()[0] == 3);
}

BOOST_AUTO_TEST_CASE(the_gradient_is_complete) {
  Tensor x = leaf(1);
  const Tensor h = x * 1.0;
  int calls = 0;
  float seen = 0;
  h.register_hook([&](const Tensor& g) { ++calls, seen = g.to_vector<float>()[0]; });
  (h * 2.0 + h * 3.0 + h).sum().backward();
  BOOST_TEST(calls == 1);
  BOOST_TEST(seen == 6);
}

// A hook has one state, however often it runs and whatever becomes of the tensor.
BOOST_AUTO_TEST_CASE(a_hook_that_counts) {
  Tensor x = leaf(1);
  std::vector<int> seen;
  x.register_hook([&seen, calls = 0](const Tensor&) mutable { seen.push_back(++calls); });
  for (int i = 0; i < 2; ++i) (x * 1.0).sum().backward();
  x.set_data(zeros({5}));
  (x * 1.0).sum().backward();
  BOOST_TEST((seen == std::vector<int>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(added_and_removed_by_another) {
  Tensor x = leaf(1);
  HookHandle second;
  int late = 0, calls = 0;
  x.register_hook([&](const Tensor&) {
    second.remove();
    if (calls == 0) x.register_hook([&](const Tensor&) { ++late; });
  });
  second = x.register_hook([&](const Tensor&) { ++calls; });
  (x * 1.0).sum().backward();
  BOOST_TEST(calls == 1);  // the list as it was when the gradient came
  BOOST_TEST(late == 0);
  (x * 1.0).sum().backward();
  BOOST_TEST(calls == 1);
  BOOST_TEST(late == 1);
}

BOOST_AUTO_TEST_CASE(a_pass_within_a_hook) {
  Tensor x = leaf(1), other = leaf(3);
  const Tensor h = x * 2.0;
  h.register_hook([&](const Tensor&) {
    const GradModeGuard on(true);
    (other * other).sum().backward();
  });
  h.sum().backward();
  BOOST_TEST(x.grad().to_vector<float>()[0] == 2);
  BOOST_TEST(other.grad().to_vector<float>()[0] == 6);
}

BOOST_AUTO_TEST_CASE(removed) {
  Tensor x = leaf(1);
  int first = 0, second = 0;
  HookHandle one = x.register_hook([&](const Tensor&) { ++first; });
  x.register_hook([&](const Tensor&) { ++second; });
  const HookHandle copy = one;
  (x * 1.0).sum().backward();
  one.remove();
  one.remove();  // again: nothing
  (x * 1.0).sum().backward();
  BOOST_TEST(first == 1);
  BOOST_TEST(second == 2);
}

BOOST_AUTO_TEST_CASE(removed_after_the_tensor_has_gone) {
  HookHandle handle;
  {
    const Tensor x = leaf(1), h = x * 2.0;
    handle = h.register_hook([](const Tensor&) {});
  }
  handle.remove();
}

BOOST_AUTO_TEST_CASE(removed_from_within) {
  Tensor x = leaf(1);
  HookHandle handle;
  int calls = 0;
  handle = x.register_hook([&](const Tensor&) { ++calls, handle.remove(); });
  (x * 1.0).sum().backward();
  (x * 1.0).sum().backward();
  BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(also_in_grad) {
  const Tensor x = leaf(1), h = x * 2.0;
  h.register_hook([](const Tensor& g) { return g * 5.0; });
  const std::vector<Tensor> g = grad({h.sum()}, {x, h});
  BOOST_TEST(g[0].to_vector<float>()[0] == 10);
  BOOST_TEST(g[1].to_vector<float>()[0] == 5);
}

BOOST_AUTO_TEST_CASE(recorded_with_create_graph) {
  const Tensor x = leaf(3), h = x * x;
  HookHandle handle = h.register_hook([](const Tensor& g) { return g * g * 2.0; });
  const Tensor g = grad({(h * h).sum()}, {x}, {.create_graph = true})[0];  // hook: 2(2h)² = 8x⁴, gradient 16x⁵
  handle.remove();                                // it would see the gradient of h in the second pass too
  const Tensor second = grad({g.sum()}, {x})[0];  // 80x⁴
  BOOST_TEST(g.to_vector<float>()[0] == 16 * 243);
  BOOST_TEST(second.to_vector<float>()[0] == 80 * 81);
}

BOOST_AUTO_TEST_CASE(refused) {
  const Tensor x = leaf(1), plain = ones({2});
  require_throws<AutogradError>([&] { plain.register_hook([](const Tensor&) {}); }, "does not require grad");
  const Tensor h = x * 2.0;
  h.register_hook([](const Tensor&) { return ones({3}); });
  require_throws<AutogradError>([&] { h.sum().backward(); }, "[3]");
  const Tensor d = x * 2.0;
  d.register_hook([](const Tensor& g) { return g.to(float64); });
  require_throws<AutogradError>([&] { d.sum().backward(); }, "float64");
  BOOST_TEST(!x.grad().defined());
}

BOOST_AUTO_TEST_CASE(retained_gradients) {
  Tensor x = leaf(3), h = x * 2.0;
  h.retain_grad();
  h.retain_grad();  // twice is once
  const Tensor y = (h * h).sum();
  y.backward({.retain_graph = true});
  BOOST_TEST((h.grad().to_vector<float>() == std::vector<float>{12, 12}));
  BOOST_TEST((x.grad().to_vector<float>() == std::vector<float>{24, 24}));
  y.backward();
  BOOST_TEST(h.grad().to_vector<float>()[0] == 24);
  BOOST_TEST(!(h * 1.0).grad().defined());
}

// Of a tensor that is written in place, what is retained is the gradient of its new values; hooks stay with the old.
BOOST_AUTO_TEST_CASE(retained_through_a_write) {
  Tensor x = leaf(3), h = x * 2.0;
  float seen = 0;
  h.retain_grad();
  h.register_hook([&](const Tensor& g) { seen = g.to_vector<float>()[0]; });
  h.mul_(3.0);
  h.retain_grad();  // still once
  h.add_(x);
  (h * 5.0).sum().backward();
  BOOST_TEST(h.grad().to_vector<float>()[0] == 5);
  BOOST_TEST(seen == 15);
  BOOST_TEST(x.grad().to_vector<float>()[0] == 35);
  Tensor y = leaf(1), copied = y * 2.0;
  copied.retain_grad();
  copied.copy_(y * 7.0);
  copied.sum().backward();
  BOOST_TEST(copied.grad().to_vector<float>()[0] == 1);
}

// A leaf that was switched off and has become the result of an op may retain its gradient as any other.
BOOST_AUTO_TEST_CASE(retained_by_a_former_leaf) {
  Tensor x = leaf(1), w = leaf(2);
  x.requires_grad_(false);
  x.add_(w);
  x.retain_grad();
  (x * 3.0).sum().backward();
  BOOST_TEST(x.grad().to_vector<float>()[0] == 3);
}

BOOST_AUTO_TEST_CASE(retained_by_a_view) {
  Tensor x = leaf(3), h = x * 2.0, v = h.view({2, 1});
  v.retain_grad();
  (v * 4.0 + h.unsqueeze(1)).sum().backward();
  BOOST_TEST((v.grad().shape() == Shape{2, 1}));
  BOOST_TEST((v.grad().to_vector<float>() == std::vector<float>{4, 4}));
  BOOST_TEST(x.grad().to_vector<float>()[0] == 10);
}

// retain_grad after a hook sees what the hook made of the gradient.
BOOST_AUTO_TEST_CASE(retained_after_a_hook) {
  Tensor x = leaf(3), h = x * 2.0;
  h.register_hook([](const Tensor& g) { return g * 10.0; });
  h.retain_grad();
  h.sum().backward();
  BOOST_TEST(h.grad().to_vector<float>()[0] == 10);
  BOOST_TEST(x.grad().to_vector<float>()[0] == 20);
}

BOOST_AUTO_TEST_CASE(retained_before_a_hook) {
  Tensor x = leaf(3), h = x * 2.0;
  h.retain_grad();
  h.register_hook([](const Tensor& g) { return g * 10.0; });
  h.sum().backward();
  BOOST_TEST(h.grad().to_vector<float>()[0] == 10);
}

BOOST_AUTO_TEST_CASE(retain_grad_elsewhere) {
  Tensor plain = ones({2}), x = leaf(1);
  require_throws<AutogradError>([&] { plain.retain_grad(); }, "does not require grad");
  x.retain_grad();  // a leaf keeps its gradient anyway
  (x * 2.0).sum().backward();
  BOOST_TEST(x.grad().to_vector<float>()[0] == 2);
  {
    Tensor h = x * 2.0;
    h.retain_grad();
    const Tensor y = h.sum();
    h = Tensor();  // gone before backward
    y.backward();
  }
  BOOST_TEST(x.grad().to_vector<float>()[0] == 4);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
