// Sorting, searching and counting against PyTorch's (tests/reference/sorting.py).
#include "reference.h"

namespace descent::testing {
namespace {

std::vector<std::string> split(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

Tensor part_of(const UniqueResult& r, const std::string& part) {
  return part == "0" ? r.output : part == "1" ? r.inverse_indices : r.counts;
}

Call unique_call(const std::string& op, const std::string& how, const std::string& part) {
  std::optional<int64_t> dim;
  if (how == "0" || how == "1") dim = std::stoll(how);
  if (op == "unique") {
    return [=](const List& in) {
      return part_of(unique(in[0], {.return_inverse = true, .return_counts = true, .dim = dim}), part);
    };
  }
  return [=](const List& in) {
    return part_of(unique_consecutive(in[0], {.return_inverse = true, .return_counts = true, .dim = dim}), part);
  };
}

Call call_for(const std::string& name) {
  const std::vector<std::string> p = split(name);
  const auto number = [&](std::size_t i) -> int64_t { return std::stoll(p.at(i)); };
  const std::string& op = p[0];
  if (op == "sort" || op == "argsort") {
    const int64_t dim = number(1);
    const bool down = number(2) == 1, values = op == "sort";
    return [=](const List& in) {
      return values ? sort(in[0], dim, {.descending = down}).values : argsort(in[0], dim, {.descending = down});
    };
  }
  if (op == "topk") {
    return [k = number(1), largest = number(2) == 1, dim = number(3)](const List& in) {
      return topk(in[0], k, dim, {.largest = largest}).values;
    };
  }
  if (op == "kthvalue") {
    return [k = number(1), dim = number(2)](const List& in) { return kthvalue(in[0], k, dim).values; };
  }
  if (op == "unique" || op == "unique_consecutive") return unique_call(op, p[1], p[2]);
  if (op == "searchsorted") {
    return [right = p[2] == "1"](const List& in) {
      return searchsorted(in[0], in[1], {.right = right, .sorter = in.size() > 2 ? in[2] : Tensor()});
    };
  }
  if (op == "bucketize") {
    return [right = p[1] == "1"](const List& in) { return bucketize(in[0], in[1], {.right = right}); };
  }
  if (op == "bincount") {
    const int64_t least = p.size() > 1 && p[1] == "min12" ? 12 : 0;
    return [=](const List& in) {
      return bincount(in[0], {.weights = in.size() > 1 ? in[1] : Tensor(), .minlength = least});
    };
  }
  if (op == "histc") {
    return [bins = number(1), min = double(number(2)), max = double(number(3))](const List& in) {
      return histc(in[0], {.bins = bins, .min = min, .max = max});
    };
  }
  if (op == "isin") {
    return [invert = p[1] == "1"](const List& in) { return isin(in[0], in[1], {.invert = invert}); };
  }
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_sorting)

BOOST_AUTO_TEST_CASE(sorting) { check_table("ops/sorting.txt", call_for); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
