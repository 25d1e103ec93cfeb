// operator<<: the texts are what PyTorch 1.13 prints, with our names of dtypes and ops.
#include <cmath>
#include <iomanip>
#include <sstream>

#include "../fixture.h"

namespace descent {
BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(printing)

namespace {

using namespace descent::testing;

std::string printed(const Tensor& t) {
  std::ostringstream out;
  out << t;
  return out.str();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_number) { BOOST_TEST(printed(tensor(3.5)) == R"(tensor(3.5000))"); }

BOOST_AUTO_TEST_CASE(an_integral_number) { BOOST_TEST(printed(tensor(-3.0)) == R"(tensor(-3.))"); }

BOOST_AUTO_TEST_CASE(an_integer) { BOOST_TEST(printed(tensor(3)) == R"(tensor(3))"); }

BOOST_AUTO_TEST_CASE(a_boolean) { BOOST_TEST(printed(tensor(true)) == R"(tensor(True))"); }

BOOST_AUTO_TEST_CASE(a_vector) {
  BOOST_TEST(printed(tensor({1.0, 2.5, -3.25})) == R"(tensor([ 1.0000,  2.5000, -3.2500]))");
}

BOOST_AUTO_TEST_CASE(a_matrix) {
  BOOST_TEST(printed(tensor({{1.0, 2.0}, {3.0, 4.0}})) == R"(tensor([[1., 2.],
        [3., 4.]]))");
}

BOOST_AUTO_TEST_CASE(padded) {
  BOOST_TEST(printed(tensor({{1.5, -22.25}, {333.125, 0.0}})) == R"(tensor([[  1.5000, -22.2500],
        [333.1250,   0.0000]]))");
}

BOOST_AUTO_TEST_CASE(integers) {
  BOOST_TEST(printed(tensor({{1, -20}, {300, 4}})) == R"(tensor([[  1, -20],
        [300,   4]]))");
}

BOOST_AUTO_TEST_CASE(booleans) { BOOST_TEST(printed(tensor({true, false})) == R"(tensor([ True, False]))"); }

BOOST_AUTO_TEST_CASE(float64s) {
  BOOST_TEST(printed(tensor({1.5, 2.0}, {.dtype = float64})) == R"(tensor([1.5000, 2.0000], dtype=float64))");
}

BOOST_AUTO_TEST_CASE(bytes) {
  BOOST_TEST(printed(tensor({1, 255}, {.dtype = uint8})) == R"(tensor([  1, 255], dtype=uint8))");
}

BOOST_AUTO_TEST_CASE(a_wide_range) {
  BOOST_TEST(printed(tensor({0.001, 1000.0, 2.5})) == R"(tensor([1.0000e-03, 1.0000e+03, 2.5000e+00]))");
}

BOOST_AUTO_TEST_CASE(tiny) { BOOST_TEST(printed(tensor({0.00001, 0.00002})) == R"(tensor([1.0000e-05, 2.0000e-05]))"); }

BOOST_AUTO_TEST_CASE(large_integral) {
  BOOST_TEST(printed(tensor({1e9, 2e9})) == R"(tensor([1.0000e+09, 2.0000e+09]))");
}

BOOST_AUTO_TEST_CASE(integral_with_a_wide_range) {
  BOOST_TEST(printed(tensor({1.0, 2000.0})) == R"(tensor([1.0000e+00, 2.0000e+03]))");
}

BOOST_AUTO_TEST_CASE(integral_at_the_limit) {
  BOOST_TEST(printed(tensor({1.0, 1000.0})) == R"(tensor([   1., 1000.]))");
}

BOOST_AUTO_TEST_CASE(not_finite) {
  BOOST_TEST(printed(from_vector(std::vector<float>{1.5f, NAN, INFINITY, -INFINITY})) ==
             R"(tensor([1.5000,    nan,    inf,   -inf]))");
}

BOOST_AUTO_TEST_CASE(integral_not_finite) {
  BOOST_TEST(printed(from_vector(std::vector<float>{1.f, NAN, -INFINITY})) == R"(tensor([1., nan, -inf]))");
}

BOOST_AUTO_TEST_CASE(only_nan) {
  BOOST_TEST(printed(from_vector(std::vector<float>{NAN, NAN})) == R"(tensor([nan, nan]))");
}

BOOST_AUTO_TEST_CASE(scientific_not_finite) {
  BOOST_TEST(printed(from_vector(std::vector<float>{1e-9f, NAN, INFINITY, 0.f})) ==
             R"(tensor([1.0000e-09,        nan,        inf, 0.0000e+00]))");
}

BOOST_AUTO_TEST_CASE(zeros_and_minus_zero) {
  BOOST_TEST(printed(from_vector(std::vector<float>{0.f, -0.f})) == R"(tensor([0., -0.]))");
}

BOOST_AUTO_TEST_CASE(three_exponent_digits) {
  BOOST_TEST(printed(tensor({1e-200, 1e200}, {.dtype = float64})) ==
             R"(tensor([1.0000e-200, 1.0000e+200], dtype=float64))");
}

BOOST_AUTO_TEST_CASE(wrapped) {
  BOOST_TEST(printed(arange(30).to(float32) / 8.0) ==
             R"(tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,
        1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250,
        2.2500, 2.3750, 2.5000, 2.6250, 2.7500, 2.8750, 3.0000, 3.1250, 3.2500,
        3.3750, 3.5000, 3.6250]))");
}

BOOST_AUTO_TEST_CASE(wrapped_integers) {
  BOOST_TEST(printed(arange(40)) == R"(tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
        36, 37, 38, 39]))");
}

BOOST_AUTO_TEST_CASE(three_dims) {
  BOOST_TEST(printed(arange(12).reshape({2, 2, 3})) == R"(tensor([[[ 0,  1,  2],
         [ 3,  4,  5]],

        [[ 6,  7,  8],
         [ 9, 10, 11]]]))");
}

BOOST_AUTO_TEST_CASE(four_dims) {
  BOOST_TEST(printed(arange(8).reshape({2, 1, 2, 2})) == R"(tensor([[[[0, 1],
          [2, 3]]],


        [[[4, 5],
          [6, 7]]]]))");
}

BOOST_AUTO_TEST_CASE(not_contiguous) {
  BOOST_TEST(printed(arange(6).reshape({2, 3}).t()) == R"(tensor([[0, 3],
        [1, 4],
        [2, 5]]))");
}

BOOST_AUTO_TEST_CASE(expanded) {
  BOOST_TEST(printed(tensor({{1}, {2}}).expand({2, 3})) == R"(tensor([[1, 1, 1],
        [2, 2, 2]]))");
}

BOOST_AUTO_TEST_CASE(exactly_1000) {
  BOOST_TEST(printed(arange(1000).reshape({10, 100}).slice(1, 0, 4)) == R"(tensor([[  0,   1,   2,   3],
        [100, 101, 102, 103],
        [200, 201, 202, 203],
        [300, 301, 302, 303],
        [400, 401, 402, 403],
        [500, 501, 502, 503],
        [600, 601, 602, 603],
        [700, 701, 702, 703],
        [800, 801, 802, 803],
        [900, 901, 902, 903]]))");
}

BOOST_AUTO_TEST_CASE(summarised) {
  BOOST_TEST(printed(arange(1001)) == R"(tensor([   0,    1,    2,  ...,  998,  999, 1000]))");
}

BOOST_AUTO_TEST_CASE(summarised_floats) {
  BOOST_TEST(printed(arange(2000).to(float32).reshape({40, 50}) / 3.0) ==
             R"(tensor([[0.0000e+00, 3.3333e-01, 6.6667e-01,  ..., 1.5667e+01, 1.6000e+01,
         1.6333e+01],
        [1.6667e+01, 1.7000e+01, 1.7333e+01,  ..., 3.2333e+01, 3.2667e+01,
         3.3000e+01],
        [3.3333e+01, 3.3667e+01, 3.4000e+01,  ..., 4.9000e+01, 4.9333e+01,
         4.9667e+01],
        ...,
        [6.1667e+02, 6.1700e+02, 6.1733e+02,  ..., 6.3233e+02, 6.3267e+02,
         6.3300e+02],
        [6.3333e+02, 6.3367e+02, 6.3400e+02,  ..., 6.4900e+02, 6.4933e+02,
         6.4967e+02],
        [6.5000e+02, 6.5033e+02, 6.5067e+02,  ..., 6.6567e+02, 6.6600e+02,
         6.6633e+02]]))");
}

BOOST_AUTO_TEST_CASE(summarised_three_dims) {
  BOOST_TEST(printed(arange(2000).reshape({2, 10, 100})) == R"(tensor([[[   0,    1,    2,  ...,   97,   98,   99],
         [ 100,  101,  102,  ...,  197,  198,  199],
         [ 200,  201,  202,  ...,  297,  298,  299],
         ...,
         [ 700,  701,  702,  ...,  797,  798,  799],
         [ 800,  801,  802,  ...,  897,  898,  899],
         [ 900,  901,  902,  ...,  997,  998,  999]],

        [[1000, 1001, 1002,  ..., 1097, 1098, 1099],
         [1100, 1101, 1102,  ..., 1197, 1198, 1199],
         [1200, 1201, 1202,  ..., 1297, 1298, 1299],
         ...,
         [1700, 1701, 1702,  ..., 1797, 1798, 1799],
         [1800, 1801, 1802,  ..., 1897, 1898, 1899],
         [1900, 1901, 1902,  ..., 1997, 1998, 1999]]]))");
}

BOOST_AUTO_TEST_CASE(summarised_outer_dims) {
  BOOST_TEST(printed(zeros({20, 20, 3})) == R"(tensor([[[0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.],
         ...,
         [0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.]],

        [[0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.],
         ...,
         [0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.]],

        [[0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.],
         ...,
         [0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.]],

        ...,

        [[0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.],
         ...,
         [0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.]],

        [[0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.],
         ...,
         [0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.]],

        [[0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.],
         ...,
         [0., 0., 0.],
         [0., 0., 0.],
         [0., 0., 0.]]]))");
}

BOOST_AUTO_TEST_CASE(empty_vector) { BOOST_TEST(printed(zeros({0})) == R"(tensor([]))"); }

BOOST_AUTO_TEST_CASE(empty_matrix) { BOOST_TEST(printed(zeros({0, 3})) == R"(tensor([], size=(0, 3)))"); }

BOOST_AUTO_TEST_CASE(empty_integers) {
  BOOST_TEST(printed(zeros({0}, {.dtype = int64})) == R"(tensor([], dtype=int64))");
}

BOOST_AUTO_TEST_CASE(empty_dims) {
  BOOST_TEST(printed(zeros({2, 0, 1}, {.dtype = float64})) == R"(tensor([], size=(2, 0, 1), dtype=float64))");
}

BOOST_AUTO_TEST_CASE(a_leaf) {
  BOOST_TEST(printed(ones({2}, {.requires_grad = true})) == R"(tensor([1., 1.], requires_grad=True))");
}

BOOST_AUTO_TEST_CASE(a_float64_leaf) {
  BOOST_TEST(printed(ones({2}, {.dtype = float64, .requires_grad = true})) ==
             R"(tensor([1., 1.], dtype=float64, requires_grad=True))");
}

BOOST_AUTO_TEST_CASE(a_result) {
  BOOST_TEST(printed(ones({2}, {.requires_grad = true}) + ones({2})) == R"(tensor([2., 2.], grad_fn=<add>))");
}

BOOST_AUTO_TEST_CASE(a_suffix_on_a_new_line) {
  BOOST_TEST(printed((arange(8).to(float32) * 1.5).requires_grad_()) ==
             R"(tensor([ 0.0000,  1.5000,  3.0000,  4.5000,  6.0000,  7.5000,  9.0000, 10.5000],
       requires_grad=True))");
}

BOOST_AUTO_TEST_CASE(suffixes_on_the_last_line) {
  BOOST_TEST(printed(arange(9).to(float64).requires_grad_() * 1.25) ==
             R"(tensor([ 0.0000,  1.2500,  2.5000,  3.7500,  5.0000,  6.2500,  7.5000,  8.7500,
        10.0000], dtype=float64, grad_fn=<mul.scalar>))");
}

BOOST_AUTO_TEST_CASE(nothing) { BOOST_TEST(printed(Tensor()) == "Tensor()"); }

BOOST_AUTO_TEST_CASE(of_views_with_offset) {
  BOOST_TEST(printed(arange(12).reshape({3, 4}).slice(0, 1, 3).select(1, 2)) == "tensor([ 6, 10])");
}

// The stream's own settings neither matter nor change.
BOOST_AUTO_TEST_CASE(stream_settings) {
  std::ostringstream out;
  out << std::hex << std::setprecision(2) << tensor({10, 11}) << 255;
  BOOST_TEST(out.str() == "tensor([10, 11])ff");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
}  // namespace descent
