#include "measurable.h"

#include <fmt/format.h>

#include <algorithm>

#include "segue/error.h"
#include "segue/models.h"
#include "text.h"

namespace segue::cli {

void require_item_factors(std::span<const MeasureAt> measures, std::span<const std::string> models) {
  const auto asked = std::ranges::find(measures, Measure::kDiversity, &MeasureAt::measure);
  if (asked == measures.end() || models.empty()) return;
  if (std::ranges::find(models, "als") != models.end()) return;
  if (model_from_name(models.front()).option("factors") != nullptr) return;
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{} tells items apart by the factors of a model, and {} has none", name_of(*asked), models.front()),
      "add als to --models, or put bpr or lmf first");
}

void require_candidates(const HeldOut& job) {
  if (!job.candidates) return;
  std::uint64_t lacking = 0;
  std::uint32_t first = 0;
  for (std::uint32_t row = job.split.test.rows(); row-- > 0;) {
    if (job.split.test.row_columns(row).empty() || !job.candidates->row_columns(row).empty()) continue;
    first = row;
    ++lacking;
  }
  if (lacking == 0) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("user \"{}\"{} held-out items and no candidates", short_name(job.users[first]),
                          lacking == 1 ? " has" : fmt::format(" and {} have", plural(lacking - 1, "more user"))),
              job.about.contains("among")
                  ? "leave --among out: they have all other items already"
                  : "add a line of candidates for each user of --test, or drop the held-out items");
}

}  // namespace segue::cli
