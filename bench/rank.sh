# Recommendations for many users: all items ranked, what each knows left out. Beside the yardstick, which scores by BLAS in
# blocks and keeps the best in a heap, as the common libraries do. In turn, the same factors, two threads, medians.
#
# usage: ./dev bench rank [USERS=20000] [ROUNDS=5]
# The two checksums are the same where the lists are: scores are summed in another order, so that near ties may differ.
source bench/common.bash

users=${1:-20000}
rounds=${2:-5}
machine
compile rank_yardstick -O3 -march=native -fopenmp -lopenblas
ensure_log
cmake --build build/release --target rank_users > /dev/null
model=$bench_dir/rank64.segue
[[ -f $model ]] || "$SEGUE" fit "$bench_dir/plays.tsv" --factors 64 --iterations 5 -o "$model" > /dev/null

ours() { build/release/bench/rank_users "$model" "$bench_dir" "$users" 10 2; }
theirs() {
  on_openblas 2 "$bench_dir/rank_yardstick" "$bench_dir/plays.csr" "$bench_dir/users.f32" \
    "$bench_dir/items.f32" 64 10 "$users"
}

rm -f "$bench_dir/users.f32" "$bench_dir/items.f32"  # of a model before
for ((round = 0; round < rounds; ++round)); do
  say "segue      $(ours)"
  say "yardstick  $(theirs)"
done | tee "$bench_dir/rank.txt"
for side in segue yardstick; do
  mapfile -t rates < <(awk -v side="$side" '$1 == side {print $6}' "$bench_dir/rank.txt")
  say "$side: median $(median "${rates[@]}") users/s ($(spread "${rates[@]}"))"
done
