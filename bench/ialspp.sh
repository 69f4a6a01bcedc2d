# iALS++ (Rendle et al. 2021) beside segue's solver: seconds until the loss that iALS++ has after its sweeps, in turn.
#
# usage: ./dev bench ialspp [FACTORS=128] [SWEEPS=5] [BLOCK…]        default blocks: 16 32 64 128
# iALS++ is bench/ialspp.cc, on Eigen with -O3 -march=native; the same weights, initial factors and threads.
source bench/common.bash

factors=${1:-128}
sweeps=${2:-5}
shift $(($# < 2 ? $# : 2))
[[ $# -gt 0 ]] || set -- 16 32 64 128
machine
ensure_log
cmake --build build/release --target train_sweep ialspp > /dev/null
say "$factors factors"
say "block  iALS++: s a sweep  loss after $sweeps   seconds  segue: s until that loss  sweeps  ratio"
for block in "$@"; do
  build/release/bench/ialspp "$bench_dir/plays.csr" "$factors" "$sweeps" "$block" > "$bench_dir/theirs"
  mapfile -t theirs < <(awk '/^sweep/ {print $3}' "$bench_dir/theirs")
  goal=$(awk '/^sweep/ {l = $9} END {print l}' "$bench_dir/theirs")
  build/release/bench/train_sweep "$bench_dir/plays.csr" "$factors" $((4 * sweeps)) until="$goal" > "$bench_dir/ours"
  a=$(awk '/^sweep/ {t = $6} END {print t}' "$bench_dir/theirs")
  b=$(awk '/^sweep/ {t = $6} END {print t}' "$bench_dir/ours")
  printf '%5d  %-17s  %-15s  %7s  %-24s  %-6d  %.1f\n' "$block" "$(median "${theirs[@]}")" "$goal" "$a" "$b" \
    "$(grep -c '^sweep' "$bench_dir/ours")" "$(awk -v a="$a" -v b="$b" 'BEGIN {print a / b}')"
done
