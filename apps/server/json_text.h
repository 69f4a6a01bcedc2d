// JsonText: an answer as it is written, from left to right. Answers are lists of items, and as a tree of values, each
// with a heap of its own, they cost more than the search behind them.
#ifndef SEGUE_APPS_SERVER_JSON_TEXT_H_
#define SEGUE_APPS_SERVER_JSON_TEXT_H_

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace segue::server {

/// Commas come by themselves; braces and brackets are the caller's to close. Bytes that are not UTF-8, as ids of old
/// logs have them, become U+FFFD.
class JsonText {
 public:
  JsonText& open_object() { return open('{'); }
  JsonText& close_object() { return close('}'); }
  JsonText& open_list() { return open('['); }
  JsonText& close_list() { return close(']'); }

  /// The name of the next value.
  JsonText& key(std::string_view name);

  JsonText& value(std::string_view text);
  /// What another holds, as it is.
  JsonText& value(const JsonText& other) { return raw(other.text_); }
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(bool flag) { return raw(flag ? "true" : "false"); }
  /// The shortest decimal that reads back the same.
  JsonText& value(float number);
  JsonText& value(double number);
  template <std::integral T>
  JsonText& value(T number) {
    return raw(std::to_string(number));
  }

  template <typename T>
  JsonText& field(std::string_view name, const T& of) {
    return key(name).value(of);
  }

  std::string take() { return std::move(text_); }

 private:
  JsonText& open(char mark);
  JsonText& close(char mark);
  JsonText& raw(std::string_view text);
  void separate();

  std::string text_;
};

}  // namespace segue::server

#endif  // SEGUE_APPS_SERVER_JSON_TEXT_H_
