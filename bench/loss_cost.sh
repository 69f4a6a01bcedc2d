# What the loss of every sweep costs: the sweep with and without it, in turn, three steps a row.
#
# usage: ./dev bench loss_cost [FACTORS…]        default: 32 64 128
# Without: the same program, its kernels compiled to sum no loss. Eight rounds of four sweeps; the first of a round does not
# count. Whatever else the machine does only adds to a sweep: the least of all is the least disturbed, if not undisturbed.
source bench/common.bash

machine
ensure_log
cmake --build build/release --target train_sweep train_sweep_without_loss > /dev/null
[[ $# -gt 0 ]] || set -- 32 64 128
least() { printf '%s\n' "$@" | sort -g | head -n 1; }
say "factors  with s: least, median       without s: least, median    the loss's share: of the least, of the median"
for factors in "$@"; do
  : > "$bench_dir/with" && : > "$bench_dir/without"
  for round in 1 2 3 4 5 6 7 8; do
    for which in with without; do
      program=build/release/bench/train_sweep
      [[ $which == with ]] || program+=_without_loss
      "$program" "$bench_dir/plays.csr" "$factors" 4 solver=cg | awk '/^sweep [2-9]/ {print $3}' >> "$bench_dir/$which"
    done
  done
  mapfile -t with < "$bench_dir/with"
  mapfile -t without < "$bench_dir/without"
  printf '%7d  %-26s  %-26s' "$factors" "$(least "${with[@]}"), $(median "${with[@]}")" \
    "$(least "${without[@]}"), $(median "${without[@]}")"
  awk -v a="$(least "${with[@]}")" -v b="$(least "${without[@]}")" -v c="$(median "${with[@]}")" -v d="$(median "${without[@]}")" \
    'BEGIN {printf "  %+.1f %%, %+.1f %%\n", (a - b) / a * 100, (c - d) / c * 100}'
done
