# How far a sweep is from what the machine can do: the sum over its phases of max(bytes / bandwidth, flops / peak).
#
# usage: ./dev bench floor [FACTORS…]        default: 50 64 128
# The limits are measured in the same run (bench/limits.cc): float32 multiply-adds on the SIMD target that runs, reads from memory
# and from L2, rows at random of the length that is gathered, from a table of as many rows as there are artists. The sweep is three
# steps of conjugate gradient on float16, all cores, on the made-up log. A phase counts what it must do, once, k being the factors
# padded to 16: gram (k^2 flops a row of the fixed side), whitening (k^2 a row), gather (each cell's vector of 2k bytes from the
# table, 4k flops), steps (three times 2k bytes a cell from L2, 4k flops), start and way back (k^2 each a row of the solved side);
# rows of factors are 4k bytes. Medians of three rounds, or of $SEGUE_ROUNDS.
source bench/common.bash

machine
ensure_log
cmake --build build/release --target train_sweep limits > /dev/null
[[ $# -gt 0 ]] || set -- 50 64 128
threads=$(nproc)
padded() { echo $((($1 + 15) / 16 * 16)); }
lengths=()
for factors in "$@"; do lengths+=($((2 * $(padded "$factors")))); done
build/release/bench/limits "$threads" "${lengths[@]}" > "$bench_dir/limits.txt"
limit() { sed -n "s/^$1 //p" "$bench_dir/limits.txt" | head -n 1; }
flops=$(limit multiply_add)
memory=$(limit memory)
cache=$(limit cache)
say "limits, $(head -n 1 "$bench_dir/limits.txt"): $flops GFLOP/s, memory $memory GB/s, L2 $cache GB/s"
say "random rows: $(sed -n 's/^gather \([0-9]*\) \(.*\)/\1 bytes \2 GB\/s/p' "$bench_dir/limits.txt" | paste -s -d ',' | sed 's/,/, /g')"
printf 'factors\tfloor\tmeasured\n' > "$bench_dir/floor.tsv"
say "factors    gram  whiten  gather   steps    back   floor  measured (spread)          factor"
read -r users items cells < <(od -A n -w24 -t d8 -N 24 "$bench_dir/plays.csr")
for factors in "$@"; do
  k=$(padded "$factors")
  mapfile -t ours < <(for ((round = 0; round < ${SEGUE_ROUNDS:-3}; ++round)); do
    build/release/bench/train_sweep "$bench_dir/plays.csr" "$factors" 4 solver=cg threads="$threads" | awk '/^sweep [2-9]/ {print $3}'
  done)
  awk -v factors="$factors" -v k="$k" -v u="$users" -v i="$items" -v n="$cells" -v f="$flops" -v m="$memory" -v c="$cache" \
    -v g="$(limit "gather $((2 * k))")" -v table="$bench_dir/floor.tsv" -v seconds="$(median "${ours[@]}")" \
    -v spread="$(spread "${ours[@]}")" '
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
      printf "%7d  %6.3f  %6.3f  %6.3f  %6.3f  %6.3f  %6.3f  %-25s  %6.1f\n", factors, gram, whiten, gather, steps, back, floor,
        seconds " (" spread ")", seconds / floor
      printf "%d\t%s\t%s\n", factors, floor, seconds >> table
    }'
done
draw floor --x factors --y floor,measured --log xy --title "A sweep of three steps and its floor" --x-title factors --y-title seconds
