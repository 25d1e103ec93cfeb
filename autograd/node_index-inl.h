// Which nodes of a pass wait, by address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace descent::autograd {

struct Node;

/// Position of a node in a vector, by address: open addressing, erased by shifting back. Keeps to the live frontier.
class NodeIndex {
 public:
  std::int32_t& operator[](const Node* node) {
    if (count_ * 2 >= slots_.size()) grow();
    std::size_t at = start(node);
    while (slots_[at].node && slots_[at].node != node) at = (at + 1) & (slots_.size() - 1);
    if (!slots_[at].node) {
      slots_[at] = {node, -1};
      ++count_;
    }
    return slots_[at].value;
  }
  void erase(const Node* node) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t hole = start(node);
    while (slots_[hole].node != node) hole = (hole + 1) & mask;
    for (std::size_t at = (hole + 1) & mask; slots_[at].node; at = (at + 1) & mask) {
      if (((at - start(slots_[at].node)) & mask) >= ((at - hole) & mask)) {
        slots_[hole] = slots_[at];
        hole = at;
      }
    }
    slots_[hole].node = nullptr;
    --count_;
  }

 private:
  struct Slot {
    const Node* node = nullptr;
    std::int32_t value = -1;
  };
  std::size_t start(const Node* node) const {
    const auto key = reinterpret_cast<std::uintptr_t>(node) >> 6;
    return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15ull >> 20) & (slots_.size() - 1);
  }
  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    count_ = 0;
    for (const Slot& slot : old) {
      if (slot.node) (*this)[slot.node] = slot.value;
    }
  }

  std::vector<Slot> slots_ = std::vector<Slot>(64);
  std::size_t count_ = 0;
};

}  // namespace descent::autograd
