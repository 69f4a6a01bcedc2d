#include "segue/error.h"

#include <array>
#include <utility>

namespace segue {
namespace {

constexpr std::array kErrorCodes = {
    ErrorCodeInfo{ErrorCode::kInvalidArgument, "invalid_argument", 2, 400, "ValueError"},
    ErrorCodeInfo{ErrorCode::kNotFound, "not_found", 3, 404, "KeyError"},
    ErrorCodeInfo{ErrorCode::kAmbiguous, "ambiguous", 4, 409, "LookupError"},
    ErrorCodeInfo{ErrorCode::kBadInput, "bad_input", 5, 422, "ValueError"},
    ErrorCodeInfo{ErrorCode::kCorruptFile, "corrupt_file", 6, 500, "OSError"},
    ErrorCodeInfo{ErrorCode::kIo, "io", 7, 500, "OSError"},
    ErrorCodeInfo{ErrorCode::kOutOfMemory, "out_of_memory", 8, 507, "MemoryError"},
    ErrorCodeInfo{ErrorCode::kNumerical, "numerical", 9, 500, "ArithmeticError"},
    ErrorCodeInfo{ErrorCode::kCancelled, "cancelled", 130, 499, "KeyboardInterrupt"},
};

std::string compose(const Where& where, const std::string& problem, const std::string& fix) {
  std::string text = where.file;
  if (where.line > 0) text.append(text.empty() ? "line " : ":").append(std::to_string(where.line));
  if (where.column > 0) text.append(":").append(std::to_string(where.column));
  if (!text.empty()) text.append(": ");
  text.append(problem);
  if (!fix.empty()) text.append("\n  fix: ").append(fix);
  return text;
}

}  // namespace

std::span<const ErrorCodeInfo> error_codes() { return kErrorCodes; }

const ErrorCodeInfo& describe(ErrorCode code) { return kErrorCodes.at(static_cast<std::size_t>(code)); }

Error::Error(ErrorCode code, Where where, std::string problem, std::string fix)
    : code_(code),
      where_(std::move(where)),
      problem_(std::move(problem)),
      fix_(std::move(fix)),
      text_(compose(where_, problem_, fix_)) {}

}  // namespace segue
