# Seconds and memory of a training by the size of the log: 1, 2, 5 and 10 times the users of Last.fm-360K, made up.
#
# usage: ./dev bench scale [TIMES…]        default: 1 2 5 10, which takes up to 12 GB of memory and 2 GB of disk
source bench/common.bash

machine
[[ $# -gt 0 ]] || set -- 1 2 5 10
mkdir -p "$bench_dir"
say "times  users      interactions  a sweep s (spread)       of linear   peak memory  of linear"
printf 'times\tsweep\tmemory\n' > "$bench_dir/scale.tsv"
for times in "$@"; do
  plays=$bench_dir/scale.plays
  rm -f "$plays"
  "$SEGUE" synth --scale "$times" -o "$plays" 2> "$bench_dir/out"
  "$SEGUE" fit "$plays" --factors 50 --iterations 4 --solver cg -o "$bench_dir/scale.segue" --log-format json 2> "$bench_dir/out"
  rm -f "$bench_dir/scale.segue"
  mapfile -t seconds < <(sed -n '/"event":"iteration"/s/.*"seconds":\([0-9.e-]*\).*/\1/p' "$bench_dir/out" | tail -n 3 | awk '{printf "%.2f\n", $1}')
  peak=$(sed -n '/"event":"done"/s/.*"peak_memory_bytes":\([0-9]*\).*/\1/p' "$bench_dir/out")
  "$SEGUE" inspect "$plays" --json > "$bench_dir/out"
  users=$(sed 's/.*"users":\([0-9]*\).*/\1/' "$bench_dir/out")
  cells=$(sed 's/.*"interactions":\([0-9]*\).*/\1/' "$bench_dir/out")
  rm -f "$plays"
  sweep=$(median "${seconds[@]}")
  first=${first:-$sweep} first_peak=${first_peak:-$peak} first_times=${first_times:-$times}
  awk -v t="$times" -v u="$users" -v n="$cells" -v s="$sweep" -v spread="$(spread "${seconds[@]}")" -v p="$peak" \
    -v f="$first" -v fp="$first_peak" -v ft="$first_times" 'BEGIN {
      printf "%5d  %9d  %12d  %-24s  %8.2f  %8.2f GB  %8.2f\n", t, u, n, sprintf("%.2f (%s)", s, spread), s / f * ft / t,
        p / 1e9, p / fp * ft / t }'
  printf '%s\t%s\t%s\n' "$times" "$sweep" "$(awk -v p="$peak" 'BEGIN {print p / 1e9}')" >> "$bench_dir/scale.tsv"
done
draw scale --x times --y sweep,memory --log xy --title "Seconds a sweep and GB, by times the users" --x-title "times the users" \
  --y-title "seconds, GB"
