// The fused loop: sizes, threads, instruction sets, element types, memory with gaps.
#include "kernels/update.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../fixture.h"
#include "cases.h"

using namespace descent;
using namespace descent::testing;
namespace o = descent::optim;

namespace {

/// Three steps from a fixed start; the parameter at the end.
Tensor three_steps(const OptimizerCase& c, const Shape& shape, DType dtype) {
  Tensor p = random_tensor(shape, 7, {.dtype = dtype, .requires_grad = true});
  const auto opt = c.make({p}, 1);
  for (int t = 0; t < 3; ++t) {
    p.set_grad(some_gradient(p, t));
    opt->step();
  }
  return p.detach();
}

class SimdGuard {
 public:
  SimdGuard() : before_(kernels::simd()) {}
  ~SimdGuard() { kernels::simd() = before_; }

 private:
  kernels::Simd before_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(optim)

// Behind a dead unit rows and columns of a gradient are 0, at first or always.
BOOST_AUTO_TEST_CASE(zeros_in_gradients_stay_harmless) {
  for (const OptimizerCase& c : optimizer_cases()) {
    for (const DType dtype : {float32, float64}) {
      for (const Shape& shape : {Shape({6}), Shape({4, 5}), Shape({2, 3, 3, 3})}) {
        for (const bool all : {false, true}) {
          Tensor p = random_tensor(shape, 7, {.dtype = dtype, .requires_grad = true});
          const auto opt = c.make({p}, 1);
          for (int t = 0; t < 4; ++t) {
            Tensor g = some_gradient(p, t) * 1e-3;
            if (all && t < 2) g.zero_();
            g.select(-1, 0).zero_();
            if (shape.dim() > 1) g.select(-2, 1).zero_();
            p.set_grad(g);
            opt->step();
          }
          BOOST_TEST(isfinite(p.detach()).all().item<bool>(), c.name << " " << shape.str() << " " << name_of(dtype));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_element_is_updated_alike) {
  // One element at a time gives what a long row gives: no tail, chunk or vector boundary shows.
  for (const OptimizerCase& c : optimizer_cases()) {
    if (!c.elementwise) continue;
    for (const std::int64_t n : {0, 1, 7, 33, 1000}) {
      for (const DType dtype : {float32, float64}) {
        const Tensor start = random_tensor({n}, 7, {.dtype = dtype});
        const Tensor row = three_steps(c, {n}, dtype);
        std::vector<Tensor> single;
        for (std::int64_t i = 0; i < n; ++i) single.push_back(start.slice(0, i, i + 1).clone().requires_grad_());
        if (n == 0) continue;
        const auto opt = c.make(single, 1);
        for (int t = 0; t < 3; ++t) {
          const Tensor g = some_gradient(start, t);
          for (std::int64_t i = 0; i < n; ++i)
            single[static_cast<std::size_t>(i)].set_grad(g.slice(0, i, i + 1).clone());
          opt->step();
        }
        std::vector<Tensor> values;
        for (const Tensor& p : single) values.push_back(p.detach());
        BOOST_TEST(same_bits(cat(values), row), c.name << " " << n);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_bits) {
  for (const OptimizerCase& c : optimizer_cases()) {
    for (const DType dtype : {float32, float64}) {
      const ThreadsGuard one(1);
      const Tensor expected = three_steps(c, {100003}, dtype);
      for (const int n : {2, 3, 4}) {
        const ThreadsGuard threads(n);
        BOOST_TEST(same_bits(three_steps(c, {100003}, dtype), expected), c.name << " with " << n << " threads");
      }
    }
  }
}

// Sums over rows, columns and whole tensors, with more pieces than threads.
BOOST_AUTO_TEST_CASE(steps_that_look_at_whole_tensors) {
  const SimdGuard restore;
  const kernels::Simd best = kernels::simd();
  for (const OptimizerCase& c : optimizer_cases()) {
    if (c.elementwise) continue;
    for (const Shape& shape : {Shape({3, 150, 201}), Shape({2, 40001}), Shape({40001, 2}), Shape({0, 3}), Shape()}) {
      for (const DType dtype : {float32, float64}) {
        kernels::simd() = best;
        const ThreadsGuard one(1);
        const Tensor expected = three_steps(c, shape, dtype);
        const ThreadsGuard threads(3);
        BOOST_TEST(same_bits(three_steps(c, shape, dtype), expected), c.name << " " << shape);
        kernels::simd() = kernels::Simd::Baseline;
        BOOST_TEST(same_bits(three_steps(c, shape, dtype), expected), c.name << " " << shape);
        BOOST_TEST(std::isfinite(expected.sum().item<double>()));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(instruction_sets_do_not_change_bits) {
  const SimdGuard restore;
  const kernels::Simd best = kernels::simd();
  for (const OptimizerCase& c : optimizer_cases()) {
    for (const DType dtype : {float32, float64}) {
      kernels::simd() = best;
      const Tensor expected = three_steps(c, {1003}, dtype);
      for (const kernels::Simd level : {kernels::Simd::Baseline, kernels::Simd::Avx2}) {
        kernels::simd() = std::min(level, best);
        BOOST_TEST(same_bits(three_steps(c, {1003}, dtype), expected), c.name);
      }
    }
  }
  Tensor p = zeros({1003}, {.requires_grad = true});
  p.set_grad(some_gradient(p, 1));
  for (const double type : {1.0, 2.0, 3.0, std::numeric_limits<double>::infinity()}) {
    kernels::simd() = best;
    const double norm = o::grad_norm({p}, {.norm_type = type});
    for (const kernels::Simd level : {kernels::Simd::Baseline, kernels::Simd::Avx2}) {
      kernels::simd() = std::min(level, best);
      BOOST_TEST(o::grad_norm({p}, {.norm_type = type}) == norm);
    }
  }
}

BOOST_AUTO_TEST_CASE(float32_follows_float64) {
  for (const OptimizerCase& c : optimizer_cases()) {
    Tensor wide = random_tensor({50}, 7, {.dtype = float32}).to(float64).clone().requires_grad_();
    Tensor narrow = wide.detach().to(float32).clone().requires_grad_();
    const auto a = c.make({wide}, 1), b = c.make({narrow}, 1);
    for (int t = 0; t < 20; ++t) {
      const Tensor g = some_gradient(narrow, t);
      narrow.set_grad(g);
      wide.set_grad(g.to(float64));
      a->step();
      b->step();
    }
    BOOST_TEST(max_relative_error(narrow.detach().to(float64), wide.detach()) < 1e-5, c.name);
  }
}

BOOST_AUTO_TEST_CASE(memory_with_gaps) {
  for (const OptimizerCase& c : optimizer_cases()) {
    // A transposed parameter, a sliced one, and gradients that are transposed or repeat one element.
    const Tensor base = random_tensor({20, 30}, 5);
    Tensor plain = base.t().contiguous().clone().requires_grad_();
    Tensor turned = base.clone().t().detach().requires_grad_();
    Tensor holder = zeros({30, 41}, {.dtype = float64});
    Tensor sliced = holder.slice(1, 1, 41, 2).detach();
    sliced.copy_(base.t());
    sliced.requires_grad_();
    BOOST_TEST_REQUIRE((!turned.is_contiguous() && !sliced.is_contiguous()));
    const auto a = c.make({plain}, 1), b = c.make({turned}, 1), d = c.make({sliced}, 1);
    for (int t = 0; t < 3; ++t) {
      Tensor g = some_gradient(base, t).t();
      if (t == 2) g = random_tensor({1}, 11).expand({30, 20});
      plain.set_grad(g.contiguous());
      turned.set_grad(g);
      sliced.set_grad(g);
      a->step();
      b->step();
      d->step();
    }
    BOOST_TEST(same_bits(turned.detach().contiguous(), plain.detach()), c.name);
    BOOST_TEST(same_bits(sliced.detach().contiguous(), plain.detach()), c.name);
    BOOST_TEST(holder.slice(1, 0, 41, 2).abs().sum().item<double>() == 0);  // the gaps stay
  }
}

BOOST_AUTO_TEST_CASE(both_types_in_one_group) {
  Tensor a = random_tensor({5}, 1, {.requires_grad = true});
  Tensor b = random_tensor({5}, 2, {.dtype = float32, .requires_grad = true});
  Tensor alone = random_tensor({5}, 2, {.dtype = float32, .requires_grad = true});
  o::Adam both({a, b}, {.lr = 0.1}), single({alone}, {.lr = 0.1});
  for (Tensor* p : {&a, &b, &alone}) p->set_grad(ones_like(*p));
  both.step();
  single.step();
  BOOST_TEST(same_bits(b.detach(), alone.detach()));
  BOOST_TEST(both.state_bytes() == 2 * 5 * (8 + 4));
}

BOOST_AUTO_TEST_SUITE_END()
