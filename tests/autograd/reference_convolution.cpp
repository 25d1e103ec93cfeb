// Convolutions, pools and resampling against PyTorch's (tests/reference/convolution.py): every option, ties, NaN.
#include <cctype>
#include <map>
#include <sstream>

#include "reference.h"

namespace descent::testing {
namespace {

/// The options that the variant of a case spells: `stride=2x1,padding=same`.
class Spelled {
 public:
  explicit Spelled(const std::string& variant) {
    std::istringstream pairs(variant);
    for (std::string pair; std::getline(pairs, pair, ',');) {
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos) continue;
      std::string value = pair.substr(equals + 1);
      value.erase(value.find_last_not_of('_') + 1);
      values_[pair.substr(0, equals)] = value;
    }
  }
  const std::string* find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
  }
  std::vector<double> numbers(const std::string& name) const {
    std::vector<double> result;
    std::istringstream parts(*find(name));
    for (std::string part; std::getline(parts, part, 'x');) result.push_back(std::stod(part));
    return result;
  }
  void read(const char* name, Extent& to) const {
    if (find(name)) to = extent(name);
  }
  void read(const char* name, bool& to) const {
    if (find(name)) to = *find(name) == "True";
  }
  void read(const char* name, int64_t& to) const {
    if (find(name)) to = std::stoll(*find(name));
  }
  Extent extent(const char* name) const {
    const std::vector<double> all = numbers(name);
    return std::vector<int64_t>(all.begin(), all.end());
  }

 private:
  std::map<std::string, std::string> values_;
};

using Conv = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const ConvOptions&);
using Transpose = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, const ConvTransposeOptions&);

Call convolution(Conv f, const Spelled& spelled) {
  ConvOptions o;
  spelled.read("stride", o.stride);
  spelled.read("dilation", o.dilation);
  spelled.read("groups", o.groups);
  if (const std::string* padding = spelled.find("padding"); padding && std::isalpha(padding->front()))
    o.padding = *padding;
  else if (padding)
    o.padding = spelled.extent("padding");
  return [=](const List& in) { return f(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), o); };
}

Call transposed(Transpose f, const Spelled& spelled) {
  ConvTransposeOptions o;
  spelled.read("stride", o.stride);
  spelled.read("padding", o.padding);
  spelled.read("output_padding", o.output_padding);
  spelled.read("dilation", o.dilation);
  spelled.read("groups", o.groups);
  return [=](const List& in) { return f(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), o); };
}

Call convolution_for(const std::string& name) {
  const std::string op = name.substr(0, name.find('/'));
  const Spelled spelled(name.substr(name.find('/') + 1));
  if (op == "conv1d") return convolution(conv1d, spelled);
  if (op == "conv2d") return convolution(conv2d, spelled);
  if (op == "conv3d") return convolution(conv3d, spelled);
  if (op == "conv_transpose1d") return transposed(conv_transpose1d, spelled);
  if (op == "conv_transpose2d") return transposed(conv_transpose2d, spelled);
  if (op == "conv_transpose3d") return transposed(conv_transpose3d, spelled);
  BOOST_FAIL("no call for " << name);
  return {};
}

template <class F>
Call max_call(F f, const Spelled& spelled) {
  MaxPoolOptions o;
  spelled.read("stride", o.stride);
  spelled.read("padding", o.padding);
  spelled.read("dilation", o.dilation);
  spelled.read("ceil_mode", o.ceil_mode);
  return [f, o, kernel = spelled.extent("kernel_size")](const List& in) { return f(in[0], kernel, o); };
}

template <class F>
Call avg_call(F f, const Spelled& spelled) {
  AvgPoolOptions o;
  spelled.read("stride", o.stride);
  spelled.read("padding", o.padding);
  spelled.read("ceil_mode", o.ceil_mode);
  spelled.read("count_include_pad", o.count_include_pad);
  if (spelled.find("divisor_override")) o.divisor_override = std::stoll(*spelled.find("divisor_override"));
  return [f, o, kernel = spelled.extent("kernel_size")](const List& in) { return f(in[0], kernel, o); };
}

template <class F>
Call lp_call(F f, const Spelled& spelled) {
  LpPoolOptions o;
  spelled.read("stride", o.stride);
  spelled.read("ceil_mode", o.ceil_mode);
  return [f, o, p = spelled.numbers("norm_type")[0], kernel = spelled.extent("kernel_size")](const List& in) {
    return f(in[0], p, kernel, o);
  };
}

Call unpool_call(const Spelled& spelled) {
  MaxUnpoolOptions o;
  spelled.read("stride", o.stride);
  spelled.read("padding", o.padding);
  spelled.read("output_size", o.output_size);
  return [o, kernel = spelled.extent("kernel_size")](const List& in) { return max_unpool2d(in[0], in[1], kernel, o); };
}

template <class F>
Call adaptive_call(F f, const Spelled& spelled) {
  return [f, size = spelled.extent("output_size")](const List& in) { return f(in[0], size); };
}

Call pool_for(const std::string& name) {
  const std::string op = name.substr(0, name.find('/'));
  const Spelled spelled(name.substr(name.find('/') + 1));
  if (op == "max_pool1d") return max_call(max_pool1d, spelled);
  if (op == "max_pool2d") return max_call(max_pool2d, spelled);
  if (op == "max_pool3d") return max_call(max_pool3d, spelled);
  if (op == "max_pool2d_indices")
    return max_call([](const auto&... a) { return max_pool2d_with_indices(a...).indices; }, spelled);
  if (op == "avg_pool1d") return avg_call(avg_pool1d, spelled);
  if (op == "avg_pool2d") return avg_call(avg_pool2d, spelled);
  if (op == "avg_pool3d") return avg_call(avg_pool3d, spelled);
  if (op == "max_unpool2d") return unpool_call(spelled);
  if (op == "lp_pool1d") return lp_call(lp_pool1d, spelled);
  if (op == "lp_pool2d") return lp_call(lp_pool2d, spelled);
  if (op == "adaptive_avg_pool1d") return adaptive_call(adaptive_avg_pool1d, spelled);
  if (op == "adaptive_avg_pool2d") return adaptive_call(adaptive_avg_pool2d, spelled);
  if (op == "adaptive_avg_pool3d") return adaptive_call(adaptive_avg_pool3d, spelled);
  if (op == "adaptive_max_pool1d") return adaptive_call(adaptive_max_pool1d, spelled);
  if (op == "adaptive_max_pool2d") return adaptive_call(adaptive_max_pool2d, spelled);
  if (op == "adaptive_max_pool3d") return adaptive_call(adaptive_max_pool3d, spelled);
  if (op == "adaptive_max_pool2d_indices")
    return adaptive_call([](const auto&... a) { return adaptive_max_pool2d_with_indices(a...).indices; }, spelled);
  BOOST_FAIL("no call for " << name);
  return {};
}

Call resample_for(const std::string& name) {
  const Spelled spelled(name.substr(name.find('/') + 1));
  InterpolateOptions o;
  spelled.read("size", o.size);
  if (spelled.find("scale_factor")) o.scale_factor = spelled.numbers("scale_factor");
  if (spelled.find("mode")) o.mode = *spelled.find("mode");
  spelled.read("align_corners", o.align_corners);
  spelled.read("recompute_scale_factor", o.recompute_scale_factor);
  spelled.read("antialias", o.antialias);
  return [o](const List& in) { return interpolate(in[0], o); };
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_convolution)

BOOST_AUTO_TEST_CASE(convolutions) { check_table("ops/convolution.txt", convolution_for); }
BOOST_AUTO_TEST_CASE(pools) { check_table("ops/pooling.txt", pool_for); }
BOOST_AUTO_TEST_CASE(resampling) { check_table("ops/resample.txt", resample_for); }

// ⌊i / factor⌋ whatever the sizes: PyTorch's values; its gradient takes other places where the factor is no quotient of
// the sizes.
BOOST_AUTO_TEST_CASE(nearest_by_a_factor) {
  const Tensor x = arange(3.0).reshape({1, 1, 3});
  BOOST_TEST((interpolate(x, {.scale_factor = 1.3}).to_vector<float>() == std::vector<float>{0, 0, 1}));
  BOOST_TEST((interpolate(x, {.scale_factor = 2.3}).to_vector<float>() == std::vector<float>{0, 0, 0, 1, 1, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
