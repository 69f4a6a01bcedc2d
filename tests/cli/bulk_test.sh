# A list for every item and for every user, as the lists asked one by one; complete or not there.
write_model
ok segue similar model.segue --all -n 5
cp "$out" all
out_line_is 1 "query	rank	id	score"
[ "$(sed 1d all | cut -f1 | sort -u | wc -l)" -eq 18 ] || fail "not 18 items"
ok segue similar model.segue Blur -n 5 --tsv
sed 1d "$out" | cut -f2,3,5 >one
awk -F'\t' '$1 == "Blur"' all | cut -f2,3,4 | cmp -s - one || fail "the list of Blur differs: $(cat one)"
ok segue similar model.segue --all -n 5 --no-self --min-listeners 5
[ "$(sed 1d "$out" | awk -F'\t' '$1 == $3' | wc -l)" -eq 0 ] || fail "items in their own lists"

ok segue recommend model.segue --all -n 4 -o lists.tsv
out_is_empty
err_has "41 of 41 users have a list"
[ "$(sed 1d lists.tsv | cut -f1 | sort -u | wc -l)" -eq 41 ] || fail "not 41 users"
ok segue recommend model.segue --user user07 -n 4 --tsv
sed 1d "$out" | cut -f2,3,5 >one
awk -F'\t' '$1 == "user07"' lists.tsv | cut -f2,3,4 | cmp -s - one || fail "the list of user07 differs: $(cat one)"
# Threads do not change a byte.
ok segue recommend model.segue --all -n 4 --threads 3
cmp -s "$out" lists.tsv || fail "three threads give other lists"

# What is there stays, and nothing is left where it does not work out.
echo mine >mine.tsv
expect_status 2 segue similar model.segue --all -o mine.tsv
err_has "was not written by segue"
[ "$(cat mine.tsv)" = mine ] || fail "a file was replaced"
expect_status 2 segue similar model.segue --all -o model.segue
err_has "is the input, too"
expect_status 3 segue similar model.segue --all -o nowhere/lists.tsv
[ -z "$(find . -name '.segue-*')" ] || fail "a temporary file is left"

expect_status 2 segue similar model.segue
err_has "like which item?"
expect_status 2 segue similar model.segue Blur --all
err_has "--all and names do not go together"
expect_status 2 segue similar model.segue Blur -o lists.tsv
err_has "-o goes with --all only"
expect_status 2 segue similar model.segue --all --json
err_has "do not go together"
expect_status 2 segue recommend model.segue --all --user user01
err_has "--all and --user do not go together"
