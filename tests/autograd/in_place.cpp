// Writing in place: what is recorded, what is refused, and the version check of what was saved.
#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(in_place)

namespace {

using namespace descent::testing;

Tensor leaf(double value = 2) { return full({3}, value, {.requires_grad = true}); }
float first(const Tensor& t) { return t.to_vector<float>()[0]; }

/// Every way to write into a tensor.
const std::vector<std::pair<const char*, std::function<void(Tensor&)>>>& writes() {
  static const std::vector<std::pair<const char*, std::function<void(Tensor&)>>> all = {
      {"add_", [](Tensor& t) { t.add_(1.0); }},
      {"add_", [](Tensor& t) { t.add_(ones({3})); }},
      {"sub_", [](Tensor& t) { t -= 1.0; }},
      {"mul_", [](Tensor& t) { t *= ones({3}); }},
      {"div_", [](Tensor& t) { t /= 2.0; }},
      {"copy_", [](Tensor& t) { t.copy_(zeros({3})); }},
      {"fill_", [](Tensor& t) { t.fill_(3.0); }},
      {"zero_", [](Tensor& t) { t.zero_(); }},
      {"uniform_", [](Tensor& t) { t.uniform_(); }},
      {"normal_", [](Tensor& t) { t.normal_(); }},
      {"bernoulli_", [](Tensor& t) { t.bernoulli_(); }},
  };
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_leaf_that_requires_grad_refuses) {
  for (const auto& [name, way] : writes()) {
    const auto& write = way;  // clang 14 captures no structured bindings
    Tensor w = leaf();
    const std::string before = bytes_of(w);
    BOOST_TEST_CONTEXT(name) {
      require_throws<AutogradError>([&] { write(w); }, std::string(name) + ": a leaf that requires grad");
      BOOST_TEST(bytes_of(w) == before);
      {
        NoGradGuard no_grad;
        write(w);
      }
      BOOST_TEST(w.is_leaf());
      BOOST_TEST(w.requires_grad());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_view_refuses) {
  for (const auto& [name, way] : writes()) {
    const auto& write = way;  // clang 14 captures no structured bindings
    BOOST_TEST_CONTEXT(name) {
      Tensor w = leaf(), h = w * 1.0, of_leaf = w.slice(0, 0, 3), of_other = h.slice(0, 0, 3);
      require_throws<AutogradError>([&] { write(of_leaf); }, "NoGradGuard");
      require_throws<AutogradError>([&] { write(of_other); }, "NoGradGuard");
      BOOST_TEST(first(w) == 2);
      NoGradGuard no_grad;
      write(of_leaf);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_detached_view_of_a_leaf) {
  Tensor w = leaf();
  Tensor plain = w.detach();
  plain.fill_(5.0);  // shares the memory, needs no gradient
  BOOST_TEST(first(w) == 5);
}

BOOST_AUTO_TEST_CASE(recorded_on_a_non_leaf) {
  Tensor w = leaf(3), loss = (w * w).sum(), penalty = (w * 4.0).sum();
  const Tensor same = loss;
  loss += penalty;
  BOOST_TEST(same.item<float>() == loss.item<float>());  // one tensor, two handles
  loss.backward();
  BOOST_TEST(first(w.grad()) == 10);

  Tensor x = leaf(3), h = x * 2.0;
  h.mul_(x);  // 2x²
  h.add_(1.0);
  h.sub_(x);  // 2x² + 1 − x
  h.div_(2.0);
  h.sum().backward();
  BOOST_TEST(first(x.grad()) == (4 * 3 - 1) / 2.0);
}

BOOST_AUTO_TEST_CASE(recorded_on_a_plain_tensor) {
  Tensor w = leaf(3), total = zeros({3});
  total += w * 2.0;
  BOOST_TEST(total.requires_grad());
  BOOST_TEST(!total.is_leaf());
  total.sum().backward();
  BOOST_TEST(first(w.grad()) == 2);
}

BOOST_AUTO_TEST_CASE(live_views_refuse_a_recorded_write) {
  Tensor w = leaf(), h = w * 1.0, plain = zeros({3});
  {
    const Tensor of_result = h[0], of_plain = plain.slice(0, 0, 2);
    require_throws<AutogradError>([&] { h *= 2.0; }, "mul_: views of this tensor are alive");
    require_throws<AutogradError>([&] { plain += w; }, "add_: views of this tensor are alive");
    plain += 1.0;  // nothing to record
    BOOST_TEST(first(of_plain) == 1);
  }
  h *= 2.0;
  h[0].backward();
  BOOST_TEST((w.grad().to_vector<float>() == std::vector<float>{2, 0, 0}));
}

BOOST_AUTO_TEST_CASE(through_an_index) {
  Tensor w = leaf();
  const NoGradGuard no_grad;
  w[1] += 1.0;
  w[2] *= w[1];
  BOOST_TEST((w.to_vector<float>() == std::vector<float>{2, 3, 6}));
}

BOOST_AUTO_TEST_CASE(overwritten_values_lose_their_gradient) {
  Tensor w = leaf(3), h = w * 2.0;
  h.copy_(w * 5.0);
  h.sum().backward();
  BOOST_TEST(first(w.grad()) == 5);
  Tensor x = leaf(3), z = x * 2.0;
  z.zero_();
  z.add_(x);
  z.sum().backward();
  BOOST_TEST(first(x.grad()) == 1);
}

BOOST_AUTO_TEST_CASE(a_saved_tensor_that_was_written) {
  for (const auto& [name, way] : writes()) {
    const auto& write = way;  // clang 14 captures no structured bindings
    BOOST_TEST_CONTEXT(name) {
      Tensor w = leaf();
      const Tensor y = (w * w).sum();
      {
        NoGradGuard no_grad;
        write(w);
      }
      require_throws<AutogradError>([&] { y.backward(); }, "mul: ");
      require_throws<AutogradError>([&] { y.backward(); }, "version 1, saved at 0");
      BOOST_TEST(!w.grad().defined());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_saved_output_that_was_written) {
  const Tensor w = leaf();
  Tensor e = w.exp();
  e += 1.0;
  require_throws<AutogradError>([&] { e.sum().backward(); }, "exp: ");
}

// add saves nothing, so nothing can go wrong.
BOOST_AUTO_TEST_CASE(what_was_not_saved_may_be_written) {
  Tensor w = leaf();
  const Tensor y = (w + 1.0).sum();
  NoGradGuard no_grad;
  w.fill_(7.0);
  y.backward();
  BOOST_TEST(first(w.grad()) == 1);
}

BOOST_AUTO_TEST_CASE(every_alias_shares_the_version) {
  const std::vector<std::pair<const char*, std::function<Tensor(Tensor&)>>> aliases = {
      {"detach", [](Tensor& t) { return t.detach(); }},
      {"slice", [](Tensor& t) { return t.slice(0, 2, 3); }},
      {"select", [](Tensor& t) { return t.select(0, 1); }},
      {"view",
       [](Tensor& t) {
         return t.view({3, 1});
       }},
      {"reshape",
       [](Tensor& t) {
         return t.reshape({1, 3});
       }},
      {"unsqueeze", [](Tensor& t) { return t.unsqueeze(0); }},
      {"transpose",
       [](Tensor& t) {
         return t.reshape({3, 1}).transpose(0, 1);
       }},
      {"of a view", [](Tensor& t) { return t.slice(0, 0, 2).slice(0, 1, 2); }},
      {"handle", [](Tensor& t) { return t; }},
  };
  for (const auto& [name, alias] : aliases) {
    BOOST_TEST_CONTEXT(name) {
      Tensor w = leaf();
      const Tensor y = (w * w).sum();
      NoGradGuard no_grad;
      alias(w).fill_(9.0);
      require_throws<AutogradError>([&] { y.backward(); }, "version");
    }
  }
}

BOOST_AUTO_TEST_CASE(mutable_access_counts_as_a_write) {
  Tensor w = leaf();
  const Tensor y = (w * w).sum();
  w.data<float>()[0] = 2;
  require_throws<AutogradError>([&] { y.backward(); }, "version");
  const Tensor z = (w * w).sum();
  BOOST_TEST(std::as_const(w).data<float>()[0] == 2);  // reading does not
  z.backward();
  require_throws<DTypeError>([&] { w.data<double>(); }, "float32");
}

BOOST_AUTO_TEST_CASE(shapes_and_types_of_the_result) {
  Tensor small = ones({3}), whole = ones({3}, {.dtype = int64}), wide = ones({2, 3});
  require_throws<ShapeError>([&] { small.add_(wide); }, "[2, 3]");
  require_throws<ShapeError>([&] { small.copy_(wide); }, "[2, 3]");
  require_throws<DTypeError>([&] { whole.add_(0.5); }, "float32");
  require_throws<DTypeError>([&] { whole.div_(whole); }, "float32");
  BOOST_TEST((whole.to_vector<int64_t>() == std::vector<int64_t>{1, 1, 1}));
  small.add_(ones({3}, {.dtype = float64}));  // converts down, as in PyTorch
  BOOST_TEST(small.dtype() == float32);
  BOOST_TEST(first(small) == 2);
  wide.add_(small);
  BOOST_TEST(first(wide) == 3);
  whole.add_(2);
  BOOST_TEST(whole.to_vector<int64_t>()[0] == 3);
}

BOOST_AUTO_TEST_CASE(overlapping_operands) {
  Tensor x = arange(9).to(float32).reshape({3, 3});
  const Tensor expected = x + x.t();
  x.add_(x.t());
  BOOST_TEST(same_bits(x, expected.clone()));
  Tensor y = arange(4).to(float32);
  y.add_(y);
  BOOST_TEST((y.to_vector<float>() == std::vector<float>{0, 2, 4, 6}));
  Tensor z = arange(9).to(float32).reshape({3, 3});
  const Tensor turned = z.t().clone();
  z.copy_(z.t());
  BOOST_TEST(same_bits(z, turned));
  Tensor s = arange(5).to(float32);
  s.slice(0, 1, 5).copy_(s.slice(0, 0, 4));
  BOOST_TEST((s.to_vector<float>() == std::vector<float>{0, 0, 1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(expanded_memory_refuses) {
  Tensor e = ones({3, 1}).expand({3, 4});
  for (const auto& write : {std::function<void()>([&] { e.add_(1.0); }), std::function<void()>([&] {
                              e.copy_(ones({3, 4}));
                            }),
                            std::function<void()>([&] { e.fill_(2.0); })}) {
    BOOST_CHECK_THROW(write(), Error);
  }
  BOOST_TEST((e.to_vector<float>() == std::vector<float>(12, 1)));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
