# Standard output carries results only, and ends quietly where nobody reads on.
write_model
status=0
{ segue lookup model.segue --users --log-format json 2>"$err"; echo $? >status; } | head -n 1 >"$out"
out_has "user"
[ ! -s "$err" ] || [ "$(grep -c '"error"' "$err")" -eq 0 ] || fail "a closed pipe is reported as an error"

for n in 1 2 3 4 5 6 7 8 9 10 11 12; do cat log.tsv; done | awk -F'\t' '{ print $1 NR "\t" $2 "\t" $3 }' >many.tsv
ok segue ingest many.tsv $columns -o many.plays
{
  status=0
  segue lookup many.plays --users --tsv 2>"$err" || status=$?
  echo $status >status
} | head -n 1 >"$out"
[ ! -s "$err" ] || fail "a closed pipe is reported"
ok segue fit log.tsv $columns --iterations 2 -o piped.segue
segue fit log.tsv $columns --iterations 2 -o piped2.segue 2>&1 | head -n 1 >"$out"
has_file piped2.segue # a log that nobody reads is no reason to stop working

# A file of ours cannot be opened from a pipe, and a pipe has no name to call the output by.
for arguments in "fit - -o piped3.segue" "lookup - --users"; do
  status=0
  cat model.segue | segue $arguments 2>"$err" || status=$?
  [ "$status" -eq 5 ] || fail "a model from a pipe gives status $status"
  err_has "is a file of segue, not a log"
  err_has "name the file itself"
done
status=0
cat log.tsv | segue fit - 2>"$err" || status=$?
[ "$status" -eq 2 ] || fail "a nameless output gives status $status"
err_has "name it with -o"

# A disk that is full is not silence.
if [ -e /dev/full ]; then
  status=0
  segue lookup model.segue --users >/dev/full 2>"$err" || status=$?
  [ "$status" -eq 7 ] || fail "a full disk gives status $status"
  err_has "standard output: cannot write"
fi
status=0
segue lookup model.segue --users >&- 2>"$err" || status=$?
[ "$status" -eq 7 ] || fail "a closed standard output gives status $status"

# No colours, no progress line where no terminal is.
ok segue fit log.tsv $columns --iterations 2 -o plain.segue
! grep -q "$(printf '\033')" "$err" || fail "escape sequences in a file"
! grep -q "$(printf '\r')" "$err" || fail "a progress line in a file"
