# The HTTP service at a paced rate: random items and what is similar to them, each request on one of many kept connections.
# What an item alone costs ("item") is what a request costs beyond its search. The model is of Last.fm-360K's size and made up. h2load sends at the rate whatever the server does, so a slow answer delays no request of
# another connection; it shares the machine with the server.
#
# usage: ./dev bench serve [RATE=5000] [SECONDS=20] [WHAT=similar|item] [MODEL=a full-size one, 50 factors]
# needs nghttp2-client. Prints latencies over all requests, answers by status, and the server's processor time a request.
source bench/common.bash

rate=${1:-5000}
seconds=${2:-20}
what=${3:-similar}
model=${4:-$bench_dir/serve50.segue}
connections=50
warm_up=2  # seconds that are not counted
urls=$bench_dir/serve.urls
answers=$bench_dir/serve.tsv
machine
command -v h2load > /dev/null || { say "skipped: h2load is not there (Debian's nghttp2-client)"; exit 0; }
if [[ ! -f $model ]]; then
  ensure_log
  "$SEGUE" fit "$bench_dir/plays.tsv" --factors 50 --iterations 5 -o "$model" > /dev/null
fi

"$SEGUE" serve "$model" --port 0 --no-access-log --log-format json 2> "$bench_dir/serve.log" &
server=$!
trap 'kill "$server" 2> /dev/null || true' EXIT
until grep -q '"listening"' "$bench_dir/serve.log"; do
  kill -0 "$server" || { cat "$bench_dir/serve.log"; exit 1; }
  sleep 0.1
done
base=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$bench_dir/serve.log")
"$SEGUE" lookup "$model" --items --tsv | python3 -c '
import random, sys, urllib.parse
ids = [line.split("\t")[0] for line in sys.stdin][1:]
for id in random.Random(7).sample(ids, min(len(ids), 2000)):
    print(sys.argv[1] + "/v1/items/" + urllib.parse.quote(id, safe="") + ("" if sys.argv[2] == "item" else "/similar?n=10"))
' "$base" "$what" > "$urls"

ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }
rm -f "$answers"  # h2load appends
before=$(ticks)
h2load --h1 -c "$connections" -t 1 --rps "$((rate / connections))" -D "$seconds" --warm-up-time "$warm_up" \
  --log-file "$answers" -i "$urls" > "$bench_dir/serve.h2load"
after=$(ticks)
python3 - "$answers" "$(((after - before) * 1000000 / $(getconf CLK_TCK)))" "$rate" "$((seconds + warm_up))" << 'PY'
import collections, sys
rows = [line.split("\t") for line in open(sys.argv[1])]
times = sorted(int(row[2]) for row in rows)
statuses = collections.Counter(row[1] for row in rows)
at = lambda share: times[min(len(times) - 1, int(share * len(times)))] / 1e3
span = (max(int(row[0]) for row in rows) - min(int(row[0]) for row in rows)) / 1e6
print(f"asked {sys.argv[3]}/s, answered {len(rows) / span:,.0f}/s over {span:.1f} s: " +
      ", ".join(f"{count:,} times {status}" for status, count in sorted(statuses.items())))
print(f"p50 {at(.5):.2f} ms, p90 {at(.9):.2f} ms, p99 {at(.99):.2f} ms, worst {times[-1] / 1e3:.2f} ms")
print(f"server: {int(sys.argv[2]) / max(1, int(len(rows))):.0f} us of processor time a request")
PY
