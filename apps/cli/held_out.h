// What is held out: a log that is split, or a split as others made it. Of evaluate and tune.
#ifndef SEGUE_APPS_CLI_HELD_OUT_H_
#define SEGUE_APPS_CLI_HELD_OUT_H_

#include <optional>
#include <string>
#include <string_view>

#include "log.h"
#include "options.h"
#include "segue/interactions.h"
#include "segue/split.h"
#include "session.h"

namespace segue::cli {

struct HeldOut {
  Split split;
  std::optional<CsrMatrix> candidates;
  Json about;  // of the split
  IdMap users;
  IdMap items;
  StringTable titles = {};  // empty: ids are titles

  std::string_view title(std::uint32_t item) const { return titles.size() != 0 ? titles[item] : items[item]; }
};

/// Refuses what cannot be split, before a long log is read. @throws Error{kInvalidArgument}.
void check_held_out(const EvaluateArgs& e, const Source& source);

/// Reads and splits, and says what came of it.
/// @param expected  what the log must hold; null: anything. @throws Error{kInvalidArgument} where it holds something
/// else.
HeldOut hold_out(Session& session, const EvaluateArgs& e, const Source& source, const Interactions* expected = nullptr);

/// The split in words, with all that tells it from others: "random, share 0.2, seed 42".
std::string split_text(const EvaluateArgs& e);
/// The same as options: " --split random --share 0.2 --split-seed 42".
std::string split_flags(const EvaluateArgs& e);

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_HELD_OUT_H_
