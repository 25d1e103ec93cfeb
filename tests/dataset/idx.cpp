#include "data/idx.h"

#include <sys/resource.h>

#include <bit>
#include <random>

#include "../fixture.h"
#include "idx_files.h"

using namespace descent;
using namespace descent::data;
using namespace descent::testing;

namespace {

const std::string kSix = "\x01\x02\x03\xFD\xFE\xFF";

/// What read_idx makes of these bytes.
Tensor read(const std::string& bytes) {
  const TempDir dir;
  write_file(dir / "file", bytes);
  return read_idx(dir / "file");
}

void refused(const std::string& bytes, const std::string& part) {
  const TempDir dir;
  write_file(dir / "file", bytes);
  require_throws<IoError>([&] { read_idx(dir / "file"); }, part);
  require_throws<IoError>([&] { read_idx(dir / "file"); }, "read_idx: '" + dir / "file" + "'");
}

std::int64_t peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(data)
BOOST_AUTO_TEST_SUITE(idx_reader)

BOOST_AUTO_TEST_CASE(bytes_plain_and_gzipped) {
  for (const std::string& bytes : {idx(0x08, {2, 3}, kSix), gzip(idx(0x08, {2, 3}, kSix))}) {
    const Tensor t = read(bytes);
    BOOST_TEST(t.dtype() == uint8);
    BOOST_TEST((t.shape() == Shape{2, 3}));
    BOOST_TEST((t.to_vector<int>() == std::vector<int>{1, 2, 3, 253, 254, 255}));
  }
}

BOOST_AUTO_TEST_CASE(every_element_type) {
  const Tensor i8 = read(idx(0x09, {6}, kSix));
  BOOST_TEST(i8.dtype() == int64);
  BOOST_TEST((i8.to_vector<int>() == std::vector<int>{1, 2, 3, -3, -2, -1}));
  const Tensor i16 = read(idx(0x0B, {3}, kSix));
  BOOST_TEST(i16.dtype() == int64);
  BOOST_TEST((i16.to_vector<int>() == std::vector<int>{258, 1021, -257}));
  const Tensor i32 = read(idx(0x0C, {2}, big_endian(0x80000000U, 4) + big_endian(77, 4)));
  BOOST_TEST(i32.dtype() == int64);
  BOOST_TEST((i32.to_vector<std::int64_t>() == std::vector<std::int64_t>{-2147483648LL, 77}));
  const Tensor f32 = read(idx(0x0D, {1}, big_endian(std::bit_cast<std::uint32_t>(-0.1F), 4)));
  BOOST_TEST(f32.dtype() == float32);
  BOOST_TEST(f32.item<float>() == -0.1F);
  const Tensor f64 = read(idx(0x0E, {1, 1}, big_endian(std::bit_cast<std::uint64_t>(1e-300), 8)));
  BOOST_TEST(f64.dtype() == float64);
  BOOST_TEST(f64.item<double>() == 1e-300);
}

BOOST_AUTO_TEST_CASE(more_than_one_chunk) {
  std::string elements;
  for (int i = 0; i < 400'000; ++i) elements += big_endian(static_cast<std::uint64_t>(i), 8);
  for (auto& bytes : {idx(0x0E, {400'000}, elements), gzip(idx(0x0E, {400'000}, elements))}) {
    const Tensor t = read(bytes);
    const auto values = t.to_vector<double>();
    for (std::size_t i = 0; i < values.size(); i += 997) {
      BOOST_TEST_REQUIRE(std::bit_cast<std::uint64_t>(values[i]) == i);
    }
  }
}

BOOST_AUTO_TEST_CASE(empty_and_scalar) {
  BOOST_TEST((read(idx(0x08, {0}, "")).shape() == Shape{0}));
  BOOST_TEST((read(idx(0x0D, {3, 0, 2}, "")).shape() == Shape{3, 0, 2}));
  const Tensor scalar = read(idx(0x08, {}, "\x07"));
  BOOST_TEST(scalar.dim() == 0);
  BOOST_TEST(scalar.item<int>() == 7);
}

BOOST_AUTO_TEST_CASE(joined_gzip_members_are_one_file) {
  const std::string bytes = idx(0x08, {2, 3}, kSix);
  const Tensor t = read(gzip(bytes.substr(0, 9)) + gzip(bytes.substr(9)));
  BOOST_TEST((t.to_vector<int>() == std::vector<int>{1, 2, 3, 253, 254, 255}));
}

BOOST_AUTO_TEST_CASE(malformed_headers) {
  refused("", "shorter than the 4 bytes");
  refused(std::string(3, '\0'), "shorter than the 4 bytes");
  refused(std::string("\1\0\x08\1", 4) + big_endian(1, 4) + "x", "the magic is 01 00 08 01");
  refused(std::string("\0\1\x08\1", 4), "no IDX file");
  refused(idx(0x0A, {1}, "x"), "no IDX file");
  refused("\x89PNG\r\n\x1a\n", "no IDX file");
  refused(idx(0x08, std::vector<std::uint32_t>(13, 1), "x"), "has 13 dimensions, at most 12");
  refused(std::string("\0\0\x08\2\0\0\0\1\0\0", 10), "ends inside its header");
}

BOOST_AUTO_TEST_CASE(malformed_sizes) {
  for (const bool zipped : {false, true}) {
    const auto pack = [&](const std::string& bytes) { return zipped ? gzip(bytes) : bytes; };
    refused(pack(idx(0x08, {2, 3}, kSix.substr(0, 5))), "cut off");
    refused(pack(idx(0x08, {2, 3}, kSix + "x")), "trailing bytes");
    refused(pack(idx(0x0B, {6}, kSix)), "cut off");
    refused(pack(idx(0x08, {}, "")), "cut off");
    refused(pack(idx(0x08, {0}, "x")), "trailing bytes");
    refused(pack(idx(0x08, {4294967295U, 4294967295U, 4294967295U}, kSix)), "overflow");
    refused(pack(idx(0x08, {4294967295U, 4294967295U, 4294967295U, 0}, "")), "overflow");
    refused(pack(idx(0x08, {65536, 65536, 65536, 65536}, kSix)), "overflow");
    refused(pack(idx(0x08, {1U << 30, 1U << 29}, kSix)), "cut off");
  }
}

BOOST_AUTO_TEST_CASE(malformed_gzip) {
  const std::string whole = gzip(idx(0x08, {2, 3}, kSix));
  for (std::size_t keep = 2; keep < whole.size(); ++keep) refused(whole.substr(0, keep), "");
  refused(whole.substr(0, whole.size() - 1), "gzip data is cut off");
  refused(whole + "x", "gzip data");
  refused(whole + whole, "trailing bytes");
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 6] = static_cast<char>(wrong_sum[whole.size() - 6] ^ 1);
  refused(wrong_sum, "bad gzip data");
  std::string wrong_method = whole;
  wrong_method[2] = 7;
  refused(wrong_method, "bad gzip data");
}

BOOST_AUTO_TEST_CASE(a_header_alone_allocates_nothing) {
  // 64 MB of zeros pack into 64 kB, and the header promises just what such a file could hold at the most.
  const std::int64_t before = peak_kilobytes();
  refused(idx(0x08, {2'000'000'000}, std::string(1000, 'x')), "cut off");
  std::mt19937 random(1);
  std::string noise(2'000'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  refused(gzip(idx(0x08, {2'000'000'000}, noise)), "cut off");
  BOOST_TEST(peak_kilobytes() - before < 100'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_file) {
  const TempDir dir;
  require_throws<IoError>([&] { read_idx(dir / "missing"); }, "no such file");
  require_throws<IoError>([&] { read_idx(dir.path().string()); }, "is a directory");
  require_throws<IoError>([&] { read_idx("/dev/zero"); }, "is no regular file");
  require_throws<IoError>([&] { read_idx(""); }, "no such file");
}

BOOST_AUTO_TEST_CASE(damaged_files_throw_nothing_else) {
  const TempDir dir;
  std::mt19937 random(20240607);
  BOOST_TEST_MESSAGE("seed 20240607");
  const std::string plain = idx(0x0B, {2, 3}, kSix + kSix), zipped = gzip(plain);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = round % 2 == 0 ? plain : zipped;
    for (unsigned edit = 0; edit <= random() % 4; ++edit) bytes[random() % bytes.size()] = static_cast<char>(random());
    write_file(dir / "file", bytes);
    try {
      read_idx(dir / "file");
    } catch (const IoError&) {
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
