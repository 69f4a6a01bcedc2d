# For a user of the log, and for somebody it has never seen.
write_model
ok segue recommend model.segue --user user01 -n 5
out_has "For user user01"
ok segue recommend model.segue --user user01 --json -n 100
json_check "$out" "
known = {l.split('\t')[1] for l in open('log.tsv', encoding='utf-8') if l.startswith('user01\t')}
titles = [r['title'] for r in lines[0]['results']]
assert len(titles) == 18 - len(known) and not known & set(titles), titles
guitars = {'The Clash', 'The Smiths', 'Blur', 'AC/DC', 'Guns N\' Roses', 'Emerson, Lake & Palmer', '\"Weird Al\" Yankovic', 'Sigur Rós'}
assert titles[0] in guitars, titles"
ok segue recommend model.segue --user user01 --include-seen --tsv -n 100
[ "$(wc -l <"$out")" -eq 19 ] || fail "seen items are left out"

ok segue recommend model.segue --like Kraftwerk --like "daft punk=50" -n 3
out_has "For somebody who likes Kraftwerk ("
out_has "Daft Punk (50)"
out_lacks "The Smiths"
ok segue recommend model.segue --like Kraftwerk --exclude Björk --json
json_check "$out" "assert 'Björk' not in [r['title'] for r in lines[0]['results']]"
# Without plays the median of the model stands in.
json_check "$out" "
import statistics
plays = sorted(int(l.split('\t')[2]) for l in open('log.tsv', encoding='utf-8'))
assert lines[0]['likes'][0]['value'] in (plays[len(plays) // 2 - 1], plays[len(plays) // 2]), lines"

expect_status 2 segue recommend model.segue
err_has "--user ID"
expect_status 2 segue recommend model.segue --user user01 --like Blur
err_has "do not go together"
expect_status 2 segue recommend model.segue --like Blur --like blur=3
err_has "more than once"
expect_status 3 segue recommend model.segue --user nobody
err_has "segue lookup model.segue --users lists them all"
expect_status 2 segue recommend model.segue --like Blur=nan

# An empty list says why it is empty.
for nothing_liked in "--like Blur=0" "--like Blur=-3"; do
  ok segue recommend model.segue $nothing_liked
  out_is_empty
  err_has "nothing is liked: no --like has plays above 0"
done
ok segue recommend model.segue --like Blur --only Blur
err_has "--include-seen lists it, too"
ok segue recommend model.segue --like Blur --min-listeners 1000
err_has "no item is left by --min-listeners"
ok segue recommend model.segue --like Blur --only Blur --min-listeners 1000
err_has "--min-listeners, --only and --exclude together"

# What stands behind "=" is a number in its range, or there is no "=".
expect_status 2 segue recommend model.segue --like Blur=1e60
err_has "1e60 is out of the range of a float"
expect_status 2 segue recommend model.segue --like Blur=
err_has '--like Blur= has no number behind the "="'
printf 'ann\tx=\t5\nann\tBlur\t3\nbob\tBlur\t4\nbob\ty\t9\n' >equals.tsv
ok segue fit equals.tsv $columns --weighting linear --factors 2 -o equals.segue
ok segue recommend equals.segue --like x= --json
json_check "$out" "assert lines[0]['likes'][0]['id'] == 'x='"
