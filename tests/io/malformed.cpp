// Files that are no safetensors: each is refused with a reason, and nothing but IoError ever comes out.
#include <cmath>
#include <random>

#include "../fixture.h"
#include "files.h"
#include "io/safetensors.h"

using namespace descent;
using namespace descent::io;
using namespace descent::testing;

namespace {

std::string file_of(const std::string& header, const std::string& elements = "") {
  return little_endian(header.size(), 8) + header + elements;
}

void refused_bytes(const std::string& bytes, const std::string& part) {
  const TempDir dir;
  write_file(dir / "file", bytes);
  require_throws<IoError>([&] { load_safetensors(dir / "file"); }, part);
  require_throws<IoError>([&] { load_safetensors(dir / "file"); }, "load_safetensors: '" + dir / "file" + "'");
}

void refused(const std::string& header, std::size_t data_bytes, const std::string& part) {
  refused_bytes(file_of(header, std::string(data_bytes, '\1')), part);
}

/// The header of one tensor.
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"w":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

std::string u8(const std::string& name, int begin, int end) {
  return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) + R"(],"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(io)
BOOST_AUTO_TEST_SUITE(malformed)

BOOST_AUTO_TEST_CASE(lengths) {
  refused_bytes("", "shorter than the 8 bytes");
  refused_bytes(std::string(7, '\0'), "shorter than the 8 bytes");
  refused_bytes(little_endian(0, 8), "does not start with '{'");
  refused_bytes(little_endian(3, 8) + "{}", "a header of 3 bytes, but the file has 2");
  refused_bytes(little_endian(UINT64_MAX, 8) + "{}", "a header of 18446744073709551615 bytes");
  refused_bytes(little_endian(UINT64_MAX - 7, 8) + "{}", "a header of");
  refused_bytes(little_endian(100'000'001, 8) + "{}", "a header of 100000001 bytes");
}

BOOST_AUTO_TEST_CASE(what_is_no_json) {
  for (const char* header : {"{", "{}}", "{} x", "{\"w\"}", "{\"w\":}", "{,}", "{\"w\":\"\xff\"}", "{'w':1}", "{} //",
                             "{\"w\":{\"shape\":[1e999]}}", "{\"w\":{\"shape\":[01]}}"}) {
    refused(header, 0, "");
  }
  refused("{", 0, "no valid JSON");
  refused("{}x", 0, "no valid JSON");
  refused(std::string("{}\0", 3), 0, "holds a NUL byte");
  refused("[]", 0, "does not start with '{'");
  refused(" {}", 0, "does not start with '{'");
  refused("\xEF\xBB\xBF{}", 0, "does not start with '{'");
}

BOOST_AUTO_TEST_CASE(what_is_no_header) {
  refused(R"({"w":1})", 0, "a number where");
  refused(R"({"w":null})", 0, "null where");
  refused(R"({"w":true})", 0, "true or false where");
  refused(R"({"w":"x"})", 0, "text where");
  refused(R"({"w":[]})", 0, "a list where");
  refused(R"({"w":{}})", 0, "dtype is missing");
  refused(R"({"w":{"dtype":"U8","data_offsets":[0,0]}})", 0, "shape is missing");
  refused(R"({"w":{"dtype":"U8","shape":[0]}})", 0, "data_offsets is missing");
  refused(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})", 0, "unknown key 'x'");
  refused(R"({"w":{"dtype":5}})", 0, "a number where");
  refused(R"({"w":{"dtype":{"dtype":"U8"}}})", 0, "an object where");
  refused(R"({"w":{"shape":{}}})", 0, "an object where");
  refused(R"({"w":{"shape":[[1]]}})", 0, "a list where");
  refused(R"({"w":{"shape":["1"]}})", 0, "text where");
  refused(R"({"__metadata__":{"a":1}})", 0, "a number where");
  refused(R"({"__metadata__":{"a":{"b":"c"}}})", 0, "an object where");
  refused(R"({"__metadata__":"a"})", 0, "text where");
  refused(R"({"__metadata__":["a"]})", 0, "a list where");
}

BOOST_AUTO_TEST_CASE(nesting) {
  refused(R"({"w":)" + std::string(1'000'000, '['), 0, "a list where");
  refused(R"({"w":{"shape":)" + std::string(1'000'000, '['), 0, "a list where");
  std::string objects = "{";
  for (int i = 0; i < 100'000; ++i) objects += "\"w\":{";
  refused(objects, 0, "unknown key 'w'");
}

BOOST_AUTO_TEST_CASE(names_that_come_twice) {
  refused("{" + u8("w", 0, 1) + "," + u8("w", 1, 2) + "}", 2, "'w': the name comes twice");
  refused("{" + u8("w", 0, 1) + "," + u8("\\u0077", 1, 2) + "}", 2, "'w': the name comes twice");
  refused(R"({"__metadata__":{},"__metadata__":{}})", 0, "comes twice");
  refused(R"({"__metadata__":{"a":"1","a":"2"}})", 0, "'a' comes twice");
  refused(R"({"w":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0, "dtype comes twice");
  refused(R"({"w":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})", 0, "shape comes twice");
  refused(R"({"w":{"data_offsets":[0,0],"data_offsets":[0,0]}})", 0, "data_offsets comes twice");
}

BOOST_AUTO_TEST_CASE(offsets) {
  refused("{" + u8("a", 0, 4) + "," + u8("b", 3, 6) + "}", 6,
          "'b': its data starts at 3, the data before it ends at 4");
  refused("{" + u8("a", 0, 4) + "," + u8("b", 0, 4) + "}", 4, "its data starts at 0");
  refused("{" + u8("a", 0, 4) + "," + u8("b", 5, 6) + "}", 6, "'b': its data starts at 5");
  refused("{" + u8("a", 1, 4) + "}", 4, "'a': its data starts at 1, the data before it ends at 0");
  refused("{" + u8("a", 0, 4) + "}", 5, "the tensors end at byte 4 of 5");
  refused("{}", 1, "the tensors end at byte 0 of 1");
  refused("{" + u8("a", 0, 4) + "}", 3, "do not lie in the 3 bytes");
  refused(one("U8", "[1]", "[1,0]"), 1, "do not lie in");
  refused(one("U8", "[1]", "[0]"), 1, "must be two numbers");
  refused(one("U8", "[1]", "[]"), 1, "must be two numbers");
  refused(one("U8", "[1]", "[0,1,1]"), 1, "must be two numbers");
  refused(one("U8", "[1]", "[-1,0]"), 1, "number -1 is negative");
  refused(one("U8", "[1]", "[-0,1]"), 1, "negative");
  refused(one("U8", "[1]", "[0,1.0]"), 1, "is no integer");
  refused(one("U8", "[1]", "[0,18446744073709551616]"), 1, "is no integer");
  refused(one("U8", "[1]", "[18446744073709551615,18446744073709551615]"), 1, "do not lie in");
  refused(one("U8", "[1]", "[18446744073709551615,0]"), 1, "do not lie in");
}

BOOST_AUTO_TEST_CASE(sizes) {
  refused(one("F32", "[2]", "[0,4]"), 4, "sizes [2] of F32 need 8 bytes, data_offsets [0, 4] give 4");
  refused(one("U8", "[3]", "[0,4]"), 4, "need 3 bytes");
  refused(one("U8", "[]", "[0,0]"), 0, "need 1 bytes");
  refused(one("U8", "[-1]", "[0,0]"), 0, "number -1 is negative");
  refused(one("U8", "[1.5]", "[0,0]"), 0, "number 1.5 is no integer");
  refused(one("U8", "[18446744073709551615]", "[0,0]"), 0, "is too large");
  refused(one("F32", "[4611686018427387904]", "[0,0]"), 0, "overflow");
  refused(one("F64", "[4294967296,4294967296]", "[0,0]"), 0, "overflow");
  refused(one("F64", "[4294967296,4294967296,0]", "[0,0]"), 0, "overflow");
  refused(one("U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, "more than 12 dimensions");
}

BOOST_AUTO_TEST_CASE(element_types) {
  for (const char* type : {"U64", "F8_E4M3", "F8_E5M2", "C64", "f32", "", "F4"}) {
    refused(one(type, "[1]", "[0,8]"), 8, std::string("element type '") + type + "' is not supported");
  }
  refused_bytes(file_of(one("BOOL", "[2]", "[0,2]"), "\1\2"), "a boolean is stored as 2");
}

BOOST_AUTO_TEST_CASE(names_in_messages_are_tame) {
  const std::string name = "\\u001b[31m" + std::string(1000, 'x');
  const TempDir dir;
  write_file(dir / "file", file_of("{\"" + name + "\":1}"));
  try {
    load_safetensors(dir / "file");
    BOOST_FAIL("accepted");
  } catch (const IoError& error) {
    const std::string what = error.what();
    BOOST_TEST(what.size() < 300u);
    BOOST_TEST(what.find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_metadata_alone_is_checked_as_well) {
  const TempDir dir;
  write_file(dir / "file", file_of("{" + u8("a", 0, 4) + "}", "123"));
  require_throws<IoError>([&] { load_safetensors_metadata(dir / "file"); }, "do not lie in");
}

BOOST_AUTO_TEST_CASE(mutated_files) {
  const std::string original = read_file(std::string(DESCENT_TEST_DATA) + "/io/foreign.safetensors");
  BOOST_TEST_REQUIRE(original.size() > 100u);
  constexpr unsigned seed = 20240601;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  const std::string pieces[] = {"{",       "}",  "[",   "]", ",", "\"", ":", "0", "-", "9", "18446744073709551615",
                                "\\u0000", "e5", "null"};
  const TempDir dir;
  int accepted = 0, refusals = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = original;
    for (unsigned edit = 0; edit <= random() % 3; ++edit) {
      const std::size_t at = random() % std::min<std::size_t>(bytes.size(), 1100);
      switch (random() % 6) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 2:
          bytes.erase(at, random() % 8);
          break;
        case 3:
          bytes.insert(at, pieces[random() % std::size(pieces)]);
          break;
        case 4:
          bytes.replace(at, 1, pieces[random() % std::size(pieces)]);
          break;
        default:
          bytes.resize(at + 1);
          break;
      }
    }
    // Half of the files get a right length again, so that more than the length is put to the test.
    if (bytes.size() >= 8 && random() % 2 == 0) {
      const std::size_t end = bytes.rfind('}');
      if (end != std::string::npos && end >= 8) bytes.replace(0, 8, little_endian(end - 7, 8));
    }
    write_file(dir / "file", bytes);
    try {
      load_safetensors(dir / "file");
      ++accepted;
    } catch (const IoError&) {
      ++refusals;
    }
  }
  BOOST_TEST(accepted > 0);
  BOOST_TEST(refusals > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
