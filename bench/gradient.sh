# An iteration of BPR and of LMF on the full-size log, with implicit's defaults (100 factors; 30 factors and 30 negatives; both
# draw by popularity), by one thread and by all. The checksum is the same for each.
#
# usage: ./dev bench gradient [ITERATIONS=5]
# Beside it the figures that implicit 0.7.3 took on a log of the same shape, on a machine of two cores (../shared/PEERS.md,
# section 5); they are not measured here.
source bench/common.bash

iterations=${1:-5}
machine
ensure_log
cmake --build build/release --target fit_gradient > /dev/null
for model in bpr lmf; do
  for threads in 1 "$(nproc)"; do
    lines=$(build/release/bench/fit_gradient "$model" "$bench_dir/plays.csr" $([[ $model == bpr ]] && echo 100 || echo 30) \
      "$threads" "$iterations")
    mapfile -t taken < <(sed -n 's/ s  iteration.*//p' <<< "$lines")
    say "segue      $model  $threads threads: median $(median "${taken[@]}") s ($(spread "${taken[@]}"))  ${lines##*threads * }"
  done
  say "implicit   $model  2 threads: $([[ $model == bpr ]] && echo 7.0 || echo 11.6) s (not measured here)"
done
