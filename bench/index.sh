# Indexes: recall@10 and @20 and queries a second, ours beside hnswlib, faiss and Annoy, one thread, in turn, medians; every
# exact list is compared with brute force's. Prints curves and the fastest setting that reaches a recall; draws pictures.
#
# usage: ./dev bench index [--quick] [--ours] [PART…] [-- QUERIES ROUNDS]
#
#   cosine      items like an item, hnswlib with M 16 and 32, Annoy with 25 and 100 trees
#   product     items for a user, the same
#   denied      items for a user, what they have played left out
#   allowed     items for a user among 50, 10, 1 and 0.1 % of the items
#   flat        items as unit vectors, for a user: no lengths to prune by
#   dimensions  32, 128 and 256 factors, both questions
#   million     a million items made up from the model's, both questions
#   millions    five million, ours only: hnswlib alone would take half an hour to build
#   real        factors of Last.fm-2k, MovieLens-1M and Gowalla, both questions
#
# Without a part: cosine and product. --quick: those two with hnswlib M 16 and Annoy of 25 trees only, 200 queries, 3 rounds.
# --ours: no peers; SEGUE_SIMD=avx2 or sse4 caps the instructions. Parts but cosine and product take few settings of peers.
#
# Peers' indexes are kept in the bench folder: the first run builds them, for minutes. What packages are not there
# (libhnswlib-dev, libfaiss-dev, r-cran-rcppannoy) is left out. $SEGUE_INDEX_MODEL: factors to ask in place of the bench log's.
source bench/common.bash

data=${SEGUE_DATA:-../shared/data}
peers=all few=one queries=500 rounds=3 parts=()
while (($#)); do
  case $1 in
    --quick) peers=one queries=200 rounds=3 ;;
    --ours) peers=none few=none ;;
    --) queries=${2:-$queries} rounds=${3:-$rounds} && break ;;
    -*) say "there is no option $1" && exit 2 ;;
    *) parts+=("$1") ;;
  esac
  shift
done
((${#parts[@]})) || parts=(cosine product)
machine
mkdir -p "$bench_dir"

# The model of the bench log with so many factors: model FACTORS
model() {
  [[ $1 == 64 && -n ${SEGUE_INDEX_MODEL:-} ]] && echo "$SEGUE_INDEX_MODEL" && return
  local file=$bench_dir/index$1.segue
  if [[ ! -f $file ]]; then
    ensure_log >&2
    "$SEGUE" fit "$bench_dir/plays.tsv" --factors "$1" --k1 100 --b 0.8 -o "$file" > /dev/null
  fi
  echo "$file"
}
# A model of real data: real NAME FILE OPTIONS OF fit…
real() {
  local file=$bench_dir/index-$1.segue log=$2
  [[ -f $log ]] || return 1
  if [[ ! -f $file ]]; then
    if [[ $log == *.txt ]]; then  # "user item item …"
      awk '{ for (i = 2; i <= NF; ++i) print $1 "\t" $i }' "$log" > "$bench_dir/$1.tsv"
      log=$bench_dir/$1.tsv
    fi
    "$SEGUE" fit "$log" "${@:3}" --factors 64 -o "$file" > /dev/null 2> "$file.log" || { cat "$file.log" >&2 && return 1; }
  fi
  echo "$file"
}
# race NAME MODEL OPTIONS OF index_curve…: prints it, and keeps the table as index-NAME.tsv.
race() {
  local table=$bench_dir/index-$1.tsv
  rm -f "$table"
  on_openblas 1 build/release/bench/index_curve "$2" "$bench_dir" "$queries" "$rounds" "table=$table" "${@:3}"
}
picture() {
  draw "index-$1" --x recall10 --y queries --by name --log y --x-from 0.8 --title "$2" --x-title "recall@10" --y-title "queries a second"
}

for part in "${parts[@]}"; do
  case $part in
    cosine)
      race cosine "$(model 64)" "peers=$peers" data=made-up
      picture cosine "Items like an item, 292,365 items, 64 factors"
      ;;
    product)
      race product "$(model 64)" question=product "peers=$peers" data=made-up
      picture product "Items for a user, 292,365 items, 64 factors"
      ;;
    denied) race denied "$(model 64)" question=product denied=yes "peers=$few" data=made-up ;;
    allowed)
      for share in 0.5 0.1 0.01 0.001; do
        race "allowed-$share" "$(model 64)" question=product "allowed=$share" "peers=$few" data=made-up
      done
      ;;
    flat) race flat "$(model 64)" question=product flat=yes "peers=$few" data=made-up ;;
    dimensions)
      for factors in 32 128 256; do
        race "$factors-cosine" "$(model "$factors")" "peers=$few" data=made-up
        race "$factors-product" "$(model "$factors")" question=product "peers=$few" data=made-up
      done
      ;;
    million)
      race million-cosine "$(model 64)" grow=1000000 "peers=$few" data=grown
      race million-product "$(model 64)" question=product grow=1000000 "peers=$few" data=grown
      ;;
    millions)
      race millions-cosine "$(model 64)" grow=5000000 peers=none data=grown
      race millions-product "$(model 64)" question=product grow=5000000 peers=none data=grown
      ;;
    real)
      while read -r name file options; do
        # shellcheck disable=SC2086  # options are words
        fitted=$(real "$name" "$data/$file" $options) || { say "skipped: $data/$file is not there" && continue; }
        race "$name-cosine" "$fitted" "peers=$few" "data=$name"
        race "$name-product" "$fitted" question=product "peers=$few" "data=$name"
      done << 'TABLE'
lastfm2k hetrec_lastfm2k/user_artists.dat
movielens1m movielens_1m/user_movie_pairs.tsv.gz --weighting binary
gowalla gowalla_lightgcn/train.txt --weighting binary
TABLE
      ;;
    *) say "there is no part $part; head -n 30 bench/index.sh lists them" && exit 2 ;;
  esac
done
