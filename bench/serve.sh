# The HTTP service under load and under those who mean it ill, on a model of Last.fm-360K's size, which is made up.
# h2load sends at the rate whatever the server does, so a slow answer delays no request of another connection; it shares
# the machine with the server.
#
# usage: ./dev bench serve MODE …                        needs nghttp2-client
#   load [RATE=5000] [SECONDS=20] [WHAT=similar]  latencies, and the server's processor time a request beside that of the
#                                                 search alone; WHAT: similar, or item, which takes no search
#   reload [RATE=5000]                            the same while a new file is opened
#   idle [CONNECTIONS=10000]                      connections that are kept: memory of each, and whether all still answer
#   flat [MINUTES=5] [RATE=2000]                  memory by the minute under load
#   rough                                         slow, oversize, half-closed, garbage, 10,000 opened and dropped: what comes of each
#   replicas                                      two processes of one file: memory that they share and that is each one's own
# MODEL=… names another model, CONNECTIONS=… another number than 50 that the load comes over.
source bench/common.bash

mode=${1:-load}
shift || true
model=${MODEL:-$bench_dir/serve.segue}
connections=${CONNECTIONS:-50}  # h2load has all of them send at the same moment, and then again: the last of them waits for the others
warm_up=2  # seconds that are not counted
machine

# The model, with the index that reaches .95 of the true ten.
ensure_model() {
  [[ ! -f $model ]] || return 0
  ensure_log
  "$SEGUE" fit "$bench_dir/plays.tsv" --factors 50 -o "$model" > /dev/null
  "$SEGUE" index build "$model" --index ivf --recall 0.95
}

# start_server [NUMBER] [OPTIONS…]: sets server, a process, and base, its address.
servers=()
start_server() {
  local log=$bench_dir/serve$1.log
  "$SEGUE" serve "${served:-$model}" --port 0 --no-access-log --log-format json "${@:2}" 2> "$log" &
  server=$!
  servers+=("$server")
  until grep -q '"listening"' "$log"; do
    kill -0 "$server" || { cat "$log"; exit 1; }
    sleep 0.1
  done
  base=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$log")
}
stop_servers() {
  local each
  for each in "${servers[@]}"; do
    kill "$each" 2> /dev/null && wait "$each" || true
  done
  servers=()
}
trap stop_servers EXIT

# 2,000 items at random, as addresses: urls WHAT.
urls() {
  "$SEGUE" lookup "${served:-$model}" --items --tsv | python3 -c '
import random, sys, urllib.parse
ids = [line.split("\t")[0] for line in sys.stdin][1:]
for id in random.Random(7).sample(ids, min(len(ids), 2000)):
    print(sys.argv[1] + "/v1/items/" + urllib.parse.quote(id, safe="") + ("" if sys.argv[2] == "item" else "/similar?n=10"))
' "$base" "$1" > "$bench_dir/serve.urls"
}

ticks() { awk '{print $14 + $15}' "/proc/$server/stat"; }
resident() { awk '/^Rss:/ {printf "%.1f", $2 / 1024}' "/proc/$server/smaps_rollup"; }
anonymous() { awk '/^Anonymous:/ {printf "%.1f", $2 / 1024}' "/proc/$server/smaps_rollup"; }

# asked RATE SECONDS: sends, and leaves $bench_dir/serve.tsv and $micros, the server's processor time while it answered those.
asked() {
  command -v h2load > /dev/null || { say "skipped: h2load is not there (Debian's nghttp2-client)"; exit 0; }
  local before
  rm -f "$bench_dir/serve.tsv"  # h2load appends
  before=$(ticks)
  h2load --h1 -c "$connections" -t 1 --rps "$(($1 / connections))" -D "$2" --warm-up-time "$warm_up" \
    --log-file "$bench_dir/serve.tsv" -i "$bench_dir/serve.urls" > "$bench_dir/serve.h2load"
  micros=$((($(ticks) - before) * 1000000 / $(getconf CLK_TCK) * $2 / ($2 + warm_up)))  # h2load does not log the warm-up
}

# latencies [BEGIN END]: of what was asked then, seconds since 1970.
latencies() {
  python3 - "$bench_dir/serve.tsv" "$@" << 'PY'
import collections, sys
rows = [tuple(map(int, line.split("\t")[:3])) for line in open(sys.argv[1])]
if len(sys.argv) > 2:
    rows = [row for row in rows if float(sys.argv[2]) <= row[0] / 1e6 <= float(sys.argv[3])]
times = sorted(row[2] for row in rows)
statuses = collections.Counter(row[1] for row in rows)
at = lambda share: times[min(len(times) - 1, int(share * len(times)))] / 1e3
span = (max(row[0] for row in rows) - min(row[0] for row in rows)) / 1e6
print(f"answered {len(rows) / span:,.0f}/s over {span:.1f} s: " + ", ".join(f"{count:,} times {status}" for status, count in sorted(statuses.items())))
print(f"p50 {at(.5):.2f} ms, p90 {at(.9):.2f} ms, p99 {at(.99):.2f} ms, worst {times[-1] / 1e3:.2f} ms")
PY
}
answered() { wc -l < "$bench_dir/serve.tsv"; }

case $mode in
  load)
    what=${3:-similar}
    ensure_model
    start_server ""
    urls "$what"
    asked "${1:-5000}" "${2:-20}"
    say "asked ${1:-5000}/s for $what over $connections connections"
    latencies
    say "server: $((micros / $(answered))) us of processor time a request"
    if [[ $what == similar ]]; then
      cmake --build build/release --target similar_calls > /dev/null
      say "of that the search alone, in the library: $(build/release/bench/similar_calls "$model" 20000)"
    fi
    ;;
  reload)
    ensure_model
    served=$bench_dir/served.segue
    cp "$model" "$served"
    start_server ""
    urls similar
    (
      sleep $((warm_up + 4))
      cp "$model" "$served.new"
      mv "$served.new" "$served"
      sleep 4
      date +%s.%N > "$bench_dir/reload.begin"
      kill -HUP "$server"
      until grep -q '"reload"' "$bench_dir/serve.log"; do sleep 0.05; done
      date +%s.%N > "$bench_dir/reload.end"
    ) &
    asked "${1:-5000}" 20
    say "asked ${1:-5000}/s; while the new file was opened, $(sed -n 's/.*"reload".*"seconds":\([0-9.]*\).*/\1/p' "$bench_dir/serve.log") s:"
    latencies "$(cat "$bench_dir/reload.begin")" "$(cat "$bench_dir/reload.end")"
    say "over all:"
    latencies
    rm -f "$served"
    ;;
  idle)
    ensure_model
    start_server ""
    python3 bench/serve_clients.py idle "$base" "$server" "${1:-10000}"
    ;;
  flat)
    ensure_model
    start_server ""
    urls similar
    say "minute 0: $(anonymous) MB of its own, $(resident) MB with the mapped file"
    for ((minute = 1; minute <= ${1:-5}; ++minute)); do
      asked "${2:-2000}" 58
      say "minute $minute: $(anonymous) MB of its own, $(resident) MB with the mapped file; $(answered) answers"
    done
    ;;
  rough)
    ensure_model
    start_server ""
    python3 bench/serve_clients.py rough "$base" "$server"
    ;;
  replicas)
    ensure_model
    start_server 1
    urls similar
    asked 2000 5
    first=$server
    start_server 2
    sed -i "s|^http://[^/]*|$base|" "$bench_dir/serve.urls"
    asked 2000 5
    for each in "$first" "$server"; do
      awk -v who="$each" '/^(Rss|Pss|Shared_Clean|Private_Clean|Private_Dirty):/ {v[$1] = $2 / 1024}
        END {printf "replica: %.0f MB resident, of which %.0f shared, %.0f its own; its part of all %.0f MB\n", v["Rss:"],
             v["Shared_Clean:"], v["Private_Clean:"] + v["Private_Dirty:"], v["Pss:"]}' "/proc/$each/smaps_rollup"
    done
    ;;
  *) say "there is no mode $mode; see the head of bench/serve.sh" && exit 2 ;;
esac
