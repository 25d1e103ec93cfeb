// Hooks of modules: when they run, what they replace, that they may come and go.
#include "nn/hooks.h"

#include "../fixture.h"
#include "nets.h"
#include "nn/eval_guard.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(hooks)
namespace {

using namespace testing;

double item(const Tensor& t) { return t.item<double>(); }

nn::Linear doubling() {
  nn::Linear layer(1, 1, {.bias = false, .dtype = float64});
  nn::init::constant_(layer.weight, 2);
  return layer;
}

BOOST_AUTO_TEST_CASE(run_in_order_and_may_replace) {
  nn::Linear layer = doubling();
  const Tensor x = full({1, 1}, 3.0, {.dtype = float64});
  std::string order;
  HookHandle a = layer.register_forward_pre_hook(
      [&](nn::Module& m, const Tensor& in) { order += "a" + m.name() + (in.impl() == x.impl() ? " " : "? "); });
  HookHandle b =
      layer.register_forward_pre_hook([&](nn::Module&, const Tensor& in) { return order += "b ", in + 1.0; });
  HookHandle c = layer.register_forward_pre_hook([&](nn::Module&, const Tensor&) { return order += "c ", Tensor(); });
  HookHandle d = layer.register_forward_hook([&](nn::Module&, const Tensor& in, const Tensor& y) {
    order += "d ";
    BOOST_TEST(item(in) == 4);
    BOOST_TEST(item(y) == 8);
    return y * 10.0;
  });
  HookHandle e = layer.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor& y) {
    order += "e ";
    BOOST_TEST(item(y) == 80);
  });
  BOOST_TEST(item(layer(x)) == 80);
  BOOST_TEST(order == "aLinear b c d e ");
  b.remove();
  b.remove();  // twice is as once
  d.remove();
  for (HookHandle* handle : {&a, &c, &e}) handle->remove();
  order.clear();
  BOOST_TEST(item(layer(x)) == 6);
  BOOST_TEST(order == "");
}

BOOST_AUTO_TEST_CASE(belong_to_the_module_and_not_to_the_handle) {
  Net net;
  nn::Linear copy = net.head.fc;
  int calls = 0;
  {
    const nn::ScopedHook hook = copy.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++calls; });
    net(ones({1, 6}));
    BOOST_TEST(calls == 1);
    net.head(ones({1, 3}));
    copy(ones({1, 3}));
    BOOST_TEST(calls == 3);
    copy.forward(ones({1, 3}));  // forward alone is without hooks, as in PyTorch
    BOOST_TEST(calls == 3);
  }
  net(ones({1, 6}));
  BOOST_TEST(calls == 3);

  // In a Sequential, however deep, and for all modules at once.
  std::string names;
  std::vector<nn::ScopedHook> all;
  net.apply([&](nn::Module& m) {
    all.push_back(m.register_forward_hook(
        [&](nn::Module& called, const Tensor&, const Tensor&) { names += called.name() + " "; }));
  });
  net(ones({1, 6}));
  BOOST_TEST(names == "Flatten Linear ReLU Dropout Tanh Sequential Sequential Linear Head Identity Net ");
}

BOOST_AUTO_TEST_CASE(a_scoped_hook_moves) {
  nn::Linear layer = doubling();
  const Tensor x = ones({1, 1}, {.dtype = float64});
  int first = 0, second = 0;
  nn::ScopedHook hook = layer.register_forward_pre_hook([&](nn::Module&, const Tensor&) { ++first; });
  nn::ScopedHook moved = std::move(hook);
  layer(x);
  BOOST_TEST(first == 1);
  moved = layer.register_forward_pre_hook([&](nn::Module&, const Tensor&) { ++second; });  // removes what it held
  layer(x);
  BOOST_TEST(first == 1);
  BOOST_TEST(second == 1);
  moved.remove();
  layer(x);
  BOOST_TEST(second == 1);

  Tensor w = ones({1}, {.requires_grad = true});
  int grads = 0;
  {
    const nn::ScopedHook of_tensor = w.register_hook([&](const Tensor&) { ++grads; });
    (w * 2.0).sum().backward();
  }
  (w * 2.0).sum().backward();
  BOOST_TEST(grads == 1);

  HookHandle outlives;
  {
    nn::Linear gone = doubling();
    outlives = gone.register_forward_pre_hook([](nn::Module&, const Tensor&) {});
  }
  outlives.remove();
}

BOOST_AUTO_TEST_CASE(may_remove_and_add_hooks_while_they_run) {
  nn::Linear layer = doubling();
  const Tensor x = ones({1, 1}, {.dtype = float64});
  std::string order;
  HookHandle once, victim;
  const auto payload = std::make_shared<int>(7);
  once = layer.register_forward_hook([&, payload](nn::Module& m, const Tensor&, const Tensor&) {
    once.remove();
    victim.remove();
    order += std::to_string(*payload) + " ";  // what it captured is alive though it has removed itself
    m.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { order += "late "; });
  });
  victim = layer.register_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { order += "victim "; });
  layer(x);
  BOOST_TEST(order == "7 ");
  layer(x);
  BOOST_TEST(order == "7 late ");
  BOOST_TEST(payload.use_count() == 1);

  // A layer may even take itself out of the container that calls it.
  nn::Sequential net{nn::Tanh(), nn::Tanh()};
  net[0].register_forward_pre_hook([&](nn::Module&, const Tensor&) { net.pop(0); });
  const Tensor y = net(ones({2}));
  BOOST_TEST(same_bits(y, tanh(ones({2}))));
  BOOST_TEST(net.size() == 1u);
}

BOOST_AUTO_TEST_CASE(exceptions_pass_and_leave_modes) {
  Net net;
  net.body[3].eval();
  const auto modes = [&] {
    std::string text;
    for (const nn::Module* m : net.modules()) text += m->is_training() ? "t" : "e";
    return text;
  };
  const std::string before = modes();
  {
    const nn::ScopedHook hook = net.head.fc.register_forward_hook(
        [](nn::Module&, const Tensor&, const Tensor&) -> Tensor { throw std::runtime_error("from the hook"); });
    const auto evaluate = [&] {
      const nn::EvalGuard eval(net);
      BOOST_TEST(modes() == "eeeeeeeeeee");
      net(ones({1, 6}));
    };
    require_throws<std::runtime_error>(evaluate, "from the hook");
    BOOST_TEST(autograd::grad_enabled());
    BOOST_TEST(modes() == before);
    require_throws<std::runtime_error>([&] { net(ones({1, 6})); }, "from the hook");
  }
  BOOST_TEST(before == "ttttteeettt");
  net(ones({1, 6}));
  require_throws<std::invalid_argument>(
      [&] { net.register_forward_hook(std::function<Tensor(nn::Module&, const Tensor&, const Tensor&)>()); },
      "register_forward_hook: the hook is an empty function");
  require_throws<std::invalid_argument>(
      [&] { net.register_forward_pre_hook(static_cast<void (*)(nn::Module&, const Tensor&)>(nullptr)); },
      "register_forward_pre_hook: the hook is an empty function");
}

BOOST_AUTO_TEST_CASE(a_pre_hook_may_bind_a_weight_anew) {
  nn::Linear layer = doubling();
  const Tensor v = layer.unregister_parameter("weight");
  const Tensor g = layer.register_parameter("weight_g", full({1}, 3.0, {.dtype = float64}));
  layer.register_parameter("weight_v", v);
  layer.register_forward_pre_hook([g, v](nn::Module& m, const Tensor&) {
    dynamic_cast<nn::Linear&>(m).weight = v * (g / v.square().sum().sqrt());
  });
  nn::Linear copy = layer;
  nn::Sequential net{layer};
  const Tensor x = ones({1, 1}, {.dtype = float64});
  for (nn::Module* m : {static_cast<nn::Module*>(&layer), static_cast<nn::Module*>(&copy), &net[0]}) {
    BOOST_TEST(item((*m)(x)) == 3);
  }
  net(x).sum().backward();
  BOOST_TEST(item(g.grad()) == 1);
  BOOST_TEST(item(v.grad()) == 0);
  std::string keys;
  for (const auto& [name, tensor] : net.state_dict()) keys += name + " ";
  BOOST_TEST(keys == "0.weight_g 0.weight_v ");
}

// ---- Backward -------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(backward_hooks_see_the_gradients_of_their_call) {
  nn::Linear layer = doubling();
  Tensor x = ones({1, 1}, {.dtype = float64, .requires_grad = true});
  int calls = 0;
  nn::ScopedHook hook =
      layer.register_full_backward_hook([&](nn::Module& m, const Tensor& grad_x, const Tensor& grad_y) {
        ++calls;
        BOOST_TEST(m.name() == "Linear");
        BOOST_TEST(m.parameters().size() == 1u);
        BOOST_TEST(item(grad_x) == 10);  // without what comes around the layer
        BOOST_TEST(item(grad_y) == 5);
      });
  const Tensor y = layer(x) * 5.0 + x * 7.0;
  y.backward({.retain_graph = true});
  y.backward();
  BOOST_TEST(calls == 2);
  BOOST_TEST(item(x.grad()) == 34);

  {
    const NoGradGuard no_grad;
    layer(x);
  }
  const Tensor recorded = layer(x) * 5.0;
  hook.remove();  // looked up when the gradient comes
  recorded.backward();
  BOOST_TEST(calls == 2);
}

BOOST_AUTO_TEST_CASE(backward_hooks_replace_the_gradient_of_the_input) {
  nn::Linear layer = doubling();
  Tensor x = ones({1, 1}, {.dtype = float64, .requires_grad = true});
  const nn::ScopedHook reverse =
      layer.register_full_backward_hook([](nn::Module&, const Tensor& grad, const Tensor&) { return -grad; });
  const nn::ScopedHook scale =
      layer.register_full_backward_hook([](nn::Module&, const Tensor& grad, const Tensor&) { return grad * 3.0; });
  layer(x).backward();
  BOOST_TEST(item(x.grad()) == -6);
  BOOST_TEST(item(layer.weight.grad()) == 1);  // parameters get theirs before

  // It is on the tape like any other, and gradients of gradients that reach the input pass the hook as well:
  // slope = 3·2x, ∂(slope²)/∂x = 3·12·slope without anything from the output.
  nn::Sequential square{[](const Tensor& t) { return t * t; }};
  std::string outputs;
  const nn::ScopedHook triple =
      square.register_full_backward_hook([&](nn::Module&, const Tensor& grad, const Tensor& grad_y) {
        outputs += grad_y.defined() ? (grad_y.requires_grad() ? "graph " : "value ") : "none ";
        return grad * 3.0;
      });
  const Tensor slope = autograd::grad({square(x)}, {x}, {.create_graph = true})[0];
  BOOST_TEST(item(slope) == 6);
  BOOST_TEST(item(autograd::grad({slope.square()}, {x})[0]) == 216);
  BOOST_TEST(outputs == "value none ");

  const nn::ScopedHook wrong =
      square.register_full_backward_hook([](nn::Module&, const Tensor&, const Tensor&) { return ones({2}); });
  x.zero_grad();
  require_throws<AutogradError>([&] { square(x).backward(); },
                                "a hook of Sequential must keep shape and dtype of the gradient, float64 [1, 1], it "
                                "returned float32 [2]");
  BOOST_TEST(!x.grad().defined());
}

BOOST_AUTO_TEST_CASE(backward_hooks_without_a_gradient_of_the_input) {
  nn::Linear layer = doubling();
  const Tensor x = ones({1, 1}, {.dtype = float64});
  int calls = 0;
  {
    const nn::ScopedHook hook =
        layer.register_full_backward_hook([&](nn::Module&, const Tensor& grad_x, const Tensor& grad_y) {
          ++calls;
          BOOST_TEST(!grad_x.defined());
          BOOST_TEST(item(grad_y) == 1);
        });
    layer(x).backward();
    BOOST_TEST(calls == 1);
  }
  const nn::ScopedHook hook =
      layer.register_full_backward_hook([](nn::Module&, const Tensor&, const Tensor& grad_y) { return grad_y; });
  require_throws<AutogradError>([&] { layer(x).backward(); }, "the input of Linear needs no gradient");
}

BOOST_AUTO_TEST_CASE(backward_hooks_outlive_the_handle_and_keep_no_graph) {
  Tensor x = ones({1, 1}, {.dtype = float64, .requires_grad = true});
  std::string seen;
  Tensor y;
  {
    nn::Linear layer = doubling();
    layer.register_full_backward_hook([&](nn::Module& m, const Tensor&, const Tensor&) { seen += m.name(); });
    y = layer(x);
  }
  y.backward();
  BOOST_TEST(seen == "Linear");

  // The gradient of the weight alone does not come by the input; what the call noted must hold no cycle then.
  nn::Linear layer = doubling();
  const nn::ScopedHook hook = layer.register_full_backward_hook([](nn::Module&, const Tensor&, const Tensor&) {});
  const Tensor g = autograd::grad({layer(x).square()}, {layer.weight}, {.create_graph = true})[0];
  BOOST_TEST(item(g) == 4);
}

// ---- Modules with another forward -----------------------------------------------------------------------------------

struct Pair : nn::Module {
  std::pair<Tensor, Tensor> run(const Tensor& x, const Tensor& h) const {
    return with_hooks(x, [&](const Tensor& input) { return std::pair(input * h, input + h); });
  }
  struct Result {
    int other;
    Tensor output;
  };
  Result named(const Tensor& x) const {
    return with_hooks(
        x,
        [](const Tensor& input) {
          return Result{7, input * 2.0};
        },
        [](Result& r) -> Tensor& { return r.output; });
  }
};

BOOST_AUTO_TEST_CASE(with_hooks_serves_any_signature) {
  Pair module;
  Tensor x = full({1}, 2.0, {.requires_grad = true});
  const Tensor h = full({1}, 5.0);
  BOOST_TEST(item(module.run(x, h).first) == 10);
  const nn::ScopedHook before =
      module.register_forward_pre_hook([](nn::Module&, const Tensor& in) { return in + 1.0; });
  const nn::ScopedHook after =
      module.register_forward_hook([](nn::Module&, const Tensor&, const Tensor& y) { return y * 10.0; });
  int calls = 0;
  const nn::ScopedHook backward =
      module.register_full_backward_hook([&](nn::Module&, const Tensor& grad_x, const Tensor& grad_y) {
        ++calls;
        BOOST_TEST(item(grad_x) == (calls == 1 ? 51 : 1));
        BOOST_TEST(grad_y.defined() == (calls == 1));
      });
  auto [y, s] = module.run(x, h);
  BOOST_TEST(item(y) == 150);
  BOOST_TEST(item(s) == 8);
  (y + s).backward();
  module.run(x, h).second.backward();  // an output that hooks do not see
  BOOST_TEST(calls == 2);
  BOOST_TEST(item(x.grad()) == 52);
  const NoGradGuard no_grad;
  BOOST_TEST(item(module.named(x).output) == 60);
  BOOST_TEST(module.named(x).other == 7);
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
