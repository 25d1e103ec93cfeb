// StateDict: tensors by name, in the order in which they were added.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor.h"

namespace descent {

/// What modules and optimizers save and load; keys are PyTorch's. Iteration is in order of insertion:
/// `for (auto& [name, tensor] : state)`.
class StateDict {
 public:
  using Entry = std::pair<std::string, Tensor>;
  using iterator = std::vector<Entry>::iterator;
  using const_iterator = std::vector<Entry>::const_iterator;

  StateDict() = default;
  /// Throws std::invalid_argument for a name that comes twice.
  StateDict(std::initializer_list<Entry> entries);

  /// The tensor of that name; a new undefined one is added if there is none.
  Tensor& operator[](std::string_view name);
  /// Throws std::out_of_range naming the key.
  const Tensor& at(std::string_view name) const;
  Tensor& at(std::string_view name);
  bool contains(std::string_view name) const;
  /// True when there was such an entry.
  bool erase(std::string_view name);
  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }

  iterator begin() noexcept { return entries_.begin(); }
  iterator end() noexcept { return entries_.end(); }
  const_iterator begin() const noexcept { return entries_.begin(); }
  const_iterator end() const noexcept { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace descent
