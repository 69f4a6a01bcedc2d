# The notebook on Last.fm-360K in Python (examples/lastfm.py), on a made-up log of that size: each step beside pandas and SciPy
# where they are installed, and beside what implicit and Annoy took before.
#
# usage: ./dev bench notebook
source bench/common.bash

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
machine
ensure_log
cmake --build build/release --target segue_python_package > /dev/null
cat "$bench_dir/plays.tsv" > /dev/null  # into the page cache
LASTFM=$bench_dir/plays.tsv PYTHONPATH=build/release/python "$(python)" examples/lastfm.py | tee "$printed"
"$(python)" bench/notebook_peers.py "$printed" "$bench_dir/plays.tsv"
