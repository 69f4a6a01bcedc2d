# What the benchmark scripts share. Sourced by them, from the top of the tree.
#
# The log has Last.fm-360K's size and is made up: ../shared/bench/make_plays.cc writes it (1.6 GB, seed 360), as the yardsticks
# read it; where that is not there, `segue synth` does. It is kept in build/bench, or wherever $SEGUE_BENCH says.
set -euo pipefail

bench_dir=${SEGUE_BENCH:-build/bench}
tools=${SEGUE_BENCH_TOOLS:-../shared/bench}

say() { printf '%s\n' "$*"; }

# A peer's or a limit's program from $tools, compiled as its head says: compile NAME FLAGS…
compile() {
  local name=$1
  shift
  if [[ ! -f $tools/$name.cc ]]; then
    say "skipped: $tools/$name.cc is not there"
    exit 0
  fi
  mkdir -p "$bench_dir"
  [[ $bench_dir/$name -nt $tools/$name.cc ]] || g++ -std=c++20 "$tools/$name.cc" -o "$bench_dir/$name" "$@"
}

# Runs a peer that computes on OpenBLAS at its best: it picks the kernels for this machine itself, whatever the environment
# says of that, and threads are the peer's own: on_openblas THREADS PROGRAM ARGUMENTS…
on_openblas() {
  local threads=$1
  shift
  env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS="$threads" "$@"
}

# Makes plays.tsv where it is missing, and plays.csr for those who compare with a yardstick.
ensure_log() {
  [[ -f $bench_dir/plays.tsv && -f $bench_dir/plays.csr ]] && return
  if [[ ! -f $tools/make_plays.cc ]]; then
    mkdir -p "$bench_dir"
    [[ -f $bench_dir/plays.tsv ]] || "$SEGUE" synth -o "$bench_dir/plays.tsv"
    return
  fi
  compile make_plays -O2
  say "making a log of Last.fm-360K's size (made-up data, 1.6 GB, about a minute)"
  "$bench_dir/make_plays" "$bench_dir" 2> /dev/null
}

# The machine, in one line.
machine() {
  local model
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  say "machine: $model, $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)"
}

# Runs a command; afterwards $seconds is how long the whole process took.
measure() {
  local begin=$EPOCHREALTIME status=0
  "$@" || status=$?
  seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.2f", b - a}')
  return "$status"
}

# Runs a command; afterwards $peak_mb is the most memory it held that no file backs (anonymous: what it needs; the mapped log
# and model are the page cache's), sampled every 20 ms. Looking takes the command some of its time: not for timings.
measure_memory() {
  "$@" &
  local pid=$! status=0 now
  peak_mb=0
  while kill -0 "$pid" 2> /dev/null; do
    now=$(awk '/^RssAnon/ {print int($2 / 1024)}' "/proc/$pid/status" 2> /dev/null || true)
    ((${now:-0} > peak_mb)) && peak_mb=$now
    sleep 0.02
  done
  wait "$pid" || status=$?
  return "$status"
}

# Draws $bench_dir/NAME.tsv as $bench_dir/NAME.svg; what stands in docs/images is copied from there: draw NAME OPTIONS OF plot.py…
draw() {
  local name=$1
  shift
  python3 bench/plot.py "$bench_dir/$name.tsv" "$bench_dir/$name.svg" "$@"
  say "drawn: $bench_dir/$name.svg"
}

# The median of the numbers given, and their smallest and largest.
median() { printf '%s\n' "$@" | sort -g | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
spread() { printf '%s\n' "$@" | sort -g | awk '{v[NR] = $1} END {print v[1] " to " v[NR]}'; }

# The interpreter that the Python package was built for.
python() { sed -n 's/^_\{0,1\}Python_EXECUTABLE:[A-Z]*=//p' build/release/CMakeCache.txt | head -n 1; }

# Seconds that the library implicit takes, one a line: implicit_seconds MODEL SIZE ITERATIONS. Where python3 cannot import it,
# why not, and status 3.
implicit_seconds() { on_openblas "$(nproc)" "$(python)" -W ignore bench/implicit_peer.py "$1" "$bench_dir/plays.csr" "$2" "$3"; }

# The line of implicit below ours: say_implicit THREADS OUR_MEDIAN SECONDS…; without seconds, that it was skipped.
say_implicit() {
  local threads=$1 ours=$2 theirs
  shift 2
  if (($# == 0)); then
    say "implicit   skipped: python3 cannot import it (${why:-})"
    return
  fi
  theirs=$(median "$@")
  say "implicit   $threads threads: median $theirs s ($(spread "$@")), $(awk -v a="$theirs" -v b="$ours" 'BEGIN {printf "%.1f", a / b}') times segue's"
}
