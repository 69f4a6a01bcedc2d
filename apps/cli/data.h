// Data: files in and files out, for all subcommands alike.
#ifndef SEGUE_APPS_CLI_DATA_H_
#define SEGUE_APPS_CLI_DATA_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "options.h"
#include "segue/interactions.h"
#include "segue/model.h"
#include "segue/models.h"
#include "session.h"

namespace segue::cli {

struct Data {
  Interactions interactions;
  std::optional<IngestReport> report;  // nothing for a file of ours
};

enum class Detail {
  kFull,
  kDetected,  // how a log was understood, and that rows were rejected
  kBrief      // only that
};

/// Reads a log, or opens a .plays or .segue file, and says what was found.
/// @throws as read_log() and open_interactions() do; Error{kInvalidArgument} for options of a log given with a file of
/// ours.
Data load_data(Session& session, const Source& source, Detail detail);

/// Says so where every value is 1 and a model is left to weigh them by its default, which has nothing to go by then.
void note_if_all_ones(Session& session, const CsrMatrix& plays, std::string_view model, const ModelSettings& given);

/// Says so where more rows of a log were rejected than kept: what was made of the rest may be nonsense.
void warn_if_mostly_rejected(Session& session, const Data& data);

/// @throws Error{kBadInput} saying how to make a model when `path` is a log or a .plays file; else as Model::open().
Model load_model(const Session& session, const std::filesystem::path& path);

/// @throws Error{kNotFound} when there is no such file.
void require_file(const std::filesystem::path& path);

/// What a file is that segue did not write: "is empty", "is not KIND; it looks like a log" with the command `fit` that
/// takes it, or "is not KIND" with `other`.
/// @throws Error{kBadInput}
[[noreturn]] void refuse_foreign_file(const std::filesystem::path& path, std::string_view kind,
                                      const std::string& fix_log, const std::string& fix_other);

/// "logs/plays.tsv.gz" → "plays.segue", in the current folder.
/// @throws Error{kInvalidArgument} when the input is standard input or a pipe, whose name says nothing.
std::filesystem::path default_output(const std::filesystem::path& input, std::string_view extension);

/// Whether it is there and may be read without waiting: not a pipe, not a device.
bool is_plain_file(const std::filesystem::path& path);

/// Whether a file of `kind` ("model", "plays") may be written to `output`: said before hours of work, not after.
/// @throws Error{kInvalidArgument, kNotFound, kIo} when it would replace something else, or its folder is not there.
void require_writable(const std::filesystem::path& output, const std::filesystem::path& input, std::string_view kind);

/// Whether two names are of one file, there or not.
bool same_place(const std::filesystem::path& a, const std::filesystem::path& b);

/// What a file was when it was opened. Who writes it anew from what they read asks it before: what another program
/// wrote there meanwhile, such as a nightly training, must not be lost.
class FileStamp {
 public:
  explicit FileStamp(std::filesystem::path path);
  /// @throws Error{kIo} when the file is another one now, or was changed.
  void require_same() const;

 private:
  using State = std::array<std::int64_t, 5>;  // device, number, bytes, and when it was changed
  static State state_of(const std::filesystem::path& path);

  std::filesystem::path path_;
  State state_;
};

/// Says that a file was written.
void say_written(Session& session, const std::filesystem::path& output, double seconds);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_DATA_H_
