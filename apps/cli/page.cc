#include "page.h"

#include <fmt/format.h>

#include "segue/output.h"
#include "svg.h"

namespace segue::cli {
namespace {

// Colours of series are told apart by lightness as well as by hue, on either ground.
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ground:#fcfcfb;--text:#1c1c1a;--soft:#63635e;--line:#dededa;--panel:#fff;
--c0:#1f5fc4;--c1:#c2410c;--c2:#0f8a5f;--c3:#8a3fc4;--c4:#a8861a;--c5:#c02a6a;--c6:#4b6a78}
@media(prefers-color-scheme:dark){:root{--ground:#161617;--text:#e9e9e6;--soft:#a2a29c;--line:#35353a;--panel:#1e1e20;
--c0:#7fb0ff;--c1:#ff9a5c;--c2:#4fd0a0;--c3:#c99bff;--c4:#e3c455;--c5:#ff86b5;--c6:#a3bac6}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.15rem;margin:2.5rem 0 .25rem}
p{margin:.25rem 0 .75rem;max-width:46rem}
.note{color:var(--soft);font-size:.9rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.5rem 0;font-size:.9rem}
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em}
.grid-of{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1rem}
figure{margin:0;max-width:36rem;padding:.75rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem;min-width:0}
figcaption{font-size:.9rem;font-weight:600;margin-bottom:.25rem}
svg{display:block;width:100%;height:auto;font-size:12px}
svg text{fill:var(--soft)}
svg .grid{stroke:var(--line)}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round}
svg .whisker{stroke-width:1.5;opacity:.75}
svg .bar{stroke:none}
.wide{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:.3rem .75rem .3rem 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:normal}
th{color:var(--soft);font-weight:600}
caption{text-align:left;font-weight:600;padding-top:.75rem}
.numbers td+td,.numbers th+th{text-align:right;white-space:nowrap}
.texts td:not(:last-child){white-space:nowrap}
@media(max-width:40rem){
table,caption,tbody,tr,td{display:block}
thead{display:none}
tr{padding:.4rem 0;border-bottom:1px solid var(--line)}
.wide td{display:inline-block;border:0;padding:0 1rem 0 0}
.wide .numbers td+td{text-align:left;white-space:normal}
.wide .numbers td:first-child,.wide .texts td:last-child{display:block}
.numbers td:first-child{font-weight:600}
.numbers td+td::before,.texts td::before{content:attr(data-head) " ";color:var(--soft)}
.wide td:empty{display:none}
}
ol{margin:.25rem 0;padding-left:1.5rem}
ul{margin:.25rem 0;padding-left:1.1rem}
.hit{font-weight:600}
.hit::after{content:" \2713";color:var(--c2)}
pre{padding:.75rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem;white-space:pre-wrap;font-size:.85rem}
)";

constexpr std::size_t kColors = 7;  // of the style

}  // namespace

Page::Page(std::string_view title, std::string_view subtitle) : title_(html_text(title)) {
  body_ = fmt::format("<h1>{}</h1>\n<p class=\"note\">{}</p>\n", title_, html_text(subtitle));
}

void Page::heading(std::string_view title, std::string_view note) {
  body_ += fmt::format("<h2>{}</h2>\n", html_text(title));
  if (!note.empty()) body_ += fmt::format("<p class=\"note\">{}</p>\n", html_text(note));
  if (legend_.size() < 2) return;
  body_ += "<div class=\"legend\">";
  for (std::size_t i = 0; i < legend_.size(); ++i) {
    body_ += fmt::format("<span><i style=\"background:var(--c{})\"></i>{}</span>", i % kColors, html_text(legend_[i]));
  }
  body_ += "</div>\n";
}

void Page::pictures(const std::vector<std::pair<std::string, std::string>>& captions_and_svgs) {
  body_ += "<div class=\"grid-of\">\n";
  for (const auto& [caption, svg] : captions_and_svgs) {
    body_ += fmt::format("<figure><figcaption>{}</figcaption>{}</figure>\n", html_text(caption), svg);
  }
  body_ += "</div>\n";
}

void Page::table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows,
                 const TableLook& look) {
  body_ += fmt::format("<div class=\"wide\"><table class=\"{}\">\n", look.numbers ? "numbers" : "texts");
  if (!look.caption.empty()) body_ += fmt::format("<caption>{}</caption>\n", html_text(look.caption));
  body_ += "<thead><tr>";
  for (const std::string& cell : head) body_ += fmt::format("<th>{}</th>", html_text(cell));
  body_ += "</tr></thead>\n<tbody>\n";
  for (const auto& row : rows) {
    body_ += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c) {
      body_ += fmt::format("<td data-head=\"{}\">{}</td>", html_text(head.at(c)), html_text(row[c]));
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
}

void Page::command(std::string_view line) { body_ += fmt::format("<pre>{}</pre>\n", html_text(line)); }

void Page::save(const std::filesystem::path& path) const {
  std::string colors;
  for (std::size_t i = 0; i < kColors; ++i) {
    colors += fmt::format("svg .s{0}{{stroke:var(--c{0})}}svg .s{0}.dot,svg .s{0}.bar{{fill:var(--c{0})}}\n", i);
  }
  FileOutput file(path);
  file.write(
      fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<meta name=\"generator\" content=\"segue\">\n<title>{}</title>\n<style>{}{}</style></head>\n"
                  "<body>\n{}</body></html>\n",
                  title_, kStyle, colors, body_));
  file.commit();
}

}  // namespace segue::cli
