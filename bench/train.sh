# The training sweep beside the yardstick, in turn, on a made-up log of Last.fm-360K's size.
#
# usage: ./dev bench train [--quick] [--rounds N] [--sweeps N] [FACTORS…]        default: 3 rounds of 4 sweeps, factors 50 64 128
# Both train from the same initial factors on the same bm25 weights, on all cores, in turn; the medians over the rounds of all
# sweeps but the first are compared. --quick does one round, of three sweeps and two of the yardstick's, and then prints how far the
# loss of the third sweep is from the exact solver's and how far the sweep is from the floor of bench/floor.sh: under 5 minutes.
# SEGUE_SIMD=avx2 (sse4, …) caps our side only.
source bench/common.bash

rounds=3
sweeps=4
quick=no
while [[ ${1:-} == --* ]]; do
  case $1 in
    --quick) quick=yes rounds=1 sweeps=3 ;;
    --rounds) rounds=$2 && shift ;;
    --sweeps) sweeps=$2 && shift ;;
    *) say "train knows --quick, --rounds N and --sweeps N, not $1" && exit 2 ;;
  esac
  shift
done
their_sweeps=$sweeps
[[ $quick == no ]] || their_sweeps=2
machine
compile als_yardstick -O3 -fopenmp -lopenblas -llapacke
ensure_log
sweep=build/release/bench/train_sweep
cmake --build build/release --target train_sweep > /dev/null
[[ $# -gt 0 ]] || set -- 50 64 128
threads=$(nproc)

sweep_seconds() { awk '/^sweep [2-9]/ {print $3}' "$1"; }
yardstick() { on_openblas "$threads" "$bench_dir/als_yardstick" "$bench_dir/plays.csr" "$@"; }

say "$threads threads, rounds: $rounds, of $sweeps sweeps"
say "factors  yardstick s (spread)        segue s (spread)            ratio   solver, target"
printf 'factors\tyardstick\tsegue\n' > "$bench_dir/train.tsv"
for factors in "$@"; do
  : > "$bench_dir/theirs" && : > "$bench_dir/ours"
  for ((round = 0; round < rounds; ++round)); do
    yardstick "$factors" "$their_sweeps" 3 > "$bench_dir/out" && sweep_seconds "$bench_dir/out" >> "$bench_dir/theirs"
    "$sweep" "$bench_dir/plays.csr" "$factors" "$sweeps" threads="$threads" > "$bench_dir/out"
    sweep_seconds "$bench_dir/out" >> "$bench_dir/ours"
  done
  mapfile -t theirs < "$bench_dir/theirs"
  mapfile -t ours < "$bench_dir/ours"
  a=$(median "${theirs[@]}")
  b=$(median "${ours[@]}")
  printf '%7d  %-26s  %-26s  %5.1f   %s\n' "$factors" "$a ($(spread "${theirs[@]}"))" "$b ($(spread "${ours[@]}"))" \
    "$(awk -v a="$a" -v b="$b" 'BEGIN {print a / b}')" "$(awk '/^solver/ {print $2 ", " $4}' "$bench_dir/out")"
  printf '%s\t%s\t%s\n' "$factors" "$a" "$b" >> "$bench_dir/train.tsv"
done
draw train --x factors --y yardstick,segue --log xy --title "A sweep, by factors" --x-title factors --y-title seconds
[[ $quick == yes ]] || exit 0

say ""
say "factors  loss of sweep 3, exact  segue, auto  off by"
for factors in "$@"; do
  loss() { "$sweep" "$bench_dir/plays.csr" "$factors" 3 threads="$threads" solver="$1" | awk '/^sweep 3/ {print $9}'; }
  exact=$(loss cholesky)
  ours=$(loss auto)
  printf '%7d  %-22s  %-11s  %s\n' "$factors" "$exact" "$ours" \
    "$(awk -v a="$exact" -v b="$ours" 'BEGIN {printf "%+.3f %%", (b / a - 1) * 100}')"
done
say ""
SEGUE_ROUNDS=1 bash bench/floor.sh "$@"
