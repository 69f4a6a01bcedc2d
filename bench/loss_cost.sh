# What the loss of every sweep costs: the sweep with and without it, in turn, three steps a row.
#
# usage: ./dev bench loss_cost [FACTORS…]        default: 32 64 128
# Without: the same program, its kernels compiled to sum no loss. Three rounds of four sweeps each, the medians of the sweeps after the first.
source bench/common.bash

machine
ensure_log
cmake --build build/release --target train_sweep train_sweep_without_loss > /dev/null
[[ $# -gt 0 ]] || set -- 32 64 128
say "factors  with s (spread)             without s (spread)          the loss's share"
for factors in "$@"; do
  : > "$bench_dir/with" && : > "$bench_dir/without"
  for round in 1 2 3; do
    for which in with without; do
      program=build/release/bench/train_sweep
      [[ $which == with ]] || program+=_without_loss
      "$program" "$bench_dir/plays.csr" "$factors" 4 solver=cg | awk '/^sweep [2-9]/ {print $3}' >> "$bench_dir/$which"
    done
  done
  mapfile -t with < "$bench_dir/with"
  mapfile -t without < "$bench_dir/without"
  a=$(median "${with[@]}")
  b=$(median "${without[@]}")
  printf '%7d  %-26s  %-26s  %+.1f %%\n' "$factors" "$a ($(spread "${with[@]}"))" "$b ($(spread "${without[@]}"))" \
    "$(awk -v a="$a" -v b="$b" 'BEGIN {print (a - b) / a * 100}')"
done
