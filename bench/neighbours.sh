# Item-item neighbours of the full-size log, 20 an item, bm25 without normalization, by one thread and by all. The checksum
# is the same for each.
#
# usage: ./dev bench neighbours [ROUNDS=3]
# Beside it the figure that implicit 0.7.3's BM25Recommender(K=20).fit took on a log of the same shape, on a machine of two
# cores (../shared/PEERS.md, section 5); it is not measured here.
source bench/common.bash

rounds=${1:-3}
machine
ensure_log
cmake --build build/release --target fit_neighbors > /dev/null
for threads in 1 "$(nproc)"; do
  taken=()
  for ((round = 0; round < rounds; ++round)); do
    line=$(build/release/bench/fit_neighbors "$bench_dir/plays.csr" 20 "$threads")
    taken+=("${line%% *}")
  done
  say "segue      $threads threads: median $(median "${taken[@]}") s ($(spread "${taken[@]}"))  ${line#*  }"
done
say "implicit   2 threads: 10.7 s (not measured here)"
