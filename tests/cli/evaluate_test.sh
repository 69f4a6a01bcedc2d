# Models side by side on what was held out: tables, JSON, TSV, and splits as others made them.
write_log log.tsv
ok segue evaluate log.tsv $columns --factors 4 --models popularity,als,knn,ease --metrics ndcg@5,auc,coverage@5
out_has "ndcg@5"
out_has "against popularity"
err_has "held out of"
[ "$(grep -c '^ease' "$out")" -eq 3 ] || fail "not a line for each measure"

# What there is nothing to say of is not said: intervals without resamples, all but the mean of lists together, whom a
# single model is compared with.
ok segue evaluate log.tsv $columns --models popularity --metrics ndcg@5,coverage@5 --resamples 0 --json
json_check "$out" "
assert set(lines[0]) == {'model', 'metric', 'mean', 'worst', 'best', 'users'}, lines
assert set(lines[1]) == {'model', 'metric', 'mean'}, lines"
ok segue evaluate log.tsv $columns --models popularity --metrics ndcg@5,coverage@5 --resamples 0 --tsv
awk -F'\t' 'NR == 2 && ($4 $5 != "" || $6 == "" || $7 == "") || NR == 3 && $4 $5 $6 $7 != "" || NF != 7 { exit 1 }' "$out" ||
  fail "intervals that there are not"
ok segue evaluate log.tsv $columns --models popularity --metrics ndcg@5,gini@5 --tsv
awk -F'\t' 'NR == 2 && ($4 == "" || $5 == "") || NR == 3 && $4 $5 $6 $7 != "" { exit 1 }' "$out" || fail "gini has an interval"
ok segue evaluate log.tsv $columns --models popularity --metrics ndcg@5
out_has "95 % interval"
out_lacks "against"
for resamples in 1 99 -1; do
  expect_status 2 segue evaluate log.tsv $columns --resamples $resamples
  err_has "it takes 0 for no intervals, or 100 to 1000000"
done
# No flip of 100 goes as far: less than that cannot be told apart.
ok segue evaluate log.tsv $columns --models popularity,knn --metrics ndcg@5 --resamples 100
out_has "<0.01"

# The same for any number of threads; the JSON says whom a model is compared with.
for threads in 1 2 3; do
  ok segue evaluate log.tsv $columns --factors 4 --models als,ease --json --threads $threads
  cp "$out" t$threads
done
cmp -s t1 t2 && cmp -s t1 t3 || fail "results depend on the threads"
json_check t1 "
assert [(l['model'], l['metric']) for l in lines] == [(m, k) for m in ('als', 'ease') for k in ('ndcg@10', 'recall@20')]
assert all(l['low'] <= l['mean'] <= l['high'] and l['worst'] <= l['mean'] + 1e-12 for l in lines)
assert 'against' not in lines[0] and lines[2]['against']['model'] == 'als' and 0 < lines[2]['against']['p'] <= 1"
for split in random leave-out folds users; do
  ok segue evaluate log.tsv $columns --split $split --factors 4 --models als,popularity --tsv
  out_line_is 1 "$(printf 'model\tmetric\tmean\tlow\thigh\tworst\tbest')"
  [ "$(wc -l <"$out")" -eq 5 ] || fail "not two models by two measures"
done
ok segue evaluate log.tsv $columns --factors 4 --models als --log-format json
json_check "$err" "assert [l['event'] for l in lines] == ['ingest', 'split', 'evaluated'], lines"

# By time: from a log and from the .plays file made of it. Everybody plays the hit last, so that popularity finds it.
awk 'BEGIN {
  print "user,item,plays,timestamp"
  for (u = 0; u < 30; ++u) {
    for (i = 0; i < 5; ++i) printf "u%d,i%d,1,2020-01-%02dT00:00:00Z\n", u, (u * 5 + i * 3) % 40, 1 + i
    printf "u%d,hit,1,2020-%02d-01T00:00:00Z\n", u, u < 20 ? 1 : 2
  }
}' >timed.csv
ok segue evaluate timed.csv --split time --share 0.06 --models popularity --metrics hit_rate@1 --tsv --log-format json
json_check "$err" "assert [l for l in lines if l['event'] == 'split'][0]['test'] == 10, lines"
[ "$(sed -n 2p "$out" | cut -f3)" = 1 ] || fail "the newest are not the hits of February"
ok segue ingest timed.csv -o timed.plays
err_has 'time = column 4 "timestamp"'
for split in time leave-last; do
  ok segue evaluate timed.csv --split $split --models knn --tsv
  cp "$out" from_log
  ok segue evaluate timed.plays --split $split --models knn --tsv
  cmp -s "$out" from_log || fail "a .plays file is split otherwise than its log"
done
ok segue evaluate timed.csv --split leave-last --time timestamp --models popularity --metrics recall@5 --log-format json
json_check "$err" "assert [l for l in lines if l['event'] == 'split'][0]['test'] == 30, lines"
expect_status 2 segue evaluate log.tsv $columns --split time
err_has "log.tsv: has no times, and --split time goes by them"
err_has "fix: name their column with --time"
ok segue ingest timed.csv --time none -o timeless.plays
expect_status 2 segue evaluate timeless.plays --split leave-last
err_has "fix: ingest the log again with --time"
ok segue fit timed.plays --model popularity -o popular.segue
ok segue inspect popular.segue
out_lacks plays.times
ok segue inspect timed.plays
out_has plays.times
ok segue tune timed.csv --time timestamp --split leave-last --model ease --trials 2
sh -c "$(sed -n 's/^  segue fit/segue fit/p' "$err") -o ease.segue" >"$out" 2>"$err" || fail "the command does not run"

# Lists of similar items: people who were held out, tags, another seed.
{
  echo "artist,tag"
  cut -f2 log.tsv | sort -u | awk -F'\t' '{ gsub(/"/, "\"\""); printf "\"%s\",%s\n", $1, $1 ~ /Clash|Smiths|Blur/ ? "guitars" : "synths" }'
} >tags.csv
ok segue evaluate log.tsv $columns --similar 3 --share 0.4 --factors 4 --tags tags.csv --tag-columns artist,tag --json
json_check "$out" "
assert [(l['model'], l['metric']) for l in lines] == [('als', 'co_listening@3'), ('als', 'tag_overlap@3'), ('als', 'stability@3'),
    ('knn', 'co_listening@3'), ('knn', 'tag_overlap@3')], lines
assert all(0 <= l['low'] <= l['mean'] <= l['high'] <= 1 and l['items'] > 5 for l in lines), lines"
ok segue evaluate log.tsv $columns --similar 3 --share 0.4 --factors 4
out_has "stability@3"
expect_status 2 segue evaluate log.tsv $columns --tags tags.csv
err_has "add --similar 10"
expect_status 2 segue evaluate log.tsv $columns --similar 3 --models popularity
printf 'item,tag\nnobody,x\n' >foreign.csv
expect_status 5 segue evaluate log.tsv $columns --similar 3 --share 0.4 --tags foreign.csv
err_has "has tags for none of the log's items"

expect_status 5 segue evaluate log.tsv $columns --similar 3 --tags tags.csv --tag-columns foo,tag
err_has "give the first of --tag-columns one of these names"
err_lacks "give --user-column"
expect_status 2 segue evaluate log.tsv $columns --similar 3 --tags tags.csv --tag-columns artist,
err_has "are not two"
ok segue evaluate log.tsv $columns --similar 3 --share 0.4 --models knn --resamples 0 --json
json_check "$out" "assert set(lines[0]) == {'model', 'metric', 'mean', 'items'}, lines"

# Sampled candidates, as NCF ranks: the best of two is found more often than the best of all.
ok segue evaluate log.tsv $columns --split leave-out --among 1 --models ease --metrics hit_rate@1 --tsv
sampled=$(sed -n 2p "$out" | cut -f3)
ok segue evaluate log.tsv $columns --split leave-out --models ease --metrics hit_rate@1 --tsv
awk -v a="$sampled" -v b="$(sed -n 2p "$out" | cut -f3)" 'BEGIN { exit !(a > b && b > 0) }' || fail "negatives do not matter"
expect_status 2 segue evaluate --train log.tsv --test log.tsv --candidates log.tsv --among 5
err_has "--candidates and --among are both given"

# The card of a model keeps what its settings reach, beside baselines.
ok segue fit log.tsv $columns --factors 4 --iterations 3 -o carded.segue
ok segue evaluate --card carded.segue --models ease,als --metrics ndcg@5,coverage@5
out_has "against als"
ok segue inspect carded.segue --verify --json
json_check "$out" "
e = lines[0]['card']['evaluation']
assert e['split'] == 'random, share 0.2, split-seed 42' and e['test'] > 0 and e['users'] > 0 and e['train'] > e['test'], e
assert [(f['model'], f['metric']) for f in e['figures']] == [(m, k) for m in ('als', 'ease') for k in ('ndcg@5', 'coverage@5')], e
assert all(f['low'] <= f['mean'] <= f['high'] for f in e['figures']), e"
ok segue inspect carded.segue
out_has "evaluated: random, share 0.2, split-seed 42"
ok segue evaluate log.tsv $columns --models als --factors 4 --iterations 3 --metrics ndcg@5 --json
cp "$out" direct
ok segue evaluate log.tsv $columns --card carded.segue --metrics ndcg@5 --json
json_check direct "own = lines[0]['mean']; other = json.loads(open('$out').readline()); assert other['model'] == 'als' and other['mean'] == own, (own, other)"
expect_status 2 segue evaluate --card carded.segue --factors 8
err_has "the figures would not be its own"
write_log other.tsv && sed -i 1d other.tsv
expect_status 2 segue evaluate other.tsv $columns --card carded.segue
err_has "holds other data than the model of --card"

# A split of one's own: two users, of whom the first is served right by popularity.
printf 'a x\na y\nb x\nc x\nc z\n' >train
printf 'a z\nb y\n' >test
printf '(a,z)\ty\tx\n(b,y)\tw\n' >candidates
ok segue evaluate --train train --test test --models popularity --metrics hit_rate@1 --tsv
json_or_tsv=$(sed -n 2p "$out" | cut -f3,6,7)
[ "$json_or_tsv" = "$(printf '0.75\t0.5\t1')" ] || fail "y and z tie for b, and a knows y: $json_or_tsv"
ok segue evaluate --train train --test test --candidates candidates --models popularity --metrics hit_rate@1 --tsv
[ "$(sed -n 2p "$out" | cut -f3)" = 0.5 ] || fail "candidates are not obeyed"

expect_status 2 segue evaluate log.tsv --models als,eaze
err_has '--models does not know "eaze"'
expect_status 2 segue evaluate log.tsv --metrics ndcg
err_has "lacks its K, as in ndcg@10"
expect_status 2 segue evaluate log.tsv --models als,als
err_has 'names "als" twice'
expect_status 2 segue evaluate
err_has "LOG is missing"
expect_status 2 segue evaluate --train train
err_has "--test is missing"
expect_status 2 segue evaluate log.tsv --train train --test test
err_has "a log and --train or --test are given"
expect_status 2 segue evaluate log.tsv $columns --share 1.5
err_has "--share cannot be 1.5"
err_has "give a share above 0 and below 1"
expect_status 2 segue evaluate log.tsv $columns --share -0.0000001
err_has "--share cannot be -1e-07"
expect_status 3 segue evaluate --train train --test nothing
err_has "there is no such file"

# Options go to the models that have them, by the table of models.
ok segue evaluate log.tsv $columns --models bpr,lmf,slim,als --factors 4 --iterations 3 --metrics ndcg@5 --json --log-format json
json_check "$err" "
told = {l['model']: l['options'] for l in lines if l['event'] == 'evaluated'}
assert told['bpr']['factors'] == told['lmf']['factors'] == '4' and told['slim']['l2'] == '200', told"
expect_status 2 segue evaluate log.tsv --models popularity,ease --factors 4
err_has "--factors is not an option of popularity, ease"
err_has "it belongs to als, bpr, lmf"
expect_status 2 segue evaluate log.tsv --models slim --neighbors x
err_has '--neighbors cannot be "x": it takes a whole number from'
expect_status 2 segue evaluate log.tsv --models bpr --factors 1020
err_has '--factors cannot be "1020"'
err_has "of bpr it takes a whole number from 1 to 1008"
