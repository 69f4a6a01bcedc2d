# A made-up log: as text and as a matrix it is the same, and the same every time; it goes through the rest.
ok segue synth --users 2000 --items 1000 -o small.tsv
err_has "made up     2,000 users, 1,000 items"
err_has "wrote       small.tsv"
out_is_empty
has_file small.tsv
ok segue synth --users 2000 --items 1000 -o small.plays
ok segue ingest small.tsv -o read.plays
ok segue inspect read.plays --json
cp "$out" read.json
ok segue inspect small.plays --json
json_check "$out" "other = json.load(open('read.json'))
made = lines[0]
for key in ('users', 'items', 'interactions', 'data_checksum'):
    assert made.get(key) == other.get(key), (key, made, other)"
ok segue lookup small.plays --users
cp "$out" users
ok segue lookup read.plays --users
cmp -s "$out" users || fail "ids differ"

ok segue synth --users 1000 --items 1000 --scale 2 --threads 1 -o again.plays
cmp -s again.plays small.plays || fail "--scale 2 of half the users is another log"
ok segue synth --users 2000 --items 1000 --seed 7 -o other.plays
! cmp -s other.plays small.plays || fail "another seed made the same log"

ok segue synth --users 2000 --items 1000 -o small.plays
expect_status 2 segue synth --users 2000 --items 1000 -o small.tsv
err_has "is there already"
expect_status 2 segue synth --users 20 --items 10 -o x.segue

# Training on it; it ends where the loss stalls, and says so.
ok segue fit small.plays --factors 20 --iterations 40 --tolerance 0.002 -o small.segue
err_has "iteration  2/40"
err_lacks "iteration 40/40"
err_has "stopped     the loss fell by less than 0.002"
err_has "factors     checksum "
expect_status 2 segue fit small.plays --tolerance -1 -o x.segue
err_has "--tolerance"

# Going on from an older model, whose people and items are others in part.
head -n 90000 small.tsv > before.tsv
tail -n 60000 small.tsv > after.tsv
ok segue fit before.tsv --factors 20 -o before.segue
ok segue fit after.tsv --factors 20 --iterations 1 -o cold.segue
cp "$err" cold
ok segue fit after.tsv --iterations 1 --init before.segue -o warm.segue  # as many factors as before
loss_of() { sed -n 's/^iteration 1\/1  loss \([0-9.]*\) .*/\1/p' "$1"; }
awk -v warm="$(loss_of "$err")" -v cold="$(loss_of cold)" 'BEGIN {exit !(warm > 0 && warm < cold)}' ||
  fail "a warm start is at $(loss_of "$err") after a sweep, a cold one at $(loss_of cold)"
ok segue inspect small.segue
out_has " of 40 iterations (tolerance 0.002)"
ok segue inspect warm.segue
out_has "trained on from before.segue"
expect_status 2 segue fit after.tsv --factors 30 --init before.segue -o x.segue
err_has "set --factors 20"
expect_status 3 segue fit after.tsv --init nowhere.segue -o x.segue
expect_status 2 segue fit after.tsv --init "" -o x.segue
expect_status 2 segue fit other.plays --factors 20 --init before.segue -o x.segue
err_has "knows none of the log's users and items"
lacks_file x.segue

expect_status 2 segue synth --users 10 --items 201 -o x.tsv
err_has "20 items for each user"
lacks_file x.tsv
expect_status 2 segue synth --users 4294967295 --scale 2 -o x.tsv
lacks_file x.tsv
echo mine > mine.txt
expect_status 2 segue synth --users 10 --items 10 -o mine.txt
[ "$(cat mine.txt)" = mine ] || fail "wrote over a file that was there"
ok segue synth --users 10 --items 10
has_file made-up.tsv
