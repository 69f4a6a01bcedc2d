// OutputFile with a position, for those who know public headers only.
#include <cstdint>
#include <span>

#include "segue/output.h"
#include "store/output_file.h"

namespace segue {

struct TextOutput::State {
  explicit State(const std::filesystem::path& path) : file(path) {}
  OutputFile file;
  std::uint64_t size = 0;
};

TextOutput::TextOutput(const std::filesystem::path& path) : state_(std::make_unique<State>(path)) {}
TextOutput::~TextOutput() = default;
TextOutput::TextOutput(TextOutput&&) noexcept = default;
TextOutput& TextOutput::operator=(TextOutput&&) noexcept = default;

void TextOutput::write(std::string_view text) {
  const std::span<const std::byte> piece = std::as_bytes(std::span(text));
  state_->file.write(state_->size, {&piece, 1});
  state_->size += text.size();
}

void TextOutput::commit() { state_->file.commit(); }

}  // namespace segue
