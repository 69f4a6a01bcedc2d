# An iteration of BPR and of LMF on the full-size log, with implicit's defaults (100 factors; 30 factors and 30 negatives; both
# draw by popularity), by one thread and by all. The checksum is the same for each. Beside it the library implicit in turn,
# where python3 can import it (PYTHONPATH says where it is); "skipped" where it cannot.
#
# usage: ./dev bench gradient [ITERATIONS=3] [ROUNDS=2]
source bench/common.bash

iterations=${1:-3}
rounds=${2:-2}
machine
ensure_log
cmake --build build/release --target fit_gradient > /dev/null
for model in bpr lmf; do
  factors=$([[ $model == bpr ]] && echo 100 || echo 30)
  one=() all=() peer=() why=
  for ((round = 0; round < rounds; ++round)); do
    for threads in 1 "$(nproc)"; do
      lines=$(build/release/bench/fit_gradient "$model" "$bench_dir/plays.csr" "$factors" "$threads" "$iterations")
      mapfile -t taken < <(sed -n 's/ s  iteration.*//p' <<< "$lines")
      if [[ $threads == 1 ]]; then one+=("${taken[@]}"); else all+=("${taken[@]}"); fi
    done
    if [[ $why == "" ]]; then
      if answer=$(implicit_seconds "$model" "$factors" "$iterations"); then
        mapfile -t taken <<< "$answer"
        peer+=("${taken[@]}")
      else
        why=$answer
      fi
    fi
  done
  say "segue      $model  1 threads: median $(median "${one[@]}") s ($(spread "${one[@]}"))"
  say "segue      $model  $(nproc) threads: median $(median "${all[@]}") s ($(spread "${all[@]}"))  ${lines##*threads * }"
  say_implicit "$(nproc)" "$(median "${all[@]}")" "${peer[@]}"
done
