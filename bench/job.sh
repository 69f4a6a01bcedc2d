# The notebook's whole job, on a made-up log of Last.fm-360K's size: read, bm25(100, 0.8), 50 factors, 50 sweeps, save; then ask.
#
# usage: ./dev bench job [FACTORS=50] [SWEEPS=50]
source bench/common.bash

factors=${1:-50}
sweeps=${2:-50}
machine
ensure_log
cat "$bench_dir/plays.tsv" > /dev/null  # into the page cache
measure "$SEGUE" fit "$bench_dir/plays.tsv" -o "$bench_dir/job.segue" --factors "$factors" --iterations "$sweeps" \
  --weighting bm25 --k1 100 --b 0.8 --alpha 1 --regularization 0.01 --solver auto > "$bench_dir/out" 2>&1
tail -n 25 "$bench_dir/out"
say "segue fit, whole process: $seconds s"
artist=$(head -n 1 "$bench_dir/plays.tsv" | cut -f 3)
times=()
for ((round = 0; round < 5; ++round)); do
  measure "$SEGUE" similar "$bench_dir/job.segue" "$artist" -n 20 > "$bench_dir/out"
  times+=("$seconds")
done
cat "$bench_dir/out"
say "segue similar, whole process: $(median "${times[@]}") s ($(spread "${times[@]}"))"
measure_memory "$SEGUE" fit "$bench_dir/plays.tsv" -o "$bench_dir/job.segue" --factors "$factors" --iterations 2 \
  --weighting bm25 --k1 100 --b 0.8 --alpha 1 --regularization 0.01 --solver auto > "$bench_dir/out" 2>&1
say "segue fit, two sweeps of it: $peak_mb MB of anonymous memory at the peak"
