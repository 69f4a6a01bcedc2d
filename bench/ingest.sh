# From a play log to a matrix file, as a whole process, on a made-up log of Last.fm-360K's size.
#
# usage: ./dev bench ingest [ROUNDS=5]
source bench/common.bash

machine
ensure_log
cat "$bench_dir/plays.tsv" > /dev/null  # into the page cache
times=()
for ((round = 0; round < ${1:-5}; ++round)); do
  measure "$SEGUE" ingest "$bench_dir/plays.tsv" -o "$bench_dir/bench.plays" > "$bench_dir/out" 2>&1
  times+=("$seconds")
done
measure_memory "$SEGUE" ingest "$bench_dir/plays.tsv" -o "$bench_dir/bench.plays" > "$bench_dir/out" 2>&1
cat "$bench_dir/out"
say "segue ingest: $(median "${times[@]}") s ($(spread "${times[@]}")), $peak_mb MB of anonymous memory at the peak"
say "pandas on such a machine (read_table, categories, csr): 30.2 s, 1126 MB; DuckDB 1.5.6: 21.1 s, 2.8 GB"
