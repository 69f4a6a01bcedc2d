# Indexes: recall@10 and @20 and queries a second, ours beside hnswlib, faiss and Annoy. The 64-factor model of the bench log:
# items by cosine, users by inner product; one thread, in turn, medians; every exact list is compared with brute force's.
#
# usage: ./dev bench index [--quick] [QUERIES=1000] [ROUNDS=5]
# --quick: 200 queries, 3 rounds. Peers' indexes are kept in the bench folder: the first run builds them, for some minutes.
# What packages are not there (libhnswlib-dev, libfaiss-dev, r-cran-rcppannoy) is left out. Factors of $SEGUE_INDEX_MODEL if set.
source bench/common.bash

queries=1000 rounds=5
if [[ ${1:-} == --quick ]]; then
  queries=200 rounds=3
  shift
fi
queries=${1:-$queries}
rounds=${2:-$rounds}
machine
mkdir -p "$bench_dir"
model=${SEGUE_INDEX_MODEL:-$bench_dir/rank64.segue}
if [[ ! -f $model ]]; then
  ensure_log
  "$SEGUE" fit "$bench_dir/plays.tsv" --factors 64 --iterations 5 -o "$model" > /dev/null
fi
on_openblas 1 build/release/bench/index_curve "$model" "$bench_dir" "$queries" "$rounds"
