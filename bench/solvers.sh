# Seconds to the same loss, by solver: 1/1000 above what the exact solver has after ten sweeps. What auto must not lose to.
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
  line=$(printf '%7d  %-10s' "$factors" "$goal")
  for solver in auto cg cholesky; do
    seconds=()
    for round in 1 2 3; do
      "$sweep" "$bench_dir/plays.csr" "$factors" 30 solver=$solver until="$goal" > "$bench_dir/out"
      seconds+=("$(awk '/^sweep/ {t = $6} END {print t}' "$bench_dir/out")")
    done
    line+=$(printf '  %-23s' "$(median "${seconds[@]}") s, $(grep -c '^sweep' "$bench_dir/out") sweeps")
  done
  say "$line"
done
