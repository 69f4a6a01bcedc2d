# Seconds to the same loss, by solver: 1/1000 above what the exact solver has after ten sweeps. What auto must not lose to.
# Medians of three rounds, in turn; a solver that needs more than twice the time of the fastest is run once.
#
# usage: ./dev bench solvers [FACTORS…]        default: 8 16 32 64 128
source bench/common.bash

machine
ensure_log
sweep=build/release/bench/train_sweep
cmake --build build/release --target train_sweep > /dev/null
[[ $# -gt 0 ]] || set -- 8 16 32 64 128
say "factors  loss        auto                     cg                       cholesky"
for factors in "$@"; do
  goal=$("$sweep" "$bench_dir/plays.csr" "$factors" 10 solver=cholesky | awk '/^sweep 10/ {print $9 * 1.001}')
  for solver in auto cg cholesky; do : > "$bench_dir/seconds.$solver"; done
  for round in 1 2 3; do
    fastest=$(cat "$bench_dir"/seconds.{auto,cg,cholesky} | sort -g | head -n 1)
    for solver in auto cg cholesky; do
      before=$(tail -n 1 "$bench_dir/seconds.$solver")
      if awk -v a="${before:-0}" -v b="${fastest:-1}" 'BEGIN {exit !(a > 2 * b)}'; then continue; fi
      "$sweep" "$bench_dir/plays.csr" "$factors" 30 solver=$solver until="$goal" > "$bench_dir/out"
      awk '/^sweep/ {t = $6} END {print t}' "$bench_dir/out" >> "$bench_dir/seconds.$solver"
      grep -c '^sweep' "$bench_dir/out" > "$bench_dir/sweeps.$solver"
    done
  done
  line=$(printf '%7d  %-10s' "$factors" "$goal")
  for solver in auto cg cholesky; do
    mapfile -t seconds < "$bench_dir/seconds.$solver"
    line+=$(printf '  %-23s' "$(median "${seconds[@]}") s, $(cat "$bench_dir/sweeps.$solver") sweeps")
  done
  say "$line"
done
