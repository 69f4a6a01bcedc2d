# Lists for everybody: `segue recommend --all -n 10` and `segue similar --all -n 20` of the 64-factor model of the bench log, written
# as TSV, beside the yardstick, which scores by BLAS in blocks and keeps the best in a heap. In turn, two threads, medians;
# ours with building the index and writing the file, the yardstick's without either. Prints how many times its rate ours are.
#
# usage: ./dev bench bulk [YARDSTICK_USERS=10000] [ROUNDS=3]
source bench/common.bash

users=${1:-10000}
rounds=${2:-3}
machine
compile rank_yardstick -O3 -march=native -fopenmp -lopenblas
ensure_log
model=$bench_dir/rank64.segue
[[ -f $model ]] || "$SEGUE" fit "$bench_dir/plays.tsv" --factors 64 --iterations 5 -o "$model" > /dev/null
rm -f "$bench_dir/users.f32" "$bench_dir/items.f32"                       # of a model before
build/release/bench/rank_users "$model" "$bench_dir" 1 10 1 > /dev/null  # writes them

# Lists a second, by the program's own clock: ours NAME COMMAND…
ours() {
  rm -f "$bench_dir/bulk.tsv"
  "$SEGUE" "${@:2}" --all --threads 2 -o "$bench_dir/bulk.tsv" --log-format json 2>&1 > /dev/null |
    python3 -c '
import json, sys
event = [e for e in map(json.loads, sys.stdin) if e["event"] == "lists"][0]
print("%s  %d lists  %.2f s  %.0f lists/s" % (sys.argv[1], event["of"], event["seconds"], event["of"] / event["seconds"]))' "$1"
}
theirs() {
  on_openblas 2 "$bench_dir/rank_yardstick" "$bench_dir/plays.csr" "$bench_dir/users.f32" \
    "$bench_dir/items.f32" 64 10 "$users"
}

for ((round = 0; round < rounds; ++round)); do
  say "yardstick  $(theirs)"
  ours recommend recommend "$model" -n 10
  ours similar similar "$model" -n 20
done | tee "$bench_dir/bulk.txt"
rates() { awk -v side="$1" '$1 == side {print $6}' "$bench_dir/bulk.txt"; }
mapfile -t yardstick < <(rates yardstick)
for side in recommend similar; do
  mapfile -t ours < <(rates "$side")
  say "$side: median $(median "${ours[@]}") lists/s ($(spread "${ours[@]}")), $(awk -v a="$(median "${ours[@]}")" \
    -v b="$(median "${yardstick[@]}")" 'BEGIN {printf "%.1f", a / b}') times the yardstick's $(median "${yardstick[@]}")"
done
