#include "properties.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <typeinfo>

#include "autograd/gradcheck.h"
#include "autograd/tensor_impl.h"

namespace descent::testing {
namespace {

bool wants_gradient(const Arg& arg) {
  return arg.differentiable && (arg.kind != Arg::Kind::Index && arg.kind != Arg::Kind::Mask);
}

/// Calls f(sample, its number) for every sample, with the number in the context of messages.
template <class F>
void each_sample(const Row& row, F&& f) {
  for (std::size_t i = 0; i < row.samples.size(); ++i) {
    BOOST_TEST_CONTEXT(row.name << ", sample " << i) f(row.samples[i]);
  }
}

/// The same values as a leaf with this data, requiring grad where the original does.
Tensor leaf_like(const Tensor& data, const Tensor& original) {
  Tensor leaf = data.detach();
  if (original.requires_grad()) leaf.requires_grad_();
  return leaf;
}

Tensor permuted(const Tensor& t) {
  std::vector<int64_t> reversed(static_cast<std::size_t>(t.dim()));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  NoGradGuard no_grad;
  return leaf_like(t.permute(reversed).clone().permute(reversed), t);
}

/// Every second element of a larger tensor whose other elements would spoil any result.
Tensor sliced(const Tensor& t) {
  NoGradGuard no_grad;
  Shape larger = t.shape();
  for (int64_t& size : larger) size = 2 * size + 1;
  if (t.dim() == 0) larger = {3};
  const Scalar poison = t.is_floating_point() ? Scalar(std::nan("")) : t.dtype() == int64 ? Scalar(-7777) : Scalar(1);
  Tensor view = full(larger, poison, {.dtype = t.dtype()});
  if (t.dim() == 0)
    view = view.select(0, 1);
  else
    for (int64_t d = 0; d < t.dim(); ++d) view = view.slice(d, 1, 2 * t.size(d) + 1, 2);
  view.copy_(t);
  return leaf_like(view, t);
}

/// The first entry along each dim in turn, repeated by a stride of 0.
Tensor expanded(const Tensor& t, int64_t dim) {
  NoGradGuard no_grad;
  return leaf_like(t.slice(dim, 0, 1).clone().expand(t.shape()), t);
}

void compare(const List& found, const List& expected, double tolerance, const char* what) {
  BOOST_TEST_REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (tolerance == 0) {
      BOOST_TEST(same_bits(found[i], expected[i]), what << ": result " << i << " has other bits than it should, error "
                                                        << max_relative_error(found[i], expected[i]));
    } else {
      BOOST_TEST(max_relative_error(found[i], expected[i]) <= tolerance, what << ": result " << i << " is wrong");
    }
  }
}

/// Where there is nothing to vary or nothing comes out, zero gradients are no sign of a check that checks nothing.
autograd::GradCheckOptions gate(const Sample& sample, const List& inputs, double tolerance, bool allow_zero) {
  int64_t in = 0, out = 0;
  for (const Tensor& t : inputs) in += t.requires_grad() ? t.numel() : 0;
  for (const Tensor& t : sample.f(inputs)) out += t.numel();
  return {.eps = 2e-4,
          .atol = tolerance,
          .rtol = tolerance,
          .stencil = 5,
          .allow_zero = allow_zero || sample.constant || in == 0 || out == 0};
}

/// Runs one of the two checkers, reporting what it says.
template <class Check>
void passes(Check check) {
  try {
    BOOST_TEST(check());
  } catch (const std::exception& error) {
    BOOST_TEST(false, error.what());
  }
}

template <class E>
bool is_exactly(const std::exception& error) {
  return typeid(error) == typeid(E);
}

bool has_type(const std::exception& error, Refusal::Type type) {
  switch (type) {
    case Refusal::Type::Shape:
      return is_exactly<ShapeError>(error);
    case Refusal::Type::DType:
      return is_exactly<DTypeError>(error);
    case Refusal::Type::Index:
      return is_exactly<IndexError>(error);
    case Refusal::Type::Autograd:
      return is_exactly<AutogradError>(error);
    case Refusal::Type::Argument:
      return is_exactly<std::invalid_argument>(error);
    default:
      return is_exactly<Error>(error);
  }
}

}  // namespace

List inputs_of(const Sample& sample) {
  List inputs;
  for (std::size_t i = 0; i < sample.args.size(); ++i) {
    inputs.push_back(make(sample.args[i], i + 1));
    if (wants_gradient(sample.args[i])) inputs.back().requires_grad_();
  }
  return inputs;
}

List forward_and_backward(const Sample& sample, const List& inputs) {
  const List outputs = sample.f(inputs);
  List results, roots, cotangents, leaves;
  for (const Tensor& out : outputs) {
    results.push_back(out.detach());
    if (!out.requires_grad()) continue;
    roots.push_back(out);
    cotangents.push_back(random_tensor(out.shape(), 77 + roots.size(), {.low = 0.5, .high = 1.5}).to(out.dtype()));
  }
  for (const Tensor& in : inputs) {
    if (in.requires_grad()) leaves.push_back(in);
  }
  List gradients(leaves.size());
  if (!roots.empty()) gradients = autograd::grad(roots, leaves, {.grad_outputs = cotangents, .allow_unused = true});
  results.insert(results.end(), gradients.begin(), gradients.end());
  return results;
}

void check_forward(const Row& row) {
  each_sample(row, [&](const Sample& sample) {
    List narrow, wide;
    for (const Tensor& t : inputs_of(sample)) {
      const bool real = t.is_floating_point();
      narrow.push_back(real ? t.detach().to(float32).requires_grad_(t.requires_grad()) : t);
      wide.push_back(real ? narrow.back().detach().to(float64).requires_grad_(t.requires_grad()) : t);
    }
    const List in32 = forward_and_backward(sample, narrow), in64 = forward_and_backward(sample, wide);
    BOOST_TEST_REQUIRE(in32.size() == in64.size());
    for (std::size_t i = 0; i < in32.size(); ++i) {
      if (!in64[i].defined() || in64[i].dtype() != float64) {
        BOOST_TEST(same_bits(in32[i], in64[i]), "result " << i << " depends on the precision");
        continue;
      }
      BOOST_TEST(in32[i].dtype() == float32, "result " << i << " of float32 inputs is " << name_of(in32[i].dtype()));
      BOOST_TEST(max_relative_error(in32[i], in64[i]) <= row.traits.tolerance32,
                 "result " << i << " in float32 is off by " << max_relative_error(in32[i], in64[i]));
    }
  });
}

void check_first_order(const Row& row) {
  each_sample(row, [&](const Sample& sample) {
    const List in = inputs_of(sample);
    passes([&] { return autograd::gradcheck_list(sample.f, in, gate(sample, in, 1e-9, row.traits.zero_gradient)); });
  });
}

void check_second_order(const Row& row) {
  each_sample(row, [&](const Sample& sample) {
    const List in = inputs_of(sample);
    passes([&] { return autograd::gradgradcheck_list(sample.f, in, gate(sample, in, 1e-8, row.traits.zero_second)); });
  });
}

void check_needs(const Row& row) {
  each_sample(row, [&](const Sample& sample) {
    const List inputs = inputs_of(sample), all = forward_and_backward(sample, inputs);
    const auto leaves = std::count_if(inputs.begin(), inputs.end(), [](const Tensor& t) { return t.requires_grad(); });
    std::size_t at = all.size() - static_cast<std::size_t>(leaves);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].requires_grad()) continue;
      List one;
      for (const Tensor& t : inputs) one.push_back(t.detach());
      one[i].requires_grad_();
      compare({forward_and_backward(sample, one).back()}, {all[at++]}, 0, "the gradient asked for alone");
    }
  });
}

void check_no_gradient(const Row& row) {
  each_sample(row, [&](const Sample& sample) {
    for (const Tensor& out : sample.f(inputs_of(sample))) BOOST_TEST(!out.requires_grad());
  });
}

void check_layouts(const Row& row) {
  const double tolerance = row.traits.layout_tolerance;
  each_sample(row, [&](const Sample& sample) {
    const List inputs = inputs_of(sample);
    const List expected = forward_and_backward(sample, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      List changed = inputs;
      changed[i] = permuted(inputs[i]);
      compare(forward_and_backward(sample, changed), expected, tolerance, "permuted");
      changed[i] = sliced(inputs[i]);
      compare(forward_and_backward(sample, changed), expected, tolerance, "sliced");
      for (int64_t d = 0; d < inputs[i].dim() && inputs[i].numel() > 0; ++d) {
        changed[i] = expanded(inputs[i], d);
        List plain = inputs;
        plain[i] = leaf_like(changed[i].detach().clone(), inputs[i]);
        compare(forward_and_backward(sample, changed), forward_and_backward(sample, plain), tolerance, "expanded");
      }
    }
    List changed;
    for (const Tensor& t : inputs) changed.push_back(permuted(t));
    compare(forward_and_backward(sample, changed), expected, tolerance, "all permuted");
  });
}

void check_edges(const Row& row) {
  bool empty = false, scalar = false;
  each_sample(row, [&](const Sample& sample) {
    const List inputs = inputs_of(sample);
    bool edge = false;
    for (const Tensor& t : inputs) {
      empty = empty || t.numel() == 0;
      scalar = scalar || t.dim() == 0;
      edge = edge || t.numel() == 0 || t.dim() == 0;
    }
    if (!edge) return;
    const List results = forward_and_backward(sample, inputs);
    std::size_t at = sample.f(inputs).size();
    for (const Tensor& t : inputs) {
      if (!t.requires_grad()) continue;
      const Tensor& gradient = results[at++];
      BOOST_TEST((!gradient.defined() || gradient.shape() == t.shape()), "a gradient has another shape than its input");
    }
  });
  BOOST_TEST(empty == row.traits.empty, "zero-size inputs: the samples and the row's traits disagree");
  BOOST_TEST(scalar == row.traits.scalar, "0-dim inputs: the samples and the row's traits disagree");
}

void check_unchanged(const Row& row) {
  each_sample(row, [&](const Sample& sample) {
    const List inputs = inputs_of(sample);
    List copies;
    std::vector<std::uint32_t> versions;
    for (const Tensor& t : inputs) {
      copies.push_back(t.detach().clone());
      versions.push_back(t.impl()->storage->version.load());
    }
    forward_and_backward(sample, inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      BOOST_TEST(same_bits(inputs[i], copies[i]), "input " << i << " has been changed");
      BOOST_TEST(inputs[i].impl()->storage->version.load() == versions[i], "input " << i << " counts as written");
      BOOST_TEST(!inputs[i].grad().defined());
    }
  });
}

void check_refusals(const Row& row) {
  for (std::size_t r = 0; r < row.refusals.size(); ++r) {
    BOOST_TEST_CONTEXT(row.name << ", refusal " << r << ": " << row.refusals[r].part) {
      const Refusal& refusal = row.refusals[r];
      List inputs = refusal.inputs();
      for (Tensor& t : inputs) {
        if (t.defined() && t.is_floating_point()) t.requires_grad_();
      }
      List copies;
      for (const Tensor& t : inputs) copies.push_back(t.defined() ? t.detach().clone() : Tensor());
      const Snapshot before = take_snapshot();
      bool threw = false;
      try {
        refusal.call(inputs);
      } catch (const std::exception& error) {
        threw = true;
        BOOST_TEST(has_type(error, refusal.type), "thrown: " << typeid(error).name() << " " << error.what());
        BOOST_TEST(std::string(error.what()).find(refusal.part) != std::string::npos,
                   "the message \"" << error.what() << "\" lacks \"" << refusal.part << "\"");
      }
      BOOST_TEST(threw, "nothing was thrown");
      const std::string changed = differences(before, take_snapshot());
      BOOST_TEST(changed.empty(), "the refused call left behind: " << changed);
      for (std::size_t i = 0; i < inputs.size(); ++i) BOOST_TEST(same_bits(inputs[i], copies[i]));
    }
  }
}

void check_threads(const Row& row) {
  const List inputs = inputs_of(row.large);
  List expected;
  {
    ThreadsGuard one(1);
    expected = forward_and_backward(row.large, inputs);
  }
  for (int n = 2; n <= 4; ++n) {
    ThreadsGuard several(n);
    compare(forward_and_backward(row.large, inputs), expected, 0, "other numbers of threads");
  }
}

}  // namespace descent::testing
