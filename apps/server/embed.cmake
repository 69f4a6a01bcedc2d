# Writes the bytes of FILE as explorer_page() to OUTPUT: as numbers, since compilers limit the length of string literals.
file(READ ${FILE} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "// Made by embed.cmake.
#include \"page.h\"

namespace segue::server {
namespace {

constexpr unsigned char kPage[] = {
${bytes}};

}  // namespace

std::string_view explorer_page() { return {reinterpret_cast<const char*>(kPage), sizeof kPage}; }

}  // namespace segue::server
")
