// similar LOG NAME: trains on a play log and prints what is most like NAME. The library's main job in one page.
//
//   similar plays.tsv "the clash"
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "segue/interactions.h"
#include "segue/recommender.h"
#include "segue/train.h"
#include "segue/weighting.h"

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fprintf(stderr, "usage: similar LOG NAME\n");
    return 2;
  }
  const std::string_view name = argv[2];

  // Read: rows that make no sense are counted in the report, not dropped in silence.
  segue::IngestResult log = segue::read_log(argv[1]);
  std::fprintf(stderr, "%llu of %llu rows kept\n", static_cast<unsigned long long>(log.report.rows_kept),
               static_cast<unsigned long long>(log.report.rows_read));

  // Weigh and train.
  segue::Weighed weighed = segue::weigh(log.interactions.plays, {});
  segue::AlsOptions options;
  options.factors = 16;
  segue::AlsResult als = segue::train_als(weighed.confidence, options);

  // A model holds everything that answering needs; model.save("plays.segue") would keep it.
  segue::ModelCard card = segue::card_of(options, als);
  card.source = log.interactions.source;
  const segue::Recommender recommender(segue::Model::create(std::move(log.interactions), std::move(weighed.state),
                                                            std::move(als.user_factors), std::move(als.item_factors),
                                                            std::move(card)));

  // Ask.
  const segue::NameMatch match = recommender.find(name);
  if (match.items.empty()) {
    std::fprintf(stderr, "nothing is called \"%s\"\n", argv[2]);
    return 1;
  }
  for (const segue::Neighbor& neighbor : recommender.similar(match.items.front(), {})) {
    const std::string_view title = recommender.model().interactions().title(neighbor.item);
    std::printf("%.3f\t%.*s\n", static_cast<double>(neighbor.score), static_cast<int>(title.size()), title.data());
  }
  return 0;
} catch (const std::exception& error) {  // segue::Error says where, what, and how to mend it
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
