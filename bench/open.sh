# Opening: milliseconds until the indexes inside a model file can be asked, beside opening the model and building them anew.
# The 64-factor model of the bench log (made up) with ivf, and with a forest of 25 trees; the exact one for recommendations is
# in both. Medians; the file in the page cache.
#
# usage: ./dev bench open [ROUNDS=15] [MODEL]
source bench/common.bash

rounds=${1:-15}
model=${2:-$bench_dir/index64.segue}
machine
mkdir -p "$bench_dir"
if [[ ! -f $model ]]; then
  ensure_log
  "$SEGUE" fit "$bench_dir/plays.tsv" --factors 64 --k1 100 --b 0.8 -o "$model" > /dev/null
fi
for kind in ivf annoy; do
  with=$bench_dir/open-$kind.segue
  # Of this program: of what earlier ones stored, codes are made anew.
  [[ $with -nt $model && $with -nt $SEGUE ]] || "$SEGUE" index build "$model" --index "$kind" -o "$with" > /dev/null 2>&1
  build/release/bench/open_index "$with" "$rounds"
done
