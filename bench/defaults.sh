# What the defaults of ALS and other settings reach on held-out plays: NDCG@10, means over five splits, real but small data.
#
# usage: ./dev bench defaults
# A fifth of each user's interactions is held out at random (seeds 1 to 5); Last.fm-2k and MovieLens-100k of ../shared/data.
source bench/common.bash

data=${SEGUE_DATA:-../shared/data}
mkdir -p "$bench_dir"
declare -A log=([Last.fm-2k]=$data/hetrec_lastfm2k/user_artists.dat [MovieLens-100k]=$data/movielens_100k/u.data)
for name in "${!log[@]}"; do
  [[ -f ${log[$name]} ]] || { say "skipped: ${log[$name]} is not there"; exit 0; }
done

# The mean over the seeds: ndcg LOG OPTIONS…
ndcg() {
  local file=$1 seed
  shift
  for seed in 1 2 3 4 5; do
    "$SEGUE" evaluate "$file" --models als --metrics ndcg@10 --resamples 0 --split-seed "$seed" --seed "$seed" --tsv "$@" \
      2> /dev/null | awk '/^als/ {print $3}'
  done | awk '{sum += $1} END {printf "%.3f", sum / NR}'
}

say "options                                                          Last.fm-2k  MovieLens-100k"
while IFS= read -r options; do
  # shellcheck disable=SC2086  # several options
  printf '%-64s %10s  %14s\n' "${options:-none}" "$(ndcg "${log[Last.fm-2k]}" $options)" "$(ndcg "${log[MovieLens-100k]}" $options)"
done << 'TABLE'

--factors 48
--factors 96
--factors 128
--factors 50 --regularization 0.01
--factors 50 --regularization 0.01 --k1 100 --b 0.8
--k1 100 --b 0.8
--weighting log --regularization 30
--weighting log --factors 32 --regularization 0.01
--weighting binary --alpha 5 --factors 32 --regularization 10
--weighting linear --factors 32 --regularization 0.01
--weighting linear --alpha 40 --factors 32 --regularization 0.01
TABLE
