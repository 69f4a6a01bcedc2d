// Splits: what a model may learn from, and what it is then asked to find. docs/evaluation.md says which to take.
#ifndef SEGUE_SPLIT_H_
#define SEGUE_SPLIT_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "segue/interactions.h"
#include "segue/matrix.h"
#include "segue/run.h"

namespace segue {

/// All three are users x items of one numbering. A row without test cells is not evaluated. Splits hold out values
/// above 0 only, which are what is to be found: dislikes and zeros stay in the training part.
struct Split {
  CsrMatrix train;    // what models are trained on
  CsrMatrix history;  // what is known of each row when it is ranked: train itself, but for strong generalization
  CsrMatrix test;     // what is held out; disjoint from history
};

/// Of each user a share of the cells is held out, drawn at random; the number is rounded to the nearest, and one cell
/// at least stays. @param share  0..1, both excluded Of all splits: seeded, the same for any number of threads. @throws
/// Error{kInvalidArgument} for parameters out of range.
Split split_random(const CsrMatrix& plays, double share, std::uint64_t seed, const Run& run = {});

/// Of each user with more than `count` cells so many are held out, drawn at random. @param count  >= 1
Split split_leave_out(const CsrMatrix& plays, std::uint32_t count, std::uint64_t seed, const Run& run = {});

/// Fold `fold` of `folds`: the test cells of all folds together are those above 0, each once.
/// @param folds  >= 2, fold  0..folds - 1
Split split_fold(const CsrMatrix& plays, std::uint32_t folds, std::uint32_t fold, std::uint64_t seed,
                 const Run& run = {});

/// Leave last out: of each user with more than `count` cells the `count` newest are held out; of those of the same time
/// the seed draws.
/// @param times  of each cell of `plays`, in its order (Interactions::times)
/// @param count  >= 1
Split split_leave_last(const CsrMatrix& plays, std::span<const double> times, std::uint32_t count, std::uint64_t seed,
                       const Run& run = {});

/// By time: the newest cells of all are the test, those before them the training. Cells of the same time stay together,
/// so that the share is met as nearly as that allows and nothing of the training is newer than the test. Of the test,
/// users and items without a training cell are dropped: nothing is known of them.
/// @param times  as above
/// @param share  0..1, both excluded, of all cells
/// @throws Error{kInvalidArgument} also where all times are the same.
Split split_time(const CsrMatrix& plays, std::span<const double> times, double share, const Run& run = {});

/// Strong generalization (Liang et al. 2018): a share of the users is held out of the training altogether. Of what they
/// played, a share `held_out` is the test and the rest their history. Items that no user of the training has are
/// dropped from both, as there.
/// @param user_share  0..1, both excluded, held_out  0..1, both excluded; the paper's is 0.2
Split split_users(const CsrMatrix& plays, double user_share, double held_out, std::uint64_t seed, const Run& run = {});

/// Candidates for evaluate(): for each row with test cells `count` items drawn at random of those that neither its
/// history nor its test has; all of them where they are fewer. As NCF does with 99 (He et al. 2017). Such figures are
/// for comparing with published ones: they need not order models as the ranking of all items does (Krichene & Rendle,
/// KDD 2020).
CsrMatrix sample_candidates(const Split& split, std::uint32_t count, std::uint64_t seed, const Run& run = {});

/// How a file of a split is written.
enum class SplitFormat {
  kAuto,       // told by its lines, and where they do not tell, by those of the other file
  kPairs,      // "user item …", a pair a line, further columns passed over
  kLines,      // "user item item …" a user a line, as LightGCN's
  kNegatives,  // "(user,item) item item …", as NCF's test.negative: candidates
};

/// A split as somebody else made it. Columns are parted by blanks, tabs, commas or "::".
struct GivenSplit {
  IdMap users;
  IdMap items;
  Split split;
  std::optional<CsrMatrix> candidates;             // of each row, what is to be ranked; nothing: all items
  SplitFormat train_format = SplitFormat::kPairs;  // as they were read
  SplitFormat test_format = SplitFormat::kPairs;
};

/// @param candidates  empty: none
/// @throws Error{kNotFound, kIo}; Error{kBadInput} with the line where it cannot be read, or when nothing is in it.
GivenSplit read_split(const std::filesystem::path& train, const std::filesystem::path& test,
                      const std::filesystem::path& candidates = {}, SplitFormat format = SplitFormat::kAuto);

}  // namespace segue

#endif  // SEGUE_SPLIT_H_
