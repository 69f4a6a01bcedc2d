// Array: an immutable run of values that shares its owner, be that the heap or a mapped file.
#ifndef SEGUE_ARRAY_H_
#define SEGUE_ARRAY_H_

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace segue {

/// Copies are cheap and share the values. Thread-safe to read.
template <typename T>
class Array {
 public:
  Array() = default;

  /// Takes the vector's values.
  Array(std::vector<T> values) {  // NOLINT(google-explicit-constructor): a vector is an Array that nobody shares yet
    auto owner = std::make_shared<const std::vector<T>>(std::move(values));
    view_ = {owner->data(), owner->size()};
    owner_ = std::move(owner);
  }

  /// Values that live as long as `owner` does.
  Array(std::span<const T> view, std::shared_ptr<const void> owner) : view_(view), owner_(std::move(owner)) {}

  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const T* data() const { return view_.data(); }
  const T& operator[](std::size_t i) const { return view_[i]; }
  const T* begin() const { return view_.data(); }
  const T* end() const { return view_.data() + view_.size(); }
  std::span<const T> view() const { return view_; }
  std::span<const T> subspan(std::size_t first, std::size_t count) const { return view_.subspan(first, count); }
  /// The same values, [first, first + count) of them, shared.
  Array slice(std::size_t first, std::size_t count) const { return {view_.subspan(first, count), owner_}; }

 private:
  std::span<const T> view_;
  std::shared_ptr<const void> owner_;
};

}  // namespace segue

#endif  // SEGUE_ARRAY_H_
