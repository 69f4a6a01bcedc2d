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

# Whole numbers: the option as it was typed, what was given, the range.
for bad in "--factors 1.5" "--factors -3" "--iterations -1" "--seed -1" "--seed 18446744073709551616" "--threads x" \
  "--cg-steps 1e1" "--min-user-items -1"; do
  expect_status 2 segue fit log.tsv $columns $bad
  err_has "${bad% *} cannot be \"${bad#* }\": it takes a whole number from"
done
err_has "to 4294967295"
expect_status 2 segue similar model.segue Blur -n -1
err_has '-n cannot be "-1"'
expect_status 2 segue similar model.segue Blur --top 1e9
err_has '--top cannot be "1e9"'
expect_status 2 segue similar model.segue Blur -n 5 -n 2
err_has "-n is given twice"
expect_status 2 segue fit log.tsv $columns --b 2
err_has "for example 0.75" # the default

# A column has one meaning.
expect_status 2 segue fit log.tsv --user 1 --item 1 --value 3
err_has "--user-column and --item-column are both column 1"
expect_status 2 segue fit log.tsv --user 1 --item 2 --value 2
err_has "--item-column and --value are both column 2"

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
expect_status 2 segue fit log.tsv $columns -o ""
err_has "-o needs the name of a file"
expect_status 2 segue fit log.tsv $columns -o -
err_has "-o cannot be standard output"
lacks_file ./-
mkfifo pipe
expect_status 2 segue fit pipe
err_has "name it with -o"
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
