// Errors: one exception type that says where, what, and how to mend it.
//
// Exceptions end an operation; an expected absence is an optional; a rejected row of a log is data, not an error.
#ifndef SEGUE_ERROR_H_
#define SEGUE_ERROR_H_

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace segue {

enum class ErrorCode {
  kInvalidArgument,  // an option or argument is out of its range
  kNotFound,         // an id, a name or a file does not exist
  kAmbiguous,        // a name stands for several items
  kBadInput,         // a log cannot be read as asked
  kCorruptFile,      // a file of ours is damaged or was made by a newer version
  kIo,               // the operating system refused to read or write
  kOutOfMemory,      // the work does not fit the memory that is there
  kNumerical,        // training produced values that are not finite
  kCancelled,        // the caller asked to stop; outputs are untouched
};

/// What the faces of segue make of a code: the one table they all read.
struct ErrorCodeInfo {
  ErrorCode code;
  std::string_view name;              // in JSON and logs
  int exit_status;                    // of the command line
  int http_status;                    // of the server
  std::string_view python_exception;  // of the Python package
};

/// One row per ErrorCode, in the order of the enum.
std::span<const ErrorCodeInfo> error_codes();

/// The row of `code`.
const ErrorCodeInfo& describe(ErrorCode code);

/// A place in an input. Empty or zero fields are unknown.
struct Where {
  std::string file;
  std::int64_t line = 0;    // 1-based
  std::int64_t column = 0;  // 1-based, in bytes
};

/// what() reads "file:line:column: problem\n  fix: remedy", leaving out what is unknown.
class Error : public std::exception {
 public:
  Error(ErrorCode code, Where where, std::string problem, std::string fix);
  Error(ErrorCode code, std::string problem, std::string fix) : Error(code, {}, std::move(problem), std::move(fix)) {}

  ErrorCode code() const { return code_; }
  const Where& where() const { return where_; }
  const std::string& problem() const { return problem_; }
  const std::string& fix() const { return fix_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  ErrorCode code_;
  Where where_;
  std::string problem_;
  std::string fix_;
  std::string text_;
};

}  // namespace segue

#endif  // SEGUE_ERROR_H_
