// Intrusive, atomic reference counts: a handle is one pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace descent::autograd {

/// Base of all that is counted. A new object has one owner.
struct RefCounted {
  std::atomic<std::uint32_t> references{1};

  void retain() noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  /// True for the last owner, who then destroys the object.
  bool release() noexcept {
    // The only owner cannot be joined by another, so its reference stays: the count never becomes 0, and what finds
    // the object without owning it (GradSlot) can tell whether it is still there.
    std::uint32_t count = references.load(std::memory_order_acquire);
    while (count != 1) {
      if (references.compare_exchange_weak(count, count - 1, std::memory_order_acq_rel, std::memory_order_acquire))
        return false;
    }
    return true;
  }
  bool unique() const noexcept { return references.load(std::memory_order_acquire) == 1; }
};

/// Owner of a T, which derives from RefCounted and offers `static void destroy(T*) noexcept`.
template <class T>
class Ref {
 public:
  Ref() noexcept = default;
  /// Takes over one reference.
  static Ref adopt(T* object) noexcept {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  /// Adds a reference.
  static Ref share(T* object) noexcept {
    if (object) object->retain();
    return adopt(object);
  }
  Ref(const Ref& other) noexcept : object_(other.object_) {
    if (object_) object_->retain();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ && object_->release()) T::destroy(object_);
  }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace descent::autograd
