# How far a sweep is from what the machine can do: the sum over its phases of max(bytes / bandwidth, flops / peak).
#
# usage: ./dev bench floor [FACTORS…]        default: 50 64 128
# The limits are measured in the same run: float32 multiply-adds, reads from memory and from L2, random rows of 256 bytes
# from a table of 100 MB. The sweep is three steps of conjugate gradient on float16, two threads, on the made-up log. A
# phase counts what it must do, once: gram (k^2 flops a row of the fixed side), whitening (k^2 a row), gather (each cell's
# vector of 2k bytes from the table, 4k flops), steps (three times 2k bytes a cell from L2, 4k flops), start and way back
# (k^2 each a row of the solved side); rows of factors are 4k bytes.
source bench/common.bash

machine
compile limits -O3 -march=native -fopenmp
ensure_log
[[ $# -gt 0 ]] || set -- 50 64 128
"$bench_dir/limits" > "$bench_dir/limits.txt"
limit() { grep -F "$1" "$bench_dir/limits.txt" | sed "s/.*$2 *//; s/ .*//"; }
flops=$(limit "FMA512 f32 2T" 2T)
memory=$(limit "read (512 MB) 2T" 2T)
cache=$(limit "seq read 256 KB per thread 2T" 2T)
gather=$(limit "gather 256B rows, 100 MB table, hugepages=1 prefetch=1 2T" 2T:)
say "limits of two threads: $flops GFLOP/s, memory $memory GB/s, L2 $cache GB/s, random rows $gather GB/s"
printf 'factors\tfloor\tmeasured\n' > "$bench_dir/floor.tsv"
say "factors    gram  whiten  gather   steps    back   floor  measured (spread)          factor"
read -r users items cells < <(od -A n -w24 -t d8 -N 24 "$bench_dir/plays.csr")
for factors in "$@"; do
  mapfile -t ours < <(for round in 1 2 3; do
    build/release/bench/train_sweep "$bench_dir/plays.csr" "$factors" 4 solver=cg threads=2 | awk '/^sweep [2-9]/ {print $3}'
  done)
  awk -v k="$factors" -v u="$users" -v i="$items" -v n="$cells" -v f="$flops" -v m="$memory" -v c="$cache" -v g="$gather" \
    -v table="$bench_dir/floor.tsv" -v seconds="$(median "${ours[@]}")" -v spread="$(spread "${ours[@]}")" '
    function most(a, b) { return a > b ? a : b }
    function phase(bytes, bandwidth, flop) { return most(bytes / bandwidth, flop / f) / 1e9 }
    BEGIN {
      rows = u + i
      gram = phase(rows * 4 * k, m, rows * k * k)
      whiten = phase(rows * 6 * k, m, rows * k * k)
      gather = phase(2 * n * 2 * k, g, 2 * n * 4 * k)
      steps = phase(3 * 2 * n * 2 * k, c, 3 * 2 * n * 4 * k)
      back = phase(rows * 8 * k, m, 2 * rows * k * k)
      floor = gram + whiten + gather + steps + back
      printf "%7d  %6.3f  %6.3f  %6.3f  %6.3f  %6.3f  %6.3f  %-25s  %6.1f\n", k, gram, whiten, gather, steps, back, floor,
        seconds " (" spread ")", seconds / floor
      printf "%d\t%s\t%s\n", k, floor, seconds >> table
    }'
done
draw floor --x factors --y floor,measured --log xy --title "A sweep of three steps and its floor" --x-title factors --y-title seconds
