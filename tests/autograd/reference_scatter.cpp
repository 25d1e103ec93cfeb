// Writes and reads at indices against PyTorch's (tests/reference/scatter.py).
#include <map>

#include "reference.h"

namespace descent::testing {
namespace {

Call reduction(std::string variant) {  // amax1_ties: the kind, include_self, what is awkward about the case
  variant = variant.substr(0, variant.find('_'));
  const bool self = variant.back() == '1';
  const std::string kind = variant.substr(0, variant.size() - 1);
  return [=](const List& in) { return scatter_reduce(in[0], 0, in[1], in[2], kind, {.include_self = self}); };
}

Call call_for(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string op = name.substr(0, slash), variant = slash == std::string::npos ? "" : name.substr(slash + 1);
  static const std::map<std::string, Call> simple = {
      {"scatter/dim0", [](const List& in) { return scatter(in[0], 0, in[1], in[2]); }},
      {"scatter/last", [](const List& in) { return scatter(in[0], -1, in[1], in[2]); }},
      {"scatter/number", [](const List& in) { return scatter(in[0], 0, in[1], -1.5); }},
      {"scatter/empty", [](const List& in) { return scatter(in[0], 0, in[1], 7); }},
      {"scatter/nonfinite", [](const List& in) { return scatter(in[0], 0, in[1], in[2]); }},
      {"scatter/add", [](const List& in) { return scatter(in[0], 0, in[1], in[2], {.reduce = "add"}); }},
      {"take", [](const List& in) { return take(in[0], in[1]); }},
      {"take_along_dim/flat", [](const List& in) { return take_along_dim(in[0], in[1]); }},
  };
  if (const auto found = simple.find(name); found != simple.end()) return found->second;
  if (op == "scatter_reduce") {
    const Call call = reduction(variant);
    if (!variant.ends_with("_nan")) return call;
    return [call](const List& in) { return call(in).detach(); };
  }
  if (op == "index_copy" || op == "index_fill" || op == "take_along_dim") {
    const int64_t dim = std::stoll(variant);
    return [=](const List& in) {
      if (op == "take_along_dim") return take_along_dim(in[0], in[1], dim);
      return op == "index_copy" ? index_copy(in[0], dim, in[1], in[2]) : index_fill(in[0], dim, in[1], 2.5);
    };
  }
  BOOST_FAIL("no op for the reference case " << name);
  return {};
}

/// `_` stands for `:`, `m` for the next tensor as a mask, `i` for the next one as it is.
Call index_call(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string op = name.substr(0, slash), variant = name.substr(slash + 1);
  return [=](const List& in) {
    std::size_t next = op == "index" ? 1 : 2;
    List indices;
    for (const char c : variant)
      indices.push_back(c == '_' ? Tensor() : c == 'm' ? in[next++].to(boolean) : in[next++]);
    return op == "index" ? index(in[0], indices) : index_put(in[0], indices, in[1], {.accumulate = op == "index_add"});
  };
}

BOOST_AUTO_TEST_SUITE(autograd)
BOOST_AUTO_TEST_SUITE(reference_scatter)

BOOST_AUTO_TEST_CASE(writes) { check_table("ops/scatter.txt", call_for); }
BOOST_AUTO_TEST_CASE(indexing) { check_table("ops/indexing.txt", index_call); }

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace descent::testing
