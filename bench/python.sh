# What Python costs beyond the library: import, fit, recommendations for 20,000 users, one similar call. The library's own times are those of
# a C++ program that makes the same calls, run before and after; of single calls, which depend on where in memory a process has its tables,
# both run five more times in turn. On the model of the whole job (./dev bench job makes it).
#
# usage: ./dev bench python [SWEEPS=10] [USERS=20000] [QUERIES=1000]
source bench/common.bash

sweeps=${1:-10}
users=${2:-20000}
queries=${3:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
machine
model=$bench_dir/job.segue
if [[ ! -f $model ]]; then
  ensure_log
  "$SEGUE" fit "$bench_dir/plays.tsv" --factors 50 --iterations 5 -o "$model" > /dev/null
fi
cmake --build build/release --target python_calls segue_python_package > /dev/null
library() { build/release/bench/python_calls "$model" "$1" "$2" "$queries"; }
package() { PYTHONPATH=build/release/python "$(python)" bench/python_calls.py measure "$model" "$1" "$2" "$queries"; }
library "$sweeps" "$users" > "$work/library1"
package "$sweeps" "$users" > "$work/python1"
library "$sweeps" "$users" > "$work/library2"
for round in 1 2 3 4 5; do
  library 0 1 > "$work/library-single$round"
  package 0 1 > "$work/python-single$round"
done
"$(python)" bench/python_calls.py compare "$work"
