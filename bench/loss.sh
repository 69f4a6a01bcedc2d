# The loss by sweep beside the yardstick's exact run, from the same initial factors, on a made-up log of Last.fm-360K's size.
#
# usage: ./dev bench loss [FACTORS=50] [SWEEPS=15] [SEED=42]
source bench/common.bash

factors=${1:-50}
sweeps=${2:-15}
seed=${3:-42}
machine
compile als_yardstick -O3 -fopenmp -lopenblas -llapacke
ensure_log
cmake --build build/release --target train_sweep > /dev/null
threads=$(nproc)
exact=$bench_dir/exact.$factors.$sweeps.$seed
if [[ ! -s $exact ]]; then  # the same every time, and slow: kept
  on_openblas "$threads" "$bench_dir/als_yardstick" "$bench_dir/plays.csr" "$factors" "$sweeps" 0 100 0.8 "$seed" > "$exact.part"
  mv "$exact.part" "$exact"
fi
for solver in auto cholesky; do
  build/release/bench/train_sweep "$bench_dir/plays.csr" "$factors" "$sweeps" solver=$solver threads="$threads" seed="$seed" > "$bench_dir/$solver"
done
say "$factors factors, bm25(100, 0.8), regularization 0.01, seed $seed"
say "sweep  yardstick, exact  segue, auto   off by     segue, cholesky  off by"
paste <(awk '/^sweep/ {print $2, $9}' "$exact") <(awk '/^sweep/ {print $9}' "$bench_dir/auto") \
  <(awk '/^sweep/ {print $9}' "$bench_dir/cholesky") |
  awk '{printf "%5d  %.8f        %.8f   %+.3f %%   %.8f       %+.3f %%\n", $1, $2, $3, ($3 / $2 - 1) * 100, $4, ($4 / $2 - 1) * 100}'
