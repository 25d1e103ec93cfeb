#include "state_dict.h"

#include <stdexcept>

namespace descent {

StateDict::StateDict(std::initializer_list<Entry> entries) {
  for (const auto& [name, tensor] : entries) {
    if (contains(name)) throw std::invalid_argument("StateDict: the name '" + name + "' comes twice");
    (*this)[name] = tensor;
  }
}

Tensor& StateDict::operator[](std::string_view name) {
  const auto [position, added] = index_.try_emplace(std::string(name), entries_.size());
  if (added) entries_.emplace_back(position->first, Tensor());
  return entries_[position->second].second;
}

const Tensor& StateDict::at(std::string_view name) const {
  const auto position = index_.find(std::string(name));
  if (position == index_.end()) throw std::out_of_range("StateDict: no entry named '" + std::string(name) + "'");
  return entries_[position->second].second;
}

Tensor& StateDict::at(std::string_view name) { return const_cast<Tensor&>(std::as_const(*this).at(name)); }

bool StateDict::contains(std::string_view name) const { return index_.count(std::string(name)) != 0; }

bool StateDict::erase(std::string_view name) {
  const auto position = index_.find(std::string(name));
  if (position == index_.end()) return false;
  const std::size_t at = position->second;
  index_.erase(position);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(at));
  for (auto& [key, value] : index_) value -= value > at ? 1 : 0;
  return true;
}

}  // namespace descent
