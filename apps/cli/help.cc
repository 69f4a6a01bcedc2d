#include "help.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "console.h"
#include "options.h"
#include "segue/error.h"
#include "text.h"

namespace segue::cli {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kDescription = 26;  // where descriptions begin
constexpr std::size_t kWidest = 100;      // longer lines are hard to read

std::size_t line_width() {
  const std::size_t width = Terminal::of(Stream::kOutput).width();
  return width == 0 ? kWidest : std::clamp<std::size_t>(width, 60, kWidest);
}

/// "  left     text text\n           text\n"; newlines in `text` stay, and lines that begin with a blank are not
/// filled.
std::string two_columns(const std::string& left, std::string_view text) {
  std::string out(kIndent, ' ');
  out += left;
  std::size_t at = kIndent + left.size();
  const auto begin_line = [&] {
    out += "\n" + std::string(kDescription, ' ');
    at = kDescription;
  };
  if (at + 2 > kDescription) {
    begin_line();
  } else {
    out.append(kDescription - at, ' ');
    at = kDescription;
  }
  bool first_line = true;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!first_line) begin_line();
    first_line = false;
    if (line.starts_with(' ')) {
      out += line;
      continue;
    }
    bool first_word = true;
    while (!line.empty()) {
      const std::string_view word = line.substr(0, line.find(' '));
      line.remove_prefix(std::min(line.size(), word.size() + 1));
      if (!first_word && at + 1 + word.size() > line_width()) {
        begin_line();
      } else if (!first_word) {
        out += ' ';
        ++at;
      }
      out += word;
      at += word.size();
      first_word = false;
    }
  }
  return out + "\n";
}

/// "segue fit", however the program is called.
std::string name_of_command(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : name_of_command(*app.get_parent()) + " " + app.get_name();
}

std::string see_help(const CLI::App& app) {
  return fmt::format("{} --help shows the options, and examples", name_of_command(app));
}

std::string without_guard(std::string text) {
  std::erase(text, '\x1f');
  return text;
}

/// The command that was being parsed.
const CLI::App& innermost(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : innermost(*commands.back());
}

/// The option that a complaint of CLI11 begins with, or null.
const CLI::Option* option_of(std::string_view problem, const CLI::App& command) {
  const std::string_view name = problem.substr(0, problem.find_first_of(": "));
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() && option->get_name() == name) return option;
  }
  return nullptr;
}

/// Of the names of an option, such as -n and --top, the one that was typed last.
std::string as_typed(const CLI::Option& option, std::span<const std::string> arguments) {
  std::string typed = option.get_name();
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    for (const std::string& name : option.get_snames()) {
      if (argument.starts_with("-" + name)) typed = "-" + name;
    }
    for (const std::string& name : option.get_lnames()) {
      if (argument.substr(0, argument.find('=')) == "--" + name) typed = "--" + name;
    }
  }
  return typed;
}

}  // namespace

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  std::string out = "\nUsage: " + name;
  if (!app->get_subcommands({}).empty()) return out + " COMMAND [OPTIONS]\n";
  for (const CLI::Option* option : app->get_options([](const CLI::Option* o) { return o->get_positional(); })) {
    out += " " + option->get_name(true, false);
    if (option->get_expected_max() >= CLI::detail::expected_max_vector_size) out += "…";
  }
  return out + " [OPTIONS]\n";
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  std::string out = "\n" + (is_positional ? std::string("Arguments") : group) + ":\n";
  for (const CLI::Option* option : options) out += make_option(option, is_positional);
  return out;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string left = is_positional ? option->get_name(true, false) : option->get_name(false, true);
  std::replace(left.begin(), left.end(), ',', ' ');
  std::string text = option->get_description();
  const std::string type = option->get_type_name();
  if (!is_positional && option->get_items_expected_max() > 0) {
    // Short kinds of value stand behind the option; a list of words stands in the text.
    if (type.find('|') == std::string::npos) {
      left += " " + type;
    } else {
      std::string words = type;
      for (std::size_t at = 0; (at = words.find('|', at)) != std::string::npos; at += 2) words.replace(at, 1, ", ");
      text += ": " + words;
    }
    if (!option->get_default_str().empty()) {
      const std::string mark = fmt::format(" [{}]", option->get_default_str());
      const std::size_t first_line = std::min(text.find('\n'), text.size());
      text.insert(first_line, mark);
    }
  }
  return two_columns(left, text);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  const std::string text = command->get_description();
  return two_columns(command->get_name(), std::string_view(text).substr(0, text.find('\n')));
}

void rethrow(const CLI::ParseError& error, const CLI::App& app, std::span<const std::string> arguments) {
  std::string problem = without_guard(error.what());
  constexpr std::string_view kConversion = "Could not convert: ";
  if (problem.starts_with(kConversion)) problem.erase(0, kConversion.size());
  const CLI::Option* option = option_of(problem, innermost(app));
  const std::string name = option == nullptr ? "" : as_typed(*option, arguments);
  const std::string_view rest = option == nullptr ? "" : std::string_view(problem).substr(option->get_name().size());
  constexpr std::string_view kExcludes = " excludes ";

  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    problem = problem.substr(0, problem.find(' ')) + " is missing";
  } else if (option != nullptr && dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    problem = fmt::format("{} cannot be \"{}\"", name, short_name(rest.substr(rest.find_first_not_of(" ="))));
  } else if (option != nullptr && dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    problem = name + (option->count() < 2    ? " needs one value"
                      : option->count() == 2 ? " is given twice"
                                             : " is given more than twice");
  } else if (option != nullptr && rest.starts_with(kExcludes)) {
    problem = fmt::format("{} and {} do not go together", name, rest.substr(kExcludes.size()));
  } else if (option != nullptr && rest.starts_with(": ")) {
    problem = fmt::format("{} {}", name, rest.substr(2));
  }
  throw Error(ErrorCode::kInvalidArgument, problem, see_help(innermost(app)));
}

void refuse_leftovers(const CLI::App& app) {
  const CLI::App& command = innermost(app);
  std::vector<std::string> left = command.remaining();
  if (left.empty()) left = app.remaining();
  std::erase(left, "--");  // was obeyed
  if (left.empty()) return;
  const std::string argument = without_guard(left.front());
  const std::string word = argument.substr(0, argument.find('='));
  const bool is_option = word.size() > 1 && word.front() == '-';

  std::vector<std::string> known;
  if (is_option) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  } else {
    for (const CLI::App* other : command.get_subcommands({})) known.push_back(other->get_name());
  }
  const std::string_view near = nearest_word(word, known);
  std::string fix = near.empty() ? see_help(command) : fmt::format("did you mean {}? {}", near, see_help(command));
  if (is_option && !command.get_options([](const CLI::Option* o) { return o->get_positional(); }).empty() &&
      near.empty()) {
    fix += "; names that begin with \"-\" go behind \"--\"";
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} has no {} \"{}\"", name_of_command(command),
                          is_option                              ? "option"
                          : !command.get_subcommands({}).empty() ? "command"
                                                                 : "place for",
                          short_name(is_option ? word : argument)),
              fix);
}

}  // namespace segue::cli
