// The structures of the Arrow C data and stream interfaces, whose layout is frozen. A producer hands a pointer to a
// stream over in a capsule named "arrow_array_stream"; whoever takes it calls each structure's release once.
// Specification: arrow.apache.org, "The Arrow C data interface", "The Arrow C stream interface", "The Arrow PyCapsule
// interface".
#ifndef SEGUE_PYTHON_ARROW_ABI_H_
#define SEGUE_PYTHON_ARROW_ABI_H_

#include <cstdint>

namespace segue::python {

struct ArrowSchema {
  const char* format;  // the type, as a short text: "u", "l", "+s"
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);  // null once released
  void* private_data;
};

struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;  // -1: not known
  std::int64_t offset;      // of the first element in all buffers, in elements
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;  // the first is the bitmap of what is there, or null: all is
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(ArrowArrayStream*, ArrowSchema* out);
  int (*get_next)(ArrowArrayStream*, ArrowArray* out);  // at the end an array that is released
  const char* (*get_last_error)(ArrowArrayStream*);
  void (*release)(ArrowArrayStream*);
  void* private_data;
};

/// Owns one of the above, zeroed until somebody fills it.
template <typename T>
class Owned {
 public:
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (held_.release != nullptr) held_.release(&held_);
  }
  T* get() { return &held_; }
  T* operator->() { return &held_; }
  const T& operator*() const { return held_; }

 private:
  T held_{};
};

}  // namespace segue::python

#endif  // SEGUE_PYTHON_ARROW_ABI_H_
