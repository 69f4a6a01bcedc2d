# Models side by side on what was held out: tables, JSON, TSV, and splits as others made them.
write_log log.tsv
ok segue evaluate log.tsv $columns --factors 4 --models popularity,als,knn,ease --metrics ndcg@5,auc,coverage@5
out_has "ndcg@5"
out_has "against popularity"
err_has "held out of"
[ "$(grep -c '^ease' "$out")" -eq 3 ] || fail "not a line for each measure"

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
err_has "share is 1.5"
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
