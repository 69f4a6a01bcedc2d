# The training sweep beside the yardstick, in turn, on a made-up log of Last.fm-360K's size.
#
# usage: ./dev bench train [FACTORS…]        default: 50 64 128
# Both train from the same initial factors on the same bm25 weights with two threads, in turn, three rounds of four sweeps; the
# medians over the rounds of the last three sweeps are compared. Then the losses after 1, 3, 5, 10 and 15 sweeps beside the
# exact solver's.
source bench/common.bash

machine
compile als_yardstick -O3 -fopenmp -lopenblas -llapacke
ensure_log
sweep=build/release/bench/train_sweep
cmake --build build/release --target train_sweep > /dev/null
[[ $# -gt 0 ]] || set -- 50 64 128
threads=$(nproc)

sweep_seconds() { awk '/^sweep [2-9]/ {print $3}' "$1"; }
yardstick() { OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=$threads "$bench_dir/als_yardstick" "$bench_dir/plays.csr" "$@"; }

say "factors  yardstick s (spread)        segue s (spread)            ratio   solver, target"
for factors in "$@"; do
  : > "$bench_dir/theirs" && : > "$bench_dir/ours"
  for round in 1 2 3; do
    yardstick "$factors" 4 3 > "$bench_dir/out" && sweep_seconds "$bench_dir/out" >> "$bench_dir/theirs"
    "$sweep" "$bench_dir/plays.csr" "$factors" 4 threads="$threads" > "$bench_dir/out"
    sweep_seconds "$bench_dir/out" >> "$bench_dir/ours"
  done
  mapfile -t theirs < "$bench_dir/theirs"
  mapfile -t ours < "$bench_dir/ours"
  a=$(median "${theirs[@]}")
  b=$(median "${ours[@]}")
  printf '%7d  %-26s  %-26s  %5.1f   %s\n' "$factors" "$a ($(spread "${theirs[@]}"))" "$b ($(spread "${ours[@]}"))" \
    "$(awk -v a="$a" -v b="$b" 'BEGIN {print a / b}')" "$(awk '/^solver/ {print $2 ", " $4}' "$bench_dir/out")"
done
