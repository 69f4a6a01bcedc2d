# The artist itself first, then what the same people play; options narrow the list.
write_model
ok segue similar model.segue "the clash" -n 5
out_line_is 1 "Like The Clash ($(awk -F'\t' '$2 == "The Clash"' log.tsv | wc -l) listeners)"
out_has "listeners"
[ "$(sed -n 3p "$out" | awk '{print $1, $2, $3, $4}')" = "1 The Clash 1.000" ] || fail "itself is not first"
[ "$(wc -l <"$out")" -eq 7 ] || fail "not 5 results"
out_lacks "Kraftwerk"

ok segue similar model.segue "The Clash" --no-self --tsv
out_line_is 1 "$(printf 'query\trank\tid\ttitle\tscore\tlisteners')"
[ "$(cut -f4 "$out" | grep -c '^The Clash$')" -eq 0 ] || fail "itself is there"

ok segue similar model.segue "The Clash" --exclude Blur --exclude "The Smiths" --tsv
out_lacks "Blur"
out_lacks "The Smiths"
ok segue similar model.segue "The Clash" --only Blur --only Kraftwerk --tsv
[ "$(sed 1d "$out" | cut -f4 | sort | tr '\n' ' ')" = "Blur Kraftwerk " ] || fail "others than those asked for"
ok segue similar model.segue "The Clash" --min-listeners 5 --tsv -n 100
[ "$(sed 1d "$out" | awk -F'\t' '$6 < 5' | wc -l)" -eq 0 ] || fail "items with too few listeners"
ok segue similar model.segue "The Clash" --no-self --min-listeners 1000
out_is_empty
err_has "no item is left by --min-listeners"
ok segue similar model.segue "The Clash" --no-self --only "the clash"
err_has "see --no-self"

# As many as there are, never padding; none is no answer.
ok segue similar model.segue "The Clash" -n 1000000 --tsv
[ "$(wc -l <"$out")" -eq 19 ] || fail "not all 18 items"
expect_status 2 segue similar model.segue "The Clash" -n 0
err_has '-n cannot be "0": it takes a whole number from 1 to'
expect_status 2 segue similar model.segue "The Clash" -n -3

# Several names, several lists.
ok segue similar model.segue Blur Kraftwerk -n 3
out_has "Like Blur"
out_has "Like Kraftwerk"
ok segue similar model.segue Blur Kraftwerk -n 3 --json
json_check "$out" "
assert [a['query']['title'] for a in lines] == ['Blur', 'Kraftwerk']
assert all(len(a['results']) == 3 for a in lines)
first = lines[0]['results'][0]
assert list(first) == ['rank', 'id', 'title', 'listeners', 'score'] and first['rank'] == 1 and first['title'] == 'Blur'
assert abs(first['score'] - 1) < 1e-5"

# What is no model says how to make one.
expect_status 5 env SEGUE_PROGRAM="./dev segue" segue similar log.tsv Blur
err_has "make a model of it: ./dev segue fit log.tsv"
ok segue ingest log.tsv $columns -o log.plays
expect_status 5 segue similar log.plays Blur
err_has "segue fit log.plays"
expect_status 3 segue similar nothing.segue Blur
err_has "there is no such file"

# Nor does a log's advice help where no log is.
: >empty
expect_status 5 segue similar empty Blur
err_has "empty: is empty"
err_lacks "segue fit empty"
printf 'a\001\002\003' >binary
expect_status 5 segue similar binary Blur
err_has "binary: is not a model"
err_lacks "log"
expect_status 5 segue inspect binary
err_has "binary: is not a file of segue"
