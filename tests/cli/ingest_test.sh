# Ingest says what it read, kept and rejected, and where the first bad rows are.
{
  printf 'user\tartist\tplays\n'
  printf 'ann\tBlur\t10\n'
  printf 'ann\tBlur\t5\n'
  printf 'bob\tBlur\thello\n'
  printf 'bob\t\t3\n'
  printf 'bob\tnull\t7\n'
  printf 'cat\tBl\377ur\t7\n'
} >plays.tsv
ok segue ingest plays.tsv --user user --item artist --value plays -o out.plays
out_is_empty
err_has "6 rows"
err_has "3 rows" # rejected
err_has "plays.tsv:4:10:" # the value that is no number
err_has "plays.tsv:5:5:"  # the empty name
err_has "UTF-8"
err_has "1 row combined"
err_has "2 users, 2 items, 2 interactions"
err_has "of memory"
err_has "wrote"
has_file out.plays

ok segue lookup out.plays --user ann --item Blur
out_is 15
ok segue lookup out.plays --user bob --item null
out_is 7

expect_status 5 segue ingest plays.tsv --user user --item artist --value plays --bad-rows fail -o strict.plays
err_has "plays.tsv:4:10:"
err_has "fix:"
lacks_file strict.plays
expect_status 5 segue ingest plays.tsv --user user --item artist --value plays --duplicates error -o strict.plays
lacks_file strict.plays
ok segue ingest plays.tsv --user user --item artist --value plays --duplicates max
has_file plays.plays # named after the log
ok segue lookup plays.plays --user ann --item Blur
out_is 10

# From a pipe.
status=0
cat plays.tsv | segue ingest - --user user --item artist --value plays -o piped.plays >"$out" 2>"$err" || status=$?
[ "$status" -eq 0 ] || fail "a pipe is not read"
cmp -s piped.plays out.plays || ok segue lookup piped.plays --user ann --item Blur

# Where most rows are rejected, the columns are the likely cause, and that is the last that is said.
printf 'ann\tBlur\t3\nann\tPulp\tx\nbob\tBlur\ty\nbob\tPulp\t4\ncat\tBlur\tz\n' >most.tsv
ok segue ingest most.tsv --value 3 -o most.plays
tail -n 1 "$err" | grep -qF "warning: 3 of 5 rows were rejected, most because value is not a number" || fail "no last warning"
err_has "--user-column"
ok segue ingest most.tsv --value 3 -o most.plays --log-format json
json_check "$err" "assert lines[0]['mostly_rejected'] is True"
ok segue ingest plays.tsv -o half.plays # half of them is not most
err_lacks "warning:"

# A file of titles that knows few of the items is another one.
printf 'Blur\tBlur, the band\n' >few.titles
ok segue ingest most.tsv --value 3 --titles few.titles -o most.plays
err_lacks "warning: few.titles"
printf 'Oasis\tOasis, the band\n' >other.titles
ok segue ingest most.tsv --value 3 --titles other.titles -o most.plays
err_has "warning: other.titles gives only 0 of 2 items a title"

# Of an archive, the file inside is named where something is wrong with it.
tar cf logs.tar most.tsv plays.tsv
ok segue ingest logs.tar --value 3 -o most.plays
err_has "most.tsv in a tar"
err_has "no other is read"
expect_status 5 segue ingest logs.tar --value 3 --bad-rows fail -o strict.plays
err_has "logs.tar:most.tsv:2:10:"
mkdir folder
tar cf folders.tar folder
expect_status 5 segue ingest folders.tar
err_has "the tar archive holds no file"
