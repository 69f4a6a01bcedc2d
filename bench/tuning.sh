#!/usr/bin/env bash
# The searches behind the tuned rows of ./dev bench quality, each on a validation part: the test parts are not opened.
#
# usage: ./dev bench tuning [ncf] [lastfm] [gowalla]
# Prints the table of trials and the command that judges the best one. Trials are kept in build/bench: a search that was
# stopped goes on. ncf: four items a user of the training pairs held out, among 99 others. lastfm: the split's own validation
# part. gowalla: LightGCN++'s validation part, which is taken out of the training part.
source bench/common.bash

data=${SEGUE_DATA:-../shared/data}
mkdir -p "$bench_dir"
(($#)) || set -- ncf lastfm gowalla

search() {  # NAME OPTIONS…
  local name=$1
  shift
  "$SEGUE" tune "$@" --trials-file "$bench_dir/$name.trials" 2> "$bench_dir/$name.log" | head -n 11
  sed -n '$p' "$bench_dir/$name.log"
}

for wanted in "$@"; do
  case $wanted in
    ncf)
      search ncf "$data/movielens_1m/ncf_split/ml-1m.train.pairs.tsv" --split leave-out --leave 4 --among 99 --metric ndcg@10 \
        --model als --weighting binary --factors 192 --trials 60
      ;;
    lastfm)
      split=$data/hetrec_lastfm2k/lightgcnpp_split
      search lastfm --train "$split/train.txt" --test "$split/valid.txt" --model als --unobserved-weight 0 \
        --regularization 0 --trials 100
      ;;
    gowalla)
      split=$data/gowalla_lightgcn
      # Lines are "user item item …"; what the validation part has is left out of the training.
      awk 'NR == FNR { for (i = 2; i <= NF; ++i) held[$1 " " $i]; next }
        { line = $1; for (i = 2; i <= NF; ++i) if (!(($1 " " $i) in held)) line = line " " $i; print line }' \
        "$split/lightgcnpp_valid.txt" "$split/train.txt" > "$bench_dir/gowalla-train.txt"
      search gowalla --train "$bench_dir/gowalla-train.txt" --test "$split/lightgcnpp_valid.txt" --model als \
        --weighting binary --factors 512 --iterations 4 --trials 20
      # What it finds, with fewer factors and more.
      for factors in 256 512 1024; do
        "$SEGUE" evaluate --train "$bench_dir/gowalla-train.txt" --test "$split/lightgcnpp_valid.txt" --models als --weighting binary \
          --iterations 4 --unobserved-weight 0.0348 --regularization 0.00352 --regularization-exponent 0.908 --factors "$factors" \
          --metrics ndcg@20 --resamples 0 --tsv 2> /dev/null | sed -n "2s/^/$factors factors: /p"
      done
      ;;
    *)
      say "there is no search \"$wanted\": choose ncf, lastfm or gowalla"
      exit 2
      ;;
  esac
done
