# Tuning: trials in a table, a file that is gone on from, and the command that fits the best.
write_log log.tsv
ok segue tune log.tsv $columns --model als --factors 4 --trials 4 --metric ndcg@5
out_has "ndcg@5"
[ "$(grep -c 'factors 4' "$out")" -eq 4 ] || fail "not a line for each trial"
err_has "segue fit log.tsv"
err_has "--model als"
has_file log.als.trials
cp "$out" whole

# Once more: nothing is trained again, and the same is said.
ok segue tune log.tsv $columns --model als --factors 4 --trials 4 --metric ndcg@5
err_has "goes on"
err_lacks "trial   0"
cut -c1-16 whole >a
cut -c1-16 "$out" >b
cmp -s a b || fail "the trials differ"

# After a kill in the middle of a line.
lines=$(wc -l <log.als.trials)
head -n 3 log.als.trials >cut.trials
printf '{"trial":2,"sett' >>cut.trials
ok segue tune log.tsv $columns --model als --factors 4 --trials 4 --metric ndcg@5 --trials-file cut.trials
err_has "2 trainings"
[ "$(wc -l <cut.trials)" -eq "$lines" ] || fail "not as many lines as without the interruption"
cut -c1-16 "$out" >b
cmp -s a b || fail "the trials differ after an interruption"

# After a real kill: it goes on from the whole lines that are there, and comes to the same.
segue tune log.tsv $columns --model als --factors 4 --trials 4 --metric ndcg@5 --trials-file killed.trials >"$out" 2>"$err" </dev/null &
job=$!
while kill -0 $job 2>/dev/null && [ "$(cat killed.trials 2>/dev/null | wc -l)" -lt 3 ]; do sleep 0.01; done
kill -9 $job 2>/dev/null || true # on a fast machine it may have ended
wait $job || true
ok segue tune log.tsv $columns --model als --factors 4 --trials 4 --metric ndcg@5 --trials-file killed.trials
err_has "goes on"
[ "$(wc -l <killed.trials)" -eq "$lines" ] || fail "not as many lines as without the kill"
cut -c1-16 "$out" >b
cmp -s a b || fail "the trials differ after a kill"

# The command that it ends with runs.
sh -c "$(sed -n 's/^  segue fit/segue fit/p' "$err") -o best.segue" >"$out" 2>"$err" || fail "the command does not run"
has_file best.segue

ok segue tune log.tsv $columns --model ease --trials 3 --metric recall@5 --json --log-format json
json_check "$out" "assert len(lines) == 3 and sum(l['best'] for l in lines) == 1 and lines[0]['settings'] == {}"
json_check "$err" "assert [l['event'] for l in lines if l['event'] != 'ingest'] == ['split'] + 3 * ['trial'] + ['done'], lines"

# So does that of every other model.
for model in popularity knn ease slim bpr lmf; do
  ok segue tune log.tsv $columns --model $model --trials 3 --metric recall@5 --trials-file $model.trials
  sh -c "$(sed -n 's/^  segue fit/segue fit/p' "$err") -o $model.segue" >"$out" 2>"$err" || fail "the command for $model does not run"
  has_file $model.segue
done

# Where nothing is left to search there is one trial.
ok segue tune log.tsv $columns --model popularity --trials 3 --metric recall@5 --trials-file one.trials --json
json_check "$out" "assert len(lines) == 1, lines"
ok segue tune log.tsv $columns --model ease --l2 100 --metric recall@5 --trials-file fixed.trials --json
json_check "$out" "assert len(lines) == 1, lines"
err_has "ease has no option left to search"

# What was piped in is gone: the command names the log.
segue tune - $columns --model ease --trials 2 --metric recall@5 --trials-file piped.trials <log.tsv >"$out" 2>"$err" ||
  fail "a log is not read from standard input"
err_has "segue fit LOG --user 1"
err_lacks /dev/stdin

# A split of one's own is judged as it was tuned: by the same measure, files in the same notation, the same candidates.
printf 'a x\na y\nb x\nc x\nc z\n' >train
printf 'a z\nb y\n' >valid
printf '(a,z)\ty\tx\n(b,y)\tz\n' >candidates
ok segue tune --train train --test valid --split-format pairs --candidates candidates --model ease --trials 2 --metric hit_rate@1
err_has "segue evaluate --train train --test TEST --split-format pairs --candidates candidates --models ease --metrics hit_rate@1"
sh -c "$(sed -n 's/^  segue evaluate/segue evaluate/p' "$err" | sed s/TEST/valid/)" >"$out" 2>"$err" || fail "the command does not run"
printf 'c w\n' >>train
ok segue tune --train train --test valid --among 1 --split-seed 3 --model ease --trials 1 --metric hit_rate@1 --trials-file among.trials
err_has "--test TEST --among 1 --split-seed 3 --models ease"
printf '(a,z)\ty\tx\n' >candidates
expect_status 2 segue tune --train train --test valid --candidates candidates --model ease --trials-file none.trials
err_has 'user "b" has held-out items and no candidates'

# Candidates are obeyed, and are part of what a file of trials is of.
ok segue tune log.tsv $columns --model ease --split leave-out --among 2 --trials 1 --metric hit_rate@1 --trials-file sampled.trials --json
cp "$out" sampled
expect_status 2 segue tune log.tsv $columns --model ease --split leave-out --trials 1 --metric hit_rate@1 --trials-file sampled.trials
err_has "holds the trials of other data"
ok segue tune log.tsv $columns --model ease --split leave-out --trials 1 --metric hit_rate@1 --trials-file all.trials --json
json_check sampled "assert lines[0]['value'] > json.loads(open('$out').readline())['value']"

# A file of trials is written by one at a time, and is no report.
cat >both.py <<'PY'
import fcntl, subprocess, sys
with open("log.ease.trials", "a") as held:
    fcntl.flock(held, fcntl.LOCK_EX)
    job = subprocess.run(["segue", "tune", "log.tsv", *sys.argv[1].split(), "--model", "ease", "--trials", "3", "--metric", "recall@5"],
                         stderr=subprocess.PIPE, check=False)
assert job.returncode == 2 and b"is being written by another segue tune" in job.stderr, job
PY
ok python3 both.py "$columns"
expect_status 2 segue tune log.tsv $columns --model ease --trials-file same --report ./same
err_has "is named by both --report and --trials-file"
mkdir folder.trials
expect_status 7 segue tune log.tsv $columns --model ease --trials-file folder.trials
# Options that the split does not go by.
expect_status 2 segue tune log.tsv $columns --fold 2
err_has "--fold is given, and the split is random"
expect_status 2 segue evaluate log.tsv $columns --leave 3
err_has "--leave is given, and the split is random"

# The trials of something else are left alone.
cp log.ease.trials before
expect_status 2 segue tune log.tsv $columns --model ease --metric ndcg@5
err_has "holds the trials of other data, another model, metric, split or seed"
printf 'my thesis' >thesis
expect_status 2 segue tune log.tsv $columns --trials-file thesis
err_has "was not written by segue tune"
[ "$(cat thesis)" = "my thesis" ] || fail "the file is gone"
sed 2s/trial/tri/ before >damaged
expect_status 5 segue tune log.tsv $columns --model ease --trials 3 --metric recall@5 --trials-file damaged
err_has "damaged:2: is not a line of trials"
cmp -s before log.ease.trials || fail "the trials have changed"

expect_status 2 segue tune log.tsv --model eaze
err_has '--model does not know "eaze"'
expect_status 2 segue tune log.tsv --model ease --factors 4
err_has "--factors is not an option of ease"
expect_status 2 segue tune log.tsv $columns --metric gini@5
err_has "no measure to be raised"
