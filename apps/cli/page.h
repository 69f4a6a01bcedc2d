// Page: one HTML file that needs nothing beside it: style and pictures are in it, no script, no network.
#ifndef SEGUE_APPS_CLI_PAGE_H_
#define SEGUE_APPS_CLI_PAGE_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segue::cli {

/// What is given as `html` is HTML already; all else is text.
class Page {
 public:
  Page(std::string_view title, std::string_view subtitle);

  /// Names of series by colour: shown under the headings that follow.
  void legend(std::vector<std::string> names) { legend_ = std::move(names); }
  void heading(std::string_view title, std::string_view note = {});
  /// Pictures, each with a caption; side by side where there is room.
  void pictures(const std::vector<std::pair<std::string, std::string>>& captions_and_svgs);
  struct TableLook {
    std::string caption = {};
    bool numbers = true;  // all columns but the first stand to the right; otherwise the last one is a longer text
  };
  /// Cells are text. On a phone each row is a paragraph, its cells after the names of their columns.
  void table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
             const TableLook& look);
  void html(std::string_view html) { body_ += html; }
  void command(std::string_view line);

  /// The file is whole or not there. @throws Error{kIo}.
  void save(const std::filesystem::path& path) const;

 private:
  std::string title_;
  std::string body_;
  std::vector<std::string> legend_;
};

}  // namespace segue::cli

#endif  // SEGUE_APPS_CLI_PAGE_H_
