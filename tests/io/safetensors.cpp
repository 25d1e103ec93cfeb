#include "io/safetensors.h"

#include <cmath>
#include <filesystem>
#include <limits>

#include "../fixture.h"
#include "files.h"

using namespace descent;
using namespace descent::io;
using namespace descent::testing;

namespace {

const double kInf = std::numeric_limits<double>::infinity();
const std::string kData = std::string(DESCENT_TEST_DATA) + "/io/";

StateDict ours() {
  StateDict state;
  state["flag"] = tensor({true, false, true});
  state["weight"] = tensor({{0.5, -1.0, 2.0}, {3.25, -0.0, 1e30}});
  state["pixels"] = tensor({200}).to(uint8);
  state["empty"] = zeros({0});
  state["step"] = tensor(12);
  state["quo\"te é\n"] = from_vector(std::vector<double>{0.1, -1e-300});
  return state;
}

void require_same(const StateDict& a, const StateDict& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  auto other = b.begin();
  for (const auto& [name, t] : a) {
    BOOST_TEST(name == other->first);
    BOOST_TEST(same_bits(t, other->second), name);
    ++other;
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(io)
BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(round_trip_keeps_order_types_and_bits) {
  const TempDir dir;
  const StateDict state = ours();
  save_safetensors(dir / "net", state);
  const StateDict loaded = load_safetensors(dir / "net");
  require_same(state, loaded);
  for (const auto& [name, t] : loaded) BOOST_TEST(!t.requires_grad());
  BOOST_TEST(load_safetensors_metadata(dir / "net").empty());
}

BOOST_AUTO_TEST_CASE(writes_what_an_independent_writer_writes) {
  const TempDir dir;
  save_safetensors(dir / "net", ours(), {{"b", "x y"}, {"a", "1"}});
  BOOST_TEST((read_file(dir / "net") == read_file(kData + "ours.safetensors")));
  save_safetensors(dir / "nothing", {});
  BOOST_TEST((read_file(dir / "nothing") == read_file(kData + "nothing.safetensors")));
  BOOST_TEST(load_safetensors(dir / "nothing").empty());
}

BOOST_AUTO_TEST_CASE(reads_every_element_type) {
  const StateDict s = load_safetensors(kData + "foreign.safetensors");
  BOOST_TEST(s.size() == 13u);
  const auto integers = [&](const char* name) { return s.at(name).to_vector<std::int64_t>(); };
  using Integers = std::vector<std::int64_t>;
  BOOST_TEST(s.at("bool").dtype() == boolean);
  BOOST_TEST((integers("bool") == Integers{1, 0, 1}));
  BOOST_TEST(s.at("u8").dtype() == uint8);
  BOOST_TEST((integers("u8") == Integers{0, 255}));
  for (const char* name : {"i8", "i16", "u16", "i32", "u32", "i64"}) BOOST_TEST(s.at(name).dtype() == int64);
  BOOST_TEST((integers("i8") == Integers{-128, 0, 127}));
  BOOST_TEST((integers("i16") == Integers{-32768, 32767}));
  BOOST_TEST((s.at("i16").shape() == Shape{2, 1}));
  BOOST_TEST((integers("u16") == Integers{0, 65535}));
  BOOST_TEST((integers("i32") == Integers{-2147483648LL, 2147483647}));
  BOOST_TEST((integers("u32") == Integers{0, 4294967295LL}));
  BOOST_TEST((integers("i64") == Integers{INT64_MIN, INT64_MAX}));
  BOOST_TEST(s.at("f16").dtype() == float32);
  const Tensor half = from_vector(std::vector<float>{65504, 0x1p-14F, 0x1p-24F, -0x1p-24F, 0x1.554p-2F, -0.0F,
                                                     static_cast<float>(kInf), 1023 * 0x1p-24F});
  BOOST_TEST(same_bits(s.at("f16"), half));
  const Tensor brain = from_vector(std::vector<float>{1, -0x1p-126F, 0x1p-133F, 255, -static_cast<float>(kInf)});
  BOOST_TEST(same_bits(s.at("bf16"), brain));
  BOOST_TEST(s.at("f32").dim() == 0);
  BOOST_TEST(s.at("f32").item<float>() == 0.1F);
  BOOST_TEST((s.at("f64").to_vector<double>() == std::vector<double>{0.1, -1e-300}));
  BOOST_TEST((s.at("empty").shape() == Shape{0, 3}));
  const auto metadata = load_safetensors_metadata(kData + "foreign.safetensors");
  BOOST_TEST(metadata.size() == 2u);
  BOOST_TEST(metadata.at("format") == "pt");
  BOOST_TEST(metadata.at("note") == "ü");
}

BOOST_AUTO_TEST_CASE(every_half_is_read_exactly) {
  std::string elements;
  for (unsigned bits = 0; bits < 65536; ++bits) elements += little_endian(bits, 2);
  const std::string header = R"({"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}})";
  const TempDir dir;
  write_file(dir / "half", little_endian(header.size(), 8) + header + elements);
  const auto values = load_safetensors(dir / "half").at("h").to_vector<float>();
  for (unsigned bits = 0; bits < 65536; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 31), fraction = static_cast<int>(bits & 1023);
    const double size = exponent == 0   ? std::ldexp(fraction, -24)
                        : exponent < 31 ? std::ldexp(1024 + fraction, exponent - 25)
                        : fraction == 0 ? kInf
                                        : std::nan("");
    const double value = values[bits];
    BOOST_TEST_REQUIRE((std::isnan(size) ? std::isnan(value) : std::abs(value) == size));
    BOOST_TEST_REQUIRE(std::signbit(value) == (bits >= 32768));
  }
}

BOOST_AUTO_TEST_CASE(any_layout_and_larger_than_a_piece) {
  const TempDir dir;
  const Tensor x = random_tensor({300, 500}, 3, {.dtype = float32, .requires_grad = true});
  StateDict state;
  state["transposed"] = x.t();
  state["slice"] = x.slice(1, 3, 400, 7);
  state["expanded"] = x.slice(0, 0, 1).expand({4, 500});
  save_safetensors(dir / "net", state);
  const StateDict loaded = load_safetensors(dir / "net");
  for (const auto& [name, t] : state) {
    BOOST_TEST((loaded.at(name).shape() == t.shape()));
    BOOST_TEST((loaded.at(name).to_vector<float>() == t.to_vector<float>()));
  }
}

BOOST_AUTO_TEST_CASE(the_data_is_aligned) {
  const TempDir dir;
  for (int length = 1; length < 12; ++length) {
    StateDict state;
    state[std::string(static_cast<std::size_t>(length), 'n')] = tensor({1, 2, 3}).to(uint8);
    state["d"] = zeros({2}, {.dtype = float64});
    save_safetensors(dir / "net", state);
    const std::string bytes = read_file(dir / "net");
    BOOST_TEST(static_cast<unsigned char>(bytes[0]) % 8 == 0);
    BOOST_TEST(bytes.find("\"data_offsets\":[0,16]") != std::string::npos);
    require_same(state, load_safetensors(dir / "net"));
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_saved) {
  const TempDir dir;
  const auto save = [&](const std::string& name, const Tensor& t) {
    StateDict state;
    state[name] = t;
    save_safetensors(dir / "net", state);
  };
  require_throws<IoError>([&] { save("__metadata__", ones({1})); }, "__metadata__");
  require_throws<IoError>([&] { save("w", Tensor()); }, "tensor 'w' is undefined");
  require_throws<IoError>([&] { save("\xff", ones({1})); }, "not UTF-8");
  require_throws<IoError>([&] { save_safetensors(dir / "net", {}, {{"k", "\xc0"}}); }, "not UTF-8");
  BOOST_TEST(std::filesystem::is_empty(dir.path()));
}

BOOST_AUTO_TEST_CASE(what_is_no_file) {
  const TempDir dir;
  require_throws<IoError>([&] { load_safetensors(dir / "missing"); }, "missing': no such file");
  require_throws<IoError>([&] { load_safetensors(dir.path().string()); }, "is a directory");
  require_throws<IoError>([&] { load_safetensors("/dev/zero"); }, "is no regular file");
  require_throws<IoError>([&] { load_safetensors_metadata(dir / "missing"); }, "no such file");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
