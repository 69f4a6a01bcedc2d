// FileOutput: a file that appears whole or not at all.
#ifndef SEGUE_OUTPUT_H_
#define SEGUE_OUTPUT_H_

#include <filesystem>
#include <memory>
#include <string_view>

namespace segue {

/// Bytes go to a temporary file in the folder of `path`; commit() makes it durable and gives it its name. Without
/// commit() nothing is left, and a file that was there stays as it is. All of it throws Error{kIo}, naming the file.
/// Not thread-safe.
class FileOutput {
 public:
  explicit FileOutput(const std::filesystem::path& path);
  ~FileOutput();
  FileOutput(FileOutput&&) noexcept;
  FileOutput& operator=(FileOutput&&) noexcept;

  /// Appends. Large pieces are cheaper than small ones.
  void write(std::string_view bytes);
  /// Nothing may follow.
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace segue

#endif  // SEGUE_OUTPUT_H_
