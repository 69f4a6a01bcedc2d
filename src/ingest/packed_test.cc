// Packed logs: gzip, zstd and tar give what the plain log gives, and damage is an error.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstdio>
#include <thread>

#include "ingest/read_source.h"
#include "segue/error.h"
#include "testing/temp_dir.h"

namespace segue::ingest {
namespace {

std::string gzip(std::string_view text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// A file in a tar, its header included.
std::string tar_entry(const std::string& name, const std::string& bytes, char type = '0') {
  std::string header(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { header.replace(at, text.size(), text); };
  const auto octal = [](std::size_t number, int digits) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), "%0*zo", digits, number);
    return std::string(text.data());
  };
  put(0, name.substr(0, 100));
  put(124, octal(bytes.size(), 11));
  header[156] = type;
  put(257, "ustar");
  put(148, "        ");
  std::size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + std::string(1, '\0'));
  return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

const std::string kEnd(1024, '\0');

std::string log_text() {
  std::string text;
  for (int i = 0; i < 20000; ++i)
    text += "user" + std::to_string(i / 50) + "\titem " + std::to_string(i * 7 % 500) + "\t" +
            std::to_string(i % 90 + 1) + "\n";
  return text;
}

class Packed : public ::testing::Test {
 protected:
  IngestResult read(const std::string& bytes, const IngestOptions& options = {}) {
    segue::Run run;
    run.threads = 3;
    return read_log_in_chunks(dir_.write("log", bytes), 4096, options, run);
  }
  void expect_same(const IngestResult& got) {
    const IngestResult plain = read(log_text());
    EXPECT_EQ(got.report.rows_kept, plain.report.rows_kept);
    ASSERT_EQ(got.interactions.plays.nnz(), plain.interactions.plays.nnz());
    EXPECT_TRUE(std::equal(got.interactions.plays.columns().begin(), got.interactions.plays.columns().end(),
                           plain.interactions.plays.columns().begin()));
    EXPECT_TRUE(std::equal(got.interactions.plays.values().begin(), got.interactions.plays.values().end(),
                           plain.interactions.plays.values().begin()));
  }
  std::string error_of(const std::string& bytes) {
    try {
      read(bytes);
    } catch (const Error& error) {
      return error.problem() + " | " + error.fix();
    }
    return "no error";
  }
  testing::TempDir dir_;
};

TEST_F(Packed, GzipAndZstdReadAsThePlainLog) {
  const std::string text = log_text();
  const IngestResult r = read(gzip(text));
  expect_same(r);
  EXPECT_NE(r.report.detected.find("delimited: gzip, 3 columns"), std::string::npos) << r.report.detected;
  expect_same(read(zstd(text)));
}

TEST_F(Packed, MembersAndFramesFollowEachOther) {
  const std::string text = log_text();
  const std::string a = text.substr(0, 100001);
  const std::string b = text.substr(100001);
  expect_same(read(gzip(a) + gzip(b) + std::string(512, '\0')));
  expect_same(read(zstd(a) + zstd(b)));
}

TEST_F(Packed, DamageIsAnErrorNeverAShorterLog) {
  const std::string text = log_text();
  const std::string again = " | get the file again: it is damaged or was cut off";
  const std::string z = gzip(text);
  for (const std::size_t size : {std::size_t{20}, z.size() / 2, z.size() - 9, z.size() - 1}) {
    EXPECT_EQ(error_of(z.substr(0, size)), "the gzip data ends early" + again) << size;
  }
  std::string flipped = z;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
  EXPECT_NE(error_of(flipped).find("gzip data"), std::string::npos);
  EXPECT_EQ(error_of(z + "more"), "the gzip data is damaged" + again);
  const std::string s = zstd(text);
  for (const std::size_t size : {std::size_t{20}, s.size() / 2, s.size() - 1}) {
    EXPECT_EQ(error_of(s.substr(0, size)), "the zstd data ends early" + again) << size;
  }
  flipped = s;
  flipped[4] = static_cast<char>(0xFF);
  EXPECT_NE(error_of(flipped).find("zstd data"), std::string::npos);
}

TEST_F(Packed, TheFileOfATarThatIsNamedLikeALogIsRead) {
  const std::string text = log_text();
  const std::string tar = tar_entry("data/", "", '5') + tar_entry("data/README.txt", "about\n") +
                          tar_entry("data/make.py", "x = 1\n") + tar_entry("data/usersha1-profile.tsv", "u\tf\t22\n") +
                          tar_entry("data/plays.tsv", text) + kEnd;
  const IngestResult r = read(gzip(tar));
  expect_same(r);
  EXPECT_NE(r.report.detected.find("data/plays.tsv in a tar in gzip (of the files in it the first that is named like a "
                                   "log; no other is read), 3 columns"),
            std::string::npos)
      << r.report.detected;
  expect_same(read(tar));
  expect_same(read(zstd(tar)));
}

TEST_F(Packed, ErrorsInATarNameTheFileInside) {
  IngestOptions options;
  options.value = "3";
  options.bad_rows = BadRows::kFail;
  try {
    read(tar_entry("data/plays.tsv", "ann\tblur\t1\nann\tblur\tmany\n") + kEnd, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.where().file.ends_with("/log:data/plays.tsv")) << error.where().file;
    EXPECT_EQ(error.where().line, 2);
  }
  EXPECT_EQ(read(tar_entry("data/plays.tsv", log_text()) + kEnd).interactions.source, "log");
}

TEST_F(Packed, LongNamesInTarsAreUnderstood) {
  const std::string text = log_text();
  const std::string name = std::string(150, 'd') + "/plays.tsv";
  const IngestResult gnu = read(tar_entry("././@LongLink", name + '\0', 'L') + tar_entry(name, text) + kEnd);
  expect_same(gnu);
  EXPECT_NE(gnu.report.detected.find(name), std::string::npos);
  const std::string record = " path=" + name + "\n";
  const std::string pax = std::to_string(record.size() + 3) + record;
  expect_same(read(tar_entry("PaxHeader", pax, 'x') + tar_entry("short", text) + kEnd));
}

TEST_F(Packed, TarsWithoutALogAndDamagedTarsAreErrors) {
  EXPECT_EQ(error_of(tar_entry("README", "x") + tar_entry("a.py", "y") + kEnd),
            "no file in the tar archive is named like a log: README, a.py | unpack it and name the log inside");
  EXPECT_EQ(error_of(tar_entry("data/", "", '5') + kEnd),
            "the tar archive holds no file | unpack it and name the log inside");
  const std::string again = " | get the file again: it is damaged or was cut off";
  const std::string tar = tar_entry("plays.tsv", log_text()) + kEnd;
  EXPECT_EQ(error_of(tar.substr(0, 100000)), "the tar archive ends early" + again);
  std::string flipped = tar;
  flipped[0] = 'q';
  EXPECT_EQ(error_of(flipped), "the tar archive is damaged" + again);
}

TEST_F(Packed, OtherFormatsAreNamed) {
  const std::string rest(600, 'x');
  EXPECT_EQ(error_of("PK\x03\x04" + rest), "is a zip archive | unzip it and name the log inside");
  EXPECT_EQ(error_of("PAR1" + rest), "is a Parquet file, not text | write it as tab-separated text first");
  EXPECT_EQ(error_of("\x93SEGUE\r\n" + rest),
            "is a file of segue, not a log | name the file itself, not \"-\" or an archive of it");
  EXPECT_EQ(error_of("BZh9" + rest), "is compressed by bzip2, which is not read | decompress it: bzip2 -d");
}

TEST_F(Packed, FoldersAndMissingFilesAreErrors) {
  try {
    read_log(dir_.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_EQ(error.problem(), "is a folder");
  }
  try {
    read_log(dir_.path() / "nothing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_EQ(error.problem(), "there is no such file");
  }
}

TEST_F(Packed, APipeIsReadOnce) {
  const std::filesystem::path pipe = dir_.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string text = log_text();
  std::jthread writer([&] {
    std::FILE* out = std::fopen(pipe.c_str(), "w");
    std::fwrite(text.data(), 1, text.size(), out);
    std::fclose(out);
  });
  const IngestResult r = read_log(pipe);
  writer.join();
  expect_same(r);
  EXPECT_EQ(r.report.bytes, text.size());
}

}  // namespace
}  // namespace segue::ingest
