// The name of a type as its author wrote it.
#pragma once

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

namespace descent::autograd {

/// Without namespaces and enclosing functions.
inline std::string short_type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         std::free);
  const std::string full = status == 0 ? demangled.get() : type.name();
  // What follows the last :: outside brackets; a local type's scope may itself hold brackets: f(a::B)::Net.
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (full[i] == '<' || full[i] == '(' || full[i] == '{') ++depth;
    if (full[i] == '>' || full[i] == ')' || full[i] == '}') --depth;
    if (depth == 0 && full.compare(i, 2, "::") == 0) begin = i + 2;
  }
  return full.substr(begin);
}

}  // namespace descent::autograd
