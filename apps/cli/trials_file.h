// The file of a tuning's trials: a line of JSON that says what is tuned, then one a training. Lines are appended and
// synced one by one, so that a kill loses the training that was running and no other; a last line that is not whole is
// taken away.
#ifndef SEGUE_APPS_CLI_TRIALS_FILE_H_
#define SEGUE_APPS_CLI_TRIALS_FILE_H_

#include <filesystem>
#include <vector>

#include "log.h"
#include "segue/tune.h"

namespace segue::cli {

class TrialsFile {
 public:
  /// Opens a file that is there, or begins one.
  /// @param about  what is tuned: a file of anything else is left alone
  /// @throws Error{kInvalidArgument} for the trials of something else; Error{kBadInput} with the line that cannot be
  ///         read; Error{kIo}.
  TrialsFile(std::filesystem::path path, const Json& about);
  ~TrialsFile();
  TrialsFile(const TrialsFile&) = delete;
  TrialsFile& operator=(const TrialsFile&) = delete;

  /// What it held when it was opened.
  const std::vector<Measurement>& known() const { return known_; }
  /// On disk when it returns. @throws Error{kIo}.
  void add(const Measurement& measurement);

 private:
  /// Opens it for this process alone.
  explicit TrialsFile(std::filesystem::path path);
  void write_line(const Json& json);

  std::filesystem::path path_;
  std::vector<Measurement> known_;
  int fd_ = -1;
};

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_TRIALS_FILE_H_
