# How far the loss of auto is from the exact solver's, after sweeps 3 and 10, from the same initial factors: over seeds.
#
# usage: ./dev bench seeds [FACTORS=50] [SEEDS=5]
# The data is the made-up log, weighed by bm25; a seed draws the initial factors of both.
source bench/common.bash

factors=${1:-50}
seeds=${2:-5}
machine
ensure_log
sweep=build/release/bench/train_sweep
cmake --build build/release --target train_sweep > /dev/null
loss() { awk -v s="$1" '$1 == "sweep" && $2 == s {print $9}' "$2"; }
say "seed  sweep 3: exact  auto        off by     sweep 10: exact  auto        off by"
third=() tenth=()
for ((seed = 1; seed <= seeds; ++seed)); do
  "$sweep" "$bench_dir/plays.csr" "$factors" 10 solver=cholesky seed="$seed" > "$bench_dir/theirs"
  "$sweep" "$bench_dir/plays.csr" "$factors" 10 seed="$seed" > "$bench_dir/ours"
  line=$(printf '%4d' "$seed")
  for s in 3 10; do
    exact=$(loss $s "$bench_dir/theirs")
    ours=$(loss $s "$bench_dir/ours")
    off=$(awk -v a="$exact" -v b="$ours" 'BEGIN {printf "%+.4f", (b / a - 1) * 100}')
    [[ $s == 3 ]] && third+=("$off") || tenth+=("$off")
    line+=$(printf '  %-14s  %-10s  %s %%' "$exact" "$ours" "$off")
  done
  say "$line"
done
say "median: $(median "${third[@]}") % after sweep 3, $(median "${tenth[@]}") % after sweep 10"
