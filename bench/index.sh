# Indexes: recall@10 and @20 and queries a second, ours beside hnswlib, faiss and Annoy, and whether ours are as many times as
# fast as they should be. The 64-factor model of the bench log: items by cosine, users by inner product; one thread, in turn,
# medians; every exact list is compared with brute force's.
#
# usage: ./dev bench index [--quick] [--ours] [QUERIES=1000] [ROUNDS=5]
# --quick: 200 queries, 3 rounds. --ours: no peers, a few seconds; SEGUE_SIMD=avx2 caps the instructions.
# Peers' indexes are kept in the bench folder: the first run builds them, for some minutes. What packages are not there
# (libhnswlib-dev, libfaiss-dev, r-cran-rcppannoy) is left out. Factors of $SEGUE_INDEX_MODEL if set.
source bench/common.bash

queries=1000 rounds=5
folder=$bench_dir
while [[ ${1:-} == --* ]]; do
  case $1 in
    --quick) queries=200 rounds=3 ;;
    --ours) folder=- ;;
    *) say "there is no option $1" && exit 2 ;;
  esac
  shift
done
queries=${1:-$queries}
rounds=${2:-$rounds}
machine
mkdir -p "$bench_dir"
model=${SEGUE_INDEX_MODEL:-$bench_dir/rank64.segue}
if [[ ! -f $model ]]; then
  ensure_log
  "$SEGUE" fit "$bench_dir/plays.tsv" --factors 64 --iterations 5 -o "$model" > /dev/null
fi
on_openblas 1 build/release/bench/index_curve "$model" "$folder" "$queries" "$rounds"
