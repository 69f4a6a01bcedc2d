#include "testing/temp_dir.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace segue::testing {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "segue_test_XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempDir::write(std::string_view name, std::string_view bytes) const {
  const std::filesystem::path path = path_ / name;
  std::ofstream out(path, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out) throw std::runtime_error("cannot write " + path.string());
  return path;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

std::optional<std::filesystem::path> real_data(std::string_view relative) {
  const char* root = std::getenv("SEGUE_DATA");
  std::filesystem::path path = root != nullptr ? std::filesystem::path(root) : std::filesystem::path(SEGUE_SHARED_DATA);
  path /= relative;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace segue::testing
