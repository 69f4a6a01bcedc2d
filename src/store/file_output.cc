// OutputFile with a position, for those who know public headers only.
#include <cstdint>
#include <span>

#include "segue/output.h"
#include "store/output_file.h"

namespace segue {

struct FileOutput::State {
  explicit State(const std::filesystem::path& path) : file(path) {}
  OutputFile file;
  std::uint64_t size = 0;
};

FileOutput::FileOutput(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {}
FileOutput::~FileOutput() = default;
FileOutput::FileOutput(FileOutput&&) noexcept = default;
FileOutput& FileOutput::operator=(FileOutput&&) noexcept = default;

void FileOutput::write(std::string_view bytes) {
  const std::span<const std::byte> piece = std::as_bytes(std::span(bytes));
  state_->file.write(state_->size, {&piece, 1});
  state_->size += bytes.size();
}

void FileOutput::commit() { state_->file.commit(); }

}  // namespace segue
