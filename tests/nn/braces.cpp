// Layers whose sizes are one number or one for each dim take a number, braces around one and braces around several.
#include <sstream>

#include "../fixture.h"
#include "nn/nn.h"

namespace descent {  // the suites reopen the namespaces of the library

BOOST_AUTO_TEST_SUITE(nn)
BOOST_AUTO_TEST_SUITE(braces)
namespace {

using namespace testing;

std::string text(const nn::Module& layer) {
  std::ostringstream out;
  out << layer;
  return out.str();
}

/// All ways to write the same pool of one dim.
template <class Pool>
void check_pool1d(const std::string& printed, const std::string& strided) {
  for (const Pool& layer : {Pool(2), Pool({2}), Pool(std::vector<std::int64_t>{2})}) BOOST_TEST(text(layer) == printed);
  for (const Pool& layer : {Pool(2, {.stride = 1}), Pool(2, {.stride = {1}}), Pool({2}, {.stride = {1}})}) {
    BOOST_TEST(text(layer) == strided);
  }
  require_throws<ShapeError>([] { Pool({2, 3}); }, "kernel_size takes one number or 1, got [2, 3]");
}

template <class Pool>
void check_pool2d(const std::string& name) {
  const std::string square = name + "(kernel_size=2, stride=2, padding=0";
  for (const Pool& layer : {Pool(2), Pool({2})}) BOOST_TEST(text(layer).starts_with(square));
  BOOST_TEST(text(Pool({2, 3})).starts_with(name + "(kernel_size=(2, 3), stride=(2, 3), padding=0"));
  for (const Pool& layer : {Pool(2, {.stride = {2, 1}}), Pool({2}, {.stride = {2, 1}})}) {
    BOOST_TEST(text(layer).starts_with(name + "(kernel_size=2, stride=(2, 1), padding=0"));
  }
}

BOOST_AUTO_TEST_CASE(pooling) {
  using namespace nn;
  check_pool1d<MaxPool1d>("MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
                          "MaxPool1d(kernel_size=2, stride=1, padding=0, dilation=1, ceil_mode=False)");
  check_pool1d<AvgPool1d>("AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))",
                          "AvgPool1d(kernel_size=(2,), stride=(1,), padding=(0,))");
  check_pool1d<MaxUnpool1d>("MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))",
                            "MaxUnpool1d(kernel_size=(2,), stride=(1,), padding=(0,))");
  check_pool2d<MaxPool2d>("MaxPool2d");
  check_pool2d<AvgPool2d>("AvgPool2d");
  BOOST_TEST(text(MaxUnpool2d({2})) == text(MaxUnpool2d({2, 2})));
  BOOST_TEST(text(MaxPool3d({2})) == text(MaxPool3d(2)));
  BOOST_TEST(text(MaxPool3d({2, 1, 2}, {.padding = {1, 0, 1}})).find("padding=(1, 0, 1)") != std::string::npos);
  BOOST_TEST(text(MaxUnpool3d({2})) == text(MaxUnpool3d(2)));
  BOOST_TEST(text(AvgPool3d({2}, {.padding = {1}})) == text(AvgPool3d(2, {.padding = 1})));
  BOOST_TEST(text(LPPool1d(2, {3}, {.stride = {2}})) == text(LPPool1d(2, 3, {.stride = 2})));
  BOOST_TEST(text(LPPool2d(2, {3})) == text(LPPool2d(2, 3)));
}

template <class Pool>
void check_adaptive(const std::string& name) {
  for (const Pool& layer : {Pool(2), Pool({2}), Pool(Extent(2))}) BOOST_TEST(text(layer) == name + "(output_size=2)");
}

BOOST_AUTO_TEST_CASE(adaptive_pooling_and_what_it_keeps) {
  using namespace nn;
  check_adaptive<AdaptiveAvgPool1d>("AdaptiveAvgPool1d");
  check_adaptive<AdaptiveAvgPool2d>("AdaptiveAvgPool2d");
  check_adaptive<AdaptiveAvgPool3d>("AdaptiveAvgPool3d");
  check_adaptive<AdaptiveMaxPool1d>("AdaptiveMaxPool1d");
  check_adaptive<AdaptiveMaxPool2d>("AdaptiveMaxPool2d");
  check_adaptive<AdaptiveMaxPool3d>("AdaptiveMaxPool3d");
  BOOST_TEST(text(AdaptiveAvgPool2d({2, 3})) == "AdaptiveAvgPool2d(output_size=(2, 3))");
  BOOST_TEST(text(AdaptiveAvgPool2d({std::nullopt, 3})) == "AdaptiveAvgPool2d(output_size=(None, 3))");
  BOOST_TEST(text(AdaptiveMaxPool3d({2, std::nullopt, std::nullopt})) ==
             "AdaptiveMaxPool3d(output_size=(2, None, None))");
  BOOST_TEST(text(AdaptiveAvgPool1d({std::nullopt})) == "AdaptiveAvgPool1d(output_size=None)");

  const Tensor x = random_tensor({2, 3, 5, 4}, 1);
  BOOST_TEST(same_bits(AdaptiveAvgPool2d({std::nullopt, 3})(x), adaptive_avg_pool2d(x, {5, 3})));
  BOOST_TEST(same_bits(adaptive_max_pool2d(x, {3, std::nullopt}), adaptive_max_pool2d(x, {3, 4})));
  BOOST_TEST(same_bits(adaptive_avg_pool2d(x, {std::nullopt}), x));
  AdaptiveAvgPool1d whole({std::nullopt});
  BOOST_TEST(same_bits(whole(x[0]), x[0]));
  AdaptiveMaxPool2d rows({std::nullopt, 1});
  for (const std::int64_t height : {5, 2}) {  // the size is of each input, not of the first
    const auto [values, indices] = rows.forward_with_indices(x.slice(2, 0, height));
    BOOST_TEST((values.shape() == Shape{2, 3, height, 1}));
    BOOST_TEST(same_bits(values, x.slice(2, 0, height).amax({3}, true)));
  }
  require_throws<std::invalid_argument>(
      [] {
        AdaptiveAvgPool2d({std::nullopt, -1});
      },
      "AdaptiveAvgPool2d: output_size must be at least 0, got (None, -1)");
  require_throws<ShapeError>(
      [&] {
        adaptive_avg_pool2d(x, {1, std::nullopt, 1});
      },
      "adaptive_avg_pool2d: output_size takes one number or 2, got (1, None, 1)");
}

template <class Pad>
void check_pad() {
  BOOST_TEST(text(Pad({1})) == text(Pad(1)));
  require_throws<ShapeError>([] { Pad({1, 2, 3}); }, "padding takes one number or");
}

BOOST_AUTO_TEST_CASE(padding) {
  using namespace nn;
  check_pad<ZeroPad1d>(), check_pad<ZeroPad2d>(), check_pad<ZeroPad3d>();
  check_pad<ReflectionPad1d>(), check_pad<ReflectionPad2d>(), check_pad<ReflectionPad3d>();
  check_pad<ReplicationPad1d>(), check_pad<ReplicationPad2d>(), check_pad<ReplicationPad3d>();
  check_pad<CircularPad1d>(), check_pad<CircularPad2d>(), check_pad<CircularPad3d>();
  BOOST_TEST(text(ZeroPad1d({1, 2})) == "ZeroPad1d((1, 2))");
  BOOST_TEST(text(ConstantPad1d({1}, 0.5)) == text(ConstantPad1d(1, 0.5)));
  BOOST_TEST(text(ConstantPad2d({1}, 0.5)) == text(ConstantPad2d({1, 1, 1, 1}, 0.5)));
  BOOST_TEST(text(ConstantPad3d({1}, 0.5)) == text(ConstantPad3d(1, 0.5)));
}

template <class Conv>
void check_conv() {
  const std::string printed = text(Conv(1, 1, 2, {.stride = 2, .padding = 1, .dilation = 3}));
  BOOST_TEST(text(Conv(1, 1, {2}, {.stride = {2}, .padding = {1}, .dilation = {3}})) == printed);
}

BOOST_AUTO_TEST_CASE(convolutions_and_windows) {
  using namespace nn;
  check_conv<Conv1d>(), check_conv<Conv2d>(), check_conv<Conv3d>();
  BOOST_TEST(text(ConvTranspose1d(1, 1, {2}, {.stride = {3}, .output_padding = {1}})) ==
             text(ConvTranspose1d(1, 1, 2, {.stride = 3, .output_padding = 1})));
  BOOST_TEST(text(ConvTranspose2d(1, 1, {2}, {.dilation = {3}})) ==
             text(ConvTranspose2d(1, 1, {2, 2}, {.dilation = {3, 3}})));
  BOOST_TEST(text(ConvTranspose3d(1, 1, {2})) == text(ConvTranspose3d(1, 1, 2)));
  ConvTranspose1d up(1, 1, 2, {.stride = 2});
  BOOST_TEST((up(ones({1, 1, 3}), {7}).shape() == Shape{1, 1, 7}));
  BOOST_TEST(text(Unfold({2})) == text(Unfold(2)));
  BOOST_TEST(text(Unfold({2, 3}, {.stride = {2}})) != text(Unfold({2, 3})));
  BOOST_TEST(text(Fold({4}, {2}, {.stride = {2}})) == text(Fold(4, 2, {.stride = 2})));
  BOOST_TEST(text(Upsample({.size = {4}})) == text(Upsample({.size = 4})));
  BOOST_TEST(text(Upsample({.scale_factor = {2}})) == text(Upsample({.scale_factor = 2})));
  BOOST_TEST(text(UpsamplingNearest2d({.scale_factor = {2}})) == text(UpsamplingNearest2d({.scale_factor = 2})));
  BOOST_TEST(text(UpsamplingBilinear2d({.size = {4}})) == text(UpsamplingBilinear2d({.size = 4})));
}

BOOST_AUTO_TEST_CASE(normalisation_and_unflatten) {
  using namespace nn;
  BOOST_TEST(text(LayerNorm({5})) == text(LayerNorm(5)));
  BOOST_TEST(text(LayerNorm({5, 2})).starts_with("LayerNorm((5, 2)"));
  BOOST_TEST(text(RMSNorm({5}, {.eps = 0.5})) == text(RMSNorm(5, {.eps = 0.5})));
  BOOST_TEST((Unflatten(1, {4})(ones({2, 4})).shape() == Shape{2, 4}));
}

}  // namespace
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace descent
