# Item-item neighbours of the full-size log, 20 an item, bm25 without normalization, by one thread and by all. The checksum
# is the same for each. Beside it the library implicit's BM25Recommender(K=20).fit in turn, where python3 can import implicit
# (PYTHONPATH says where it is); "skipped" where it cannot.
#
# usage: ./dev bench neighbours [ROUNDS=3]
source bench/common.bash

rounds=${1:-3}
machine
ensure_log
cmake --build build/release --target fit_neighbors > /dev/null
one=() all=() peer=()
for ((round = 0; round < rounds; ++round)); do
  line_of_one=$(build/release/bench/fit_neighbors "$bench_dir/plays.csr" 20 1)
  one+=("${line_of_one%% *}")
  line_of_all=$(build/release/bench/fit_neighbors "$bench_dir/plays.csr" 20 "$(nproc)")
  all+=("${line_of_all%% *}")
  if [[ ${why:-} == "" ]]; then
    if taken=$(implicit_seconds bm25 20 1); then peer+=("$taken"); else why=$taken; fi
  fi
done
say "segue      1 threads: median $(median "${one[@]}") s ($(spread "${one[@]}"))  ${line_of_one#*  }"
say "segue      $(nproc) threads: median $(median "${all[@]}") s ($(spread "${all[@]}"))  ${line_of_all#*  }"
say_implicit "$(nproc)" "$(median "${all[@]}")" "${peer[@]}"
