#!/usr/bin/env bash
# Recommendations for many users, all items ranked, what each knows left out: segue beside BLAS scores and a heap, the way the
# common libraries do it. In turn, medians, the same factors, two threads. The checksums say whether the lists are the
# same; scores are rounded in another order, so that near ties may differ.
#
# usage: ./dev bench rank [USERS=20000] [ROUNDS=5]
source "$(dirname "$0")/common.bash"

users=${1:-20000}
rounds=${2:-5}
ensure_log
compile rank_yardstick -O3 -march=native -fopenmp -lopenblas
model=$bench_dir/rank64.segue
[[ -f $model ]] || "$SEGUE" fit "$bench_dir/plays.tsv" --factors 64 --iterations 5 -o "$model" > /dev/null 2>&1
rank_users=$(dirname "$SEGUE")/../../bench/rank_users

machine
for ((round = 0; round < rounds; ++round)); do
  say "segue      $("$rank_users" "$model" "$bench_dir" "$users" 10 2)"
  say "yardstick  $(OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=2 "$bench_dir/rank_yardstick" "$bench_dir/plays.csr" \
    "$bench_dir/users.f32" "$bench_dir/items.f32" 64 10 "$users")"
done | tee "$bench_dir/rank.txt"
for side in segue yardstick; do
  sed -n "s/^$side .*s  \([0-9]*\) users.s.*/\1/p" "$bench_dir/rank.txt" | sort -n |
    awk -v side="$side" '{v[NR] = $1} END {print side ": median", v[int((NR + 1) / 2)], "users/s"}'
done
