#include "module_sequence.h"

#include <algorithm>

#include "../autograd/fail-inl.h"

namespace descent::nn::detail {

namespace {

bool is_number(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

}  // namespace

Lambda::Lambda(std::function<Tensor(const Tensor&)> function) : function_(std::move(function)) {
  if (!function_) throw std::invalid_argument("Sequential: a layer is an empty function");
}

Tensor Lambda::forward(const Tensor& x) { return function_(x); }

std::size_t ModuleSequence::place(std::int64_t index, std::size_t count) const {
  const auto n = static_cast<std::int64_t>(count);
  if (index < -n || index >= n) {
    fail<IndexError>(name().c_str(), "index {} is out of range for {} layers", index, size());
  }
  return static_cast<std::size_t>(index < 0 ? index + n : index);
}

void ModuleSequence::append(const char* name, std::shared_ptr<Module> module) {
  if (*name != '\0') return add_child(name, std::move(module));
  std::size_t number = size();  // taken after slices, which keep their names
  const auto taken = [&] {
    return std::ranges::any_of(child_list(), [&](const Child& child) { return child.first == std::to_string(number); });
  };
  while (taken()) ++number;
  add_child(std::to_string(number), std::move(module));
}

void ModuleSequence::extend(const ModuleSequence& other) { take(other, 0, kEnd, false); }

void ModuleSequence::take(const ModuleSequence& from, std::int64_t begin, std::int64_t end, bool keep_names) {
  const std::vector<Child> children = from.child_list();  // a copy: `from` may be this very one
  const auto count = static_cast<std::int64_t>(children.size());
  const auto cut = [count](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count); };
  const std::vector<Child> before = child_list();
  try {
    for (std::int64_t i = cut(begin); i < cut(end); ++i) {
      const auto& [name, module] = children[static_cast<std::size_t>(i)];
      append(keep_names ? name.c_str() : "", module);
    }
  } catch (...) {
    set_children("extend", before);
    throw;
  }
}

void ModuleSequence::put(std::int64_t index, std::shared_ptr<Module> module) {
  const auto count = static_cast<std::int64_t>(size());
  if (index < -count || index > count) {
    fail<IndexError>(name().c_str(), "insert at index {} is out of range for {} layers", index, count);
  }
  std::vector<Child> children = child_list();
  children.insert(children.begin() + (index < 0 ? index + count : index), {"0", std::move(module)});
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (is_number(children[i].first)) children[i].first = std::to_string(i);
  }
  set_children("insert", std::move(children));
}

void ModuleSequence::exchange(std::int64_t index, std::shared_ptr<Module> module) {
  std::vector<Child> children = child_list();
  children[place(index, size())].second = std::move(module);
  set_children("set", std::move(children));
}

std::shared_ptr<Module> ModuleSequence::pop(std::int64_t index) {
  std::vector<Child> children = child_list();
  const auto at = children.begin() + static_cast<std::ptrdiff_t>(place(index, size()));
  std::shared_ptr<Module> module = at->second;
  children.erase(at);
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (is_number(children[i].first)) children[i].first = std::to_string(i);
  }
  set_children("pop", std::move(children));
  return module;
}

}  // namespace descent::nn::detail
