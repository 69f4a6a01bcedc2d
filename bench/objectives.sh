# What iALS (Rendle et al. 2021) and ALS-WR cost beside the plain objective, in turn, and how their losses come out beside the
# exact solver's. Three steps of conjugate gradient a row in all, so that the sweeps do the same work.
#
# usage: ./dev bench objectives [FACTORS…]        default: 64 128
source bench/common.bash

machine
ensure_log
sweep=build/release/bench/train_sweep
cmake --build build/release --target train_sweep > /dev/null
[[ $# -gt 0 ]] || set -- 64 128
names=("plain" "iALS, weight 0.1, exponent 0" "iALS, weight 0.1, exponent 1" "ALS-WR")
keys=("" "unobserved-weight=0.1 regularization=0.1" "unobserved-weight=0.1 regularization-exponent=1 regularization=0.00002"
  "regularization-exponent=1 regularization=0.0002")
for factors in "$@"; do
  for which in "${!names[@]}"; do : > "$bench_dir/objective.$which"; done
  for round in 1 2 3; do
    for which in "${!names[@]}"; do
      # shellcheck disable=SC2086  # several keys
      "$sweep" "$bench_dir/plays.csr" "$factors" 4 solver=cg ${keys[which]} > "$bench_dir/out"
      awk '/^sweep [2-9]/ {print $3}' "$bench_dir/out" >> "$bench_dir/objective.$which"
      awk '/^sweep 4/ {print $9}' "$bench_dir/out" > "$bench_dir/objective.$which.loss"
    done
  done
  say "$factors factors                 seconds a sweep (spread)     of plain   loss of sweep 4  exact solver's"
  mapfile -t plain < "$bench_dir/objective.0"
  for which in "${!names[@]}"; do
    mapfile -t seconds < "$bench_dir/objective.$which"
    # shellcheck disable=SC2086
    exact=$("$sweep" "$bench_dir/plays.csr" "$factors" 4 solver=cholesky ${keys[which]} | awk '/^sweep 4/ {print $9}')
    printf '%-30s  %-27s  %8.2f   %-15s  %s\n' "${names[which]}" "$(median "${seconds[@]}") ($(spread "${seconds[@]}"))" \
      "$(awk -v a="$(median "${seconds[@]}")" -v b="$(median "${plain[@]}")" 'BEGIN {print a / b}')" \
      "$(cat "$bench_dir/objective.$which.loss")" "$exact"
  done
done
