# Every model of the table becomes a file that answers as one of als does.
write_log log.tsv
for model in popularity knn ease slim bpr lmf; do
  options=""
  case $model in
    ease | slim) options="--l2 5" ;;
    bpr | lmf) options="--factors 4 --iterations 5" ;;
  esac
  ok segue fit log.tsv $columns --model $model $options -o $model.segue
  out_is_empty
  err_has "Try next:"
  ok segue inspect $model.segue --verify
  out_has "$model"
  out_has "format version 2"
  ok segue inspect $model.segue --json
  json_check "$out" "
c = lines[0]['card']
assert c['model'] == '$model' and c['factors_checksum'], c
assert (c['options'].get('l2') == '5') == ('$options' == '--l2 5'), c
assert lines[0]['version'] == 2"
  title=$(head -n 1 log.tsv | cut -f 2)
  user=$(head -n 1 log.tsv | cut -f 1)
  ok segue recommend $model.segue --user "$user" --include-seen --json
  json_check "$out" "assert len(lines) >= 1"
  ok segue recommend $model.segue --like "$title" --json
  json_check "$out" "assert len(lines) >= 1"
  ok segue recommend $model.segue --all -n 2
  if [ $model = popularity ]; then
    expect_status 2 segue similar $model.segue "$title"
    err_has "does not tell which items are alike"
    err_has "fix:"
  else
    ok segue similar $model.segue "$title"
    ok segue similar $model.segue --all -n 2
  fi
  # The same whatever the threads.
  ok segue fit log.tsv $columns --model $model $options --threads 3 -o again.segue
  ok segue inspect again.segue --json
  json_check "$out" "print(lines[0]['card']['factors_checksum'])" >again
  ok segue inspect $model.segue --json
  json_check "$out" "print(lines[0]['card']['factors_checksum'])" >once
  cmp -s once again || fail "$model depends on the threads"
done

ok segue fit log.tsv $columns --model ease --l2 5 --neighbors 2 -o few.segue
ok segue inspect few.segue
out_has "weights.columns"
ok segue fit log.tsv $columns --model bpr --factors 4 --iterations 2 --index exact -o indexed.segue
ok segue inspect indexed.segue
out_has "by cosine"
ok segue index info indexed.segue

# What only als has, or only factors.
expect_status 2 segue fit log.tsv $columns --model knn --dry-run
err_has "--dry-run is not for model knn"
expect_status 2 segue fit log.tsv $columns --model bpr --init few.segue
err_has "--init is not for model bpr"
expect_status 2 segue fit log.tsv $columns --init few.segue
err_has "only als goes on from an older one"
expect_status 2 segue fit log.tsv $columns --model ease --index exact
err_has "--index is not for model ease"
expect_status 2 segue fit log.tsv $columns --model knn --neighbors 0
err_has "--neighbors cannot be \"0\""
expect_status 2 segue fit log.tsv $columns --model ease --l2 0
err_has "fix:"
err_lacks "rows from" # not read yet
expect_status 2 segue map few.segue -o map.segue
err_has "has no factors to lay out"
expect_status 2 segue index build few.segue -o few.index
err_has "has no factors to search in"
