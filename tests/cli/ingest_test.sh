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
