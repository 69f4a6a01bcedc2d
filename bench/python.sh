# What Python costs beyond the library: import, fit, recommendations for 20,000 users, one similar call. The library's own times are those of
# a C++ program that makes the same calls, run before and after. On the model of the whole job (./dev bench job makes it).
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
library() { build/release/bench/python_calls "$model" "$sweeps" "$users" "$queries"; }
library > "$work/1"
PYTHONPATH=build/release/python "$(python)" bench/python_calls.py measure "$model" "$sweeps" "$users" "$queries" > "$work/python"
library > "$work/2"
"$(python)" bench/python_calls.py compare "$work/python" "$work/1" "$work/2"
