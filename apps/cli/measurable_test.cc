#include "measurable.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "segue/error.h"

namespace segue::cli {
namespace {

std::string message_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.problem() + "; " + error.fix();
  }
  return "";
}

CsrMatrix rows_of(const std::vector<std::vector<std::uint32_t>>& rows) {
  std::vector<std::uint64_t> row_ptr{0};
  std::vector<std::uint32_t> columns;
  for (const auto& row : rows) {
    columns.insert(columns.end(), row.begin(), row.end());
    row_ptr.push_back(columns.size());
  }
  std::vector<float> ones(columns.size(), 1);
  return CsrMatrix::create(3, std::move(row_ptr), std::move(columns), std::move(ones));
}

TEST(RequireItemFactors, RefusesDiversityWhereNoModelHasFactors) {
  const std::vector<MeasureAt> measures = {{Measure::kNdcg, 10}, {Measure::kDiversity, 10}};
  const auto said = [&](const std::vector<std::string>& models) {
    return message_of([&] { require_item_factors(measures, models); });
  };
  EXPECT_EQ(said({"ease", "knn"}),
            "diversity@10 tells items apart by the factors of a model, and ease has none; "
            "add als to --models, or put bpr or lmf first");
  EXPECT_EQ(said({"knn", "als"}), "");
  EXPECT_EQ(said({"bpr", "knn"}), "");
  EXPECT_EQ(message_of([&] { require_item_factors(std::span(measures).first(1), std::vector<std::string>{"ease"}); }),
            "");
}

TEST(RequireCandidates, NamesTheUser) {
  HeldOut job;
  job.users = IdMap::create(StringTable::from({"ann", "bob", "cid"}));
  job.split.test = rows_of({{0}, {}, {1}});
  EXPECT_EQ(message_of([&] { require_candidates(job); }), "");
  job.candidates = rows_of({{2}, {}, {}});
  EXPECT_EQ(message_of([&] { require_candidates(job); }),
            "user \"cid\" has held-out items and no candidates; "
            "add a line of candidates for each user of --test, or drop the held-out items");
  job.candidates = rows_of({{}, {}, {}});
  EXPECT_EQ(message_of([&] { require_candidates(job); }).substr(0, 66),
            "user \"ann\" and 1 more user have held-out items and no candidates; ");
  job.about["among"] = 5;
  EXPECT_NE(message_of([&] { require_candidates(job); }).find("leave --among out"), std::string::npos);
}

}  // namespace
}  // namespace segue::cli
