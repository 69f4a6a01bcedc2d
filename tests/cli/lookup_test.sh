# A cell, a row, a column, from a log, from ingested plays and from a model alike.
write_model
ok segue ingest log.tsv $columns -o log.plays

user=00000c289a1829a808ac09c00daf10bc3c4e223b
ok segue lookup log.tsv $columns --user $user --item "red hot chili peppers"
out_is 691
for file in log.plays model.segue; do
  ok segue lookup $file --user $user --item "red hot chili peppers"
  out_is 691
  ok segue lookup $file --user $user --item "RED HOT CHILI PEPPERS"
  out_is 691

  # None: 0, and a word about it where it is in nobody's way.
  ok segue lookup $file --user $user --item Blur
  out_is 0
  err_has "no interaction"

  ok segue lookup $file --user $user
  out_line_is 2 "red hot chili peppers    691  red hot chili peppers"
  ok segue lookup $file --user $user --tsv
  out_line_is 1 "$(printf 'id\ttitle\tvalue')"
  out_line_is 2 "$(printf 'red hot chili peppers\tred hot chili peppers\t691')"
  ok segue lookup $file --item "red hot chili peppers" --tsv
  out_line_is 2 "$(printf '%s\t691' $user)"
done

ok segue lookup model.segue --user $user --item "red hot chili peppers" --json
json_check "$out" "assert lines == [{'user': '$user', 'item': {'id': 'red hot chili peppers', 'title': 'red hot chili peppers'}, 'value': 691}]"
ok segue lookup model.segue --item Radiohead --json
json_check "$out" "assert [u['value'] for u in lines[0]['users']] == [33, 32, 31, 30, 29, 28], lines"

# Who is there?
expect_status 3 segue lookup model.segue --user user01x
err_has 'there is no user "user01x"'
err_has '"user01"'
err_has "segue lookup model.segue --users lists them all"
ok segue lookup model.segue --users
out_has "user40"
ok segue lookup model.segue --items --tsv
out_has "Radiohead"
expect_status 2 segue lookup model.segue
err_has "--user ID"
