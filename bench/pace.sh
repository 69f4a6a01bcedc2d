# Loss by time: seconds until the loss that the yardstick reaches after 15 sweeps, in turn, from the same initial factors.
#
# usage: ./dev bench pace [FACTORS=64] [SWEEPS=15]
source bench/common.bash

factors=${1:-64}
sweeps=${2:-15}
machine
compile als_yardstick -O3 -fopenmp -lopenblas -llapacke
ensure_log
cmake --build build/release --target train_sweep > /dev/null
threads=$(nproc)
on_openblas "$threads" "$bench_dir/als_yardstick" "$bench_dir/plays.csr" "$factors" "$sweeps" 3 \
  > "$bench_dir/theirs"
goal=$(awk '/^sweep/ {l = $9} END {print l}' "$bench_dir/theirs")
build/release/bench/train_sweep "$bench_dir/plays.csr" "$factors" $((4 * sweeps)) until="$goal" > "$bench_dir/ours"
{
  printf 'seconds\tloss\twho\n'
  awk '/^sweep/ {t += $3; print t "\t" $9 "\tyardstick"}' "$bench_dir/theirs"
  awk '/^sweep/ {t += $3; print t "\t" $9 "\tsegue"}' "$bench_dir/ours"
} > "$bench_dir/pace.tsv"
say "$factors factors, $threads threads: loss $goal"
awk -F '\t' -v goal="$goal" '
  $3 == "yardstick" {a = $1; n++}
  $3 == "segue" {b = $1; m++; loss = $2}
  END {
    printf "yardstick  %6.2f s, %d sweeps\nsegue      %6.2f s, %d sweeps (loss %s)%s\nratio      %6.1f\n", a, n, b, m, loss,
      (loss > goal ? ": NOT reached" : ""), a / b }' "$bench_dir/pace.tsv"
draw pace --x seconds --y loss --by who --log x --title "Loss by time, $factors factors" --x-title seconds --y-title loss
