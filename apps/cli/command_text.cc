#include "command_text.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "text.h"

namespace segue::cli {
namespace {

std::string_view word_of(SplitFormat format) {
  switch (format) {
    case SplitFormat::kPairs:
      return "pairs";
    case SplitFormat::kLines:
      return "lines";
    case SplitFormat::kAuto:
    case SplitFormat::kNegatives:
      break;
  }
  return "auto";
}

}  // namespace

std::string reading_flags(const Source& source, std::string_view but) {
  std::string flags;
  for (const CLI::Option* option : source.log_options) {
    if (option->count() == 0 || (!but.empty() && option->check_name(std::string(but)))) continue;
    flags += fmt::format(" {} {}", option->get_name(), shell_quote(option->results().back()));
  }
  return flags;
}

std::string given_split_flags(const EvaluateArgs& e, std::string_view test) {
  std::string flags = fmt::format(" --train {} --test {}", shell_path(e.train), test);
  if (e.format != SplitFormat::kAuto) flags += fmt::format(" --split-format {}", word_of(e.format));
  if (!e.candidates.empty()) flags += " --candidates " + shell_path(e.candidates);
  if (e.negatives > 0) flags += fmt::format(" --among {} --split-seed {}", e.negatives, e.seed);
  return flags;
}

bool is_standard_input(const Source& source) { return source.path == "/dev/stdin"; }

}  // namespace segue::cli
