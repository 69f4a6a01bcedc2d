# Forests: recall and queries a second, ours and Annoy's in turn. Item factors, angular, 25 trees, one thread, medians;
# first ours on our trees, then Annoy on its own (built with two threads), then ours on the file that Annoy wrote.
#
# usage: ./dev bench annoy [QUERIES=1000] [ROUNDS=3] [TREES=25] [METRIC=angular]
# METRIC dot asks with user factors. Without Annoy's headers (Debian's r-cran-rcppannoy) its lines are left out.
# Factors of $SEGUE_ANNOY_MODEL if set (64 factors then need a model of 64); else of models fitted on the bench log.
source bench/common.bash

queries=${1:-1000}
rounds=${2:-3}
trees=${3:-25}
metric=${4:-angular}
machine
mkdir -p "$bench_dir"
for factors in 50 64; do
  model=${SEGUE_ANNOY_MODEL:-$bench_dir/annoy$factors.segue}
  if [[ ! -f $model ]]; then
    ensure_log
    "$SEGUE" fit "$bench_dir/plays.tsv" --factors "$factors" --iterations 5 -o "$model" > /dev/null
  fi
  build/release/bench/annoy_curve "$model" "$bench_dir" "$factors" "$trees" "$queries" "$rounds" "$metric"
done
