# What cannot work is refused at once, with a remedy, and nothing that is there is harmed.
write_log log.tsv
cp log.tsv before.tsv

# Options out of range, before the log is read.
for bad in "--factors 0" "--factors 2000" "--regularization -1" "--regularization nan" "--alpha 0" "--b 2" "--cg-steps 0"; do
  expect_status 2 segue fit log.tsv $columns $bad
  err_has "error:"
  err_has "fix:"
  err_lacks "rows from" # not read yet
  lacks_file log.segue
done
expect_status 2 segue fit log.tsv --factors -5
err_has "--factors"

# Inputs that are none.
expect_status 3 segue fit missing.tsv
err_has "missing.tsv: there is no such file"
mkdir folder
expect_status 7 segue fit folder
err_has "folder: is a folder"
: >empty.tsv
expect_status 5 segue fit empty.tsv
err_has "empty.tsv"
lacks_file empty.segue

# Outputs that would hurt.
echo "my thesis" >thesis.txt
expect_status 2 segue fit log.tsv $columns -o thesis.txt
err_has "was not written by segue"
[ "$(cat thesis.txt)" = "my thesis" ] || fail "the file is gone"
expect_status 2 segue fit log.tsv $columns -o log.tsv
expect_status 2 segue fit log.tsv $columns -o folder
expect_status 2 segue fit log.tsv $columns -o /dev/null
expect_status 3 segue fit log.tsv $columns -o nowhere/model.segue
err_has "mkdir -p nowhere"
ok segue ingest log.tsv $columns -o log.plays
expect_status 2 segue fit log.plays -o log.plays
err_has "is the input"
ok segue fit log.tsv $columns --iterations 1 -o model.segue
expect_status 2 segue ingest log.tsv $columns -o model.segue
err_has "holds a model"
cmp -s log.tsv before.tsv || fail "the log has changed"

# A model of ours is replaced; an empty file, as mktemp makes them, is filled.
ok segue fit log.tsv $columns --iterations 2 -o model.segue
: >fresh
ok segue fit log.tsv $columns --iterations 1 -o fresh

# Options of a log do not fit a file that was ingested already.
expect_status 2 segue fit log.plays --titles titles.dat
err_has "--titles says how to read a log"

# A limit on the size of files is an error like a full disk: said, and nothing is left behind.
expect_status 7 bash -c 'ulimit -f 4; exec segue fit log.tsv '"$columns"' --factors 64 -o limited.segue'
err_has "error:"
err_has "would be larger than files may be here"
test ! -e limited.segue || fail "a cut model was left"
test -z "$(ls -A | grep 'limited')" || fail "a temporary file was left"
