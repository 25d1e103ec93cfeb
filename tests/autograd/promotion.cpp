// Element types of results: two tensors, a tensor and a number, and what each kind of op makes of them.
#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(promotion)

namespace {

using namespace descent::testing;

const std::vector<DType> kinds = {boolean, uint8, int64, float32, float64};
Tensor one_of(DType dtype) { return ones({2}, {.dtype = dtype}); }

}  // namespace

BOOST_AUTO_TEST_CASE(two_tensors) {
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    for (std::size_t j = 0; j < kinds.size(); ++j) {
      const DType wider = kinds[std::max(i, j)], real = is_floating_point(wider) ? wider : float32;
      const Tensor a = one_of(kinds[i]), b = one_of(kinds[j]);
      BOOST_TEST_CONTEXT(name_of(kinds[i]) << " and " << name_of(kinds[j])) {
        BOOST_TEST((a + b).dtype() == wider);
        BOOST_TEST((a * b).dtype() == wider);
        BOOST_TEST(maximum(a, b).dtype() == wider);
        BOOST_TEST((a / b).dtype() == real);
        BOOST_TEST((a < b).dtype() == boolean);
        BOOST_TEST(where(ones({2}, {.dtype = boolean}), a, b).dtype() == wider);
        BOOST_TEST(cat({a, b}).dtype() == wider);
        const double sum = wider == boolean ? 1 : 2;  // or
        BOOST_TEST((a + b).to_vector<double>()[0] == sum);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_tensor_and_a_number) {
  const auto expect = [](DType tensor, DType with_bool, DType with_int, DType with_float) {
    const Tensor a = one_of(tensor);
    BOOST_TEST_CONTEXT(name_of(tensor)) {
      BOOST_TEST((a * true).dtype() == with_bool);
      BOOST_TEST((a * 3).dtype() == with_int);
      BOOST_TEST((a * 2.5).dtype() == with_float);
      BOOST_TEST((2.5 * a).dtype() == with_float);
      BOOST_TEST((a + 2.5f).dtype() == with_float);
      BOOST_TEST((a / 2).dtype() == (is_floating_point(tensor) ? tensor : float32));
      BOOST_TEST((a == 1).dtype() == boolean);
    }
  };
  expect(boolean, boolean, int64, float32);
  expect(uint8, uint8, uint8, float32);
  expect(int64, int64, int64, float32);
  expect(float32, float32, float32, float32);
  expect(float64, float64, float64, float64);
}

BOOST_AUTO_TEST_CASE(real_functions_of_integers) {
  const Tensor n = arange(1, 4);
  for (const Tensor& t :
       {exp(n), log(n), sqrt(n), sin(n), cos(n), tanh(n), sigmoid(n), softmax(n, 0), logsumexp(n, {0})}) {
    BOOST_TEST(t.dtype() == float32);
  }
  for (const Tensor& t : {neg(n), abs(n), sign(n), square(n), relu(n), n.sum(), n.max()})
    BOOST_TEST(t.dtype() == int64);
  BOOST_TEST(one_of(boolean).sum().dtype() == int64);
  BOOST_TEST(square(one_of(boolean)).dtype() == int64);
  BOOST_TEST(one_of(uint8).sum().dtype() == int64);
  BOOST_TEST(full({300}, 1, {.dtype = uint8}).sum().item<int64_t>() == 300);
  BOOST_TEST(n.argmax().dtype() == int64);
  require_throws<DTypeError>([&] { n.mean(); }, "int64");
}

BOOST_AUTO_TEST_CASE(whole_numbers) {
  BOOST_TEST(((arange(-3, 4) / 2).to_vector<float>()[0] == -1.5f));
  BOOST_TEST((pow(arange(4), 2).to_vector<int64_t>() == std::vector<int64_t>{0, 1, 4, 9}));
  BOOST_TEST(pow(arange(4), 2).dtype() == int64);
  BOOST_TEST(pow(arange(4), 0.5).dtype() == float32);
  const std::int64_t large = (std::int64_t{1} << 53) + 1;  // not a double
  BOOST_TEST((tensor(large) + 2).item<int64_t>() == large + 2);
  BOOST_TEST((tensor(large) == large).item<bool>());
  BOOST_TEST(!(tensor(large) == large - 1).item<bool>());
}

BOOST_AUTO_TEST_CASE(comparisons_with_numbers_of_another_kind) {
  const Tensor n = arange(3);
  BOOST_TEST(((n < 1.5).to_vector<bool>() == std::vector<bool>{true, true, false}));
  BOOST_TEST(((n >= 0.5).to_vector<bool>() == std::vector<bool>{false, true, true}));
  BOOST_TEST(((1.5 < n).to_vector<bool>() == std::vector<bool>{false, false, true}));
}

// Gradients come back in the type of each input.
BOOST_AUTO_TEST_CASE(gradients_keep_their_inputs_type) {
  Tensor a = ones({2}, {.requires_grad = true}), b = ones({2}, {.dtype = float64, .requires_grad = true});
  const Tensor n = arange(1, 3);
  (a * b * n).sum().backward();
  BOOST_TEST(a.grad().dtype() == float32);
  BOOST_TEST(b.grad().dtype() == float64);
  a.zero_grad();
  a.to(float64).square().sum().backward();
  BOOST_TEST(a.grad().dtype() == float32);
  BOOST_TEST(a.grad().to_vector<float>()[0] == 2);
}

// Bytes wrap around, a negative factor too.
BOOST_AUTO_TEST_CASE(addcmul_of_bytes) {
  const Tensor a = tensor({250, 3}).to(uint8), b = tensor({4, 2}).to(uint8), c = tensor({5, 1}).to(uint8);
  BOOST_TEST((addcmul(a, b, c).to_vector<int>() == std::vector<int>{14, 5}));
  BOOST_TEST((addcmul(a, b, c, {.value = -1}).to_vector<int>() == std::vector<int>{230, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
