# Names are found as people write them, whatever is in them.
write_model
for name in "AC/DC" "ac/dc" "Guns N' Roses" "Emerson, Lake & Palmer" '"Weird Al" Yankovic' "[unknown]" "!!!" "a=b" \
  "坂本龍一" "bjork" "BJÖRK" "sigur ros"; do
  ok segue similar model.segue "$name" -n 1 --json
  ok segue recommend model.segue --like "$name" --json
  ok segue recommend model.segue --like "$name=12" --json
  json_check "$out" "assert lines[0]['likes'][0]['value'] == 12, lines"
done
ok segue similar model.segue -n 1 -- -M-
out_has "Like -M-"
ok segue recommend model.segue --like -M- --tsv
ok segue similar model.segue Blur --exclude "[unknown]" --tsv
out_lacks "[unknown]"
ok segue recommend model.segue --like a=b --json
json_check "$out" "assert lines[0]['likes'][0]['id'] == 'a=b'"

expect_status 3 segue similar model.segue "the smits"
err_has 'there is no item called "the smits"'
err_has 'did you mean "The Smiths"'
expect_status 3 segue similar model.segue "completely unheard of"
err_has "segue lookup model.segue --items lists them all"
expect_status 2 segue similar model.segue --wrong Blur
err_has 'no option "--wrong"'

# A name that several items bear: all are shown, --id picks one.
printf 'ann\t1\t5\nann\t2\t3\nbob\t1\t4\nbob\t3\t9\ncat\t2\t1\ncat\t3\t1\ncat\t1\t2\n' >numbers.tsv
printf 'id\tname\n1\tNirvana\n2\tNirvana\n3\t1\n' >titles.tsv
ok segue fit numbers.tsv $columns --titles titles.tsv --weighting linear --factors 2 -o numbers.segue
expect_status 4 segue similar numbers.segue nirvana
err_has '"nirvana" stands for 2 items'
err_has "listeners"
err_has "--id"
ok segue similar numbers.segue 2 --id -n 1
out_has "Nirvana"
ok segue similar numbers.segue 1 -n 1 # an id, and another's title: the id wins
out_has "Nirvana"
ok segue similar numbers.segue 1 --id -n 1
out_has "Nirvana"
ok segue lookup numbers.segue --user ann --item 2 --id
out_is 3
expect_status 3 segue similar numbers.segue Nirvana --id
err_has 'with the id "Nirvana"'
expect_status 4 segue similar numbers.segue nirvana --log-format json
json_check "$err" "
assert lines[0]['event'] == 'candidates' and [i['id'] for i in lines[0]['items']] == ['1', '2'], lines
assert lines[-1]['event'] == 'error' and lines[-1]['code'] == 'ambiguous' and lines[-1]['exit_status'] == 4"

# What is in a name cannot move the cursor or break a table.
printf 'ann\tone\033[2Jtwo\t5\nbob\tone\033[2Jtwo\t5\nbob\tthree\t4\nann\tthree\t1\n' >escape.tsv
ok segue fit escape.tsv $columns --weighting linear --factors 2 -o escape.segue
ok segue similar escape.segue three
! grep -q "$(printf '\033')" "$out" || fail "an escape sequence got through"

# Names that are punctuation, or look like a format, an option or a pattern.
{
  for name in ++ '{}' %s -x '*' '$HOME'; do
    printf 'ann\t%s\t5\nbob\t%s\t4\n' "$name" "$name"
  done
  printf 'ann\tBlur\t1\ncat\tBlur\t3\ncat\tPulp\t3\n'
} >signs.tsv
ok segue fit signs.tsv $columns --weighting linear --factors 2 -o signs.segue
for name in ++ '{}' %s -x '*' '$HOME'; do
  ok segue similar signs.segue -n 1 --json -- "$name"
  json_check "$out" "assert lines[0]['query']['id'] == '$name', lines"
  ok segue recommend signs.segue --like "$name" --like "Blur=2" --json
  json_check "$out" "assert lines[0]['likes'][0]['id'] == '$name', lines"
  ok segue recommend signs.segue --like Pulp --only "$name" --json
  json_check "$out" "assert [r['id'] for r in lines[0]['results']] == ['$name'], lines"
  ok segue lookup signs.segue --user ann --item "$name"
  out_is 5
done

# A name of a thousand letters is not repeated whole.
long=$(printf 'x%.0s' $(seq 1000))
for arguments in "similar model.segue $long" "recommend model.segue --user $long" "recommend model.segue --like $long"; do
  expect_status 3 segue $arguments
  err_has "xxx…"
  [ "$(wc -c <"$err")" -lt 400 ] || fail "too long"
done
