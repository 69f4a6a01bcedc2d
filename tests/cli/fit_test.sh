# A log becomes a model of its name; what is printed at the end works as pasted.
write_log log.tsv
ok segue fit log.tsv $columns --factors 8 --iterations 3
out_is_empty # standard output is for results
has_file log.segue
err_has "iteration 1/3  loss "
err_has "iteration 3/3  loss "
err_has "interactions/s"
err_has "log.segue"
err_has "Try next:"

grep '^  .*segue ' "$err" >commands
[ "$(wc -l <commands)" -eq 3 ] || fail "not three commands"
while read -r line; do
  status=0
  sh -c "$line" >"$out" 2>"$err" </dev/null || status=$?
  [ "$status" -eq 0 ] || fail "does not work as pasted: $line"
  [ -s "$out" ] || fail "answers nothing: $line"
done <commands

# The same model whatever the threads; --iterations 0 keeps the initial factors.
for threads in 1 2 3; do
  ok segue fit log.tsv $columns --factors 8 --iterations 3 --threads $threads -o t$threads.segue
  ok segue inspect t$threads.segue --json
  json_check "$out" "print(lines[0]['card']['factors_checksum'])" >>checksums
done
[ "$(sort -u checksums | wc -l)" -eq 1 ] || fail "factors depend on the threads"
ok segue fit log.tsv $columns --iterations 0 -o none.segue
err_lacks "iteration 1"
ok segue inspect none.segue --json
json_check "$out" "assert lines[0]['card']['sweeps'] == []"

# Options reach the model.
ok segue fit log.tsv $columns --factors 5 --regularization 0.5 --iterations 2 --solver cholesky --seed 7 --weighting log \
  --alpha 2 --epsilon 3 -o options.segue
ok segue inspect options.segue --json
json_check "$out" "
o = lines[0]['card']['options']
assert (o['factors'], o['regularization'], o['iterations'], o['solver'], o['seed']) == (5, 0.5, 2, 'cholesky', 7), o
assert (o['weighting'], o['alpha'], o['epsilon']) == ('log', 2, 3), o"

# A log where everybody played everything tells nobody's taste: said, with a weighting that makes do.
printf 'ann\tBlur\t5\nann\tYes\t3\nbob\tBlur\t4\nbob\tYes\t9\n' >even.tsv
expect_status 5 segue fit even.tsv $columns
err_has "even.tsv: is too small or too even for weighting bm25"
lacks_file even.segue
ok segue fit even.tsv $columns --weighting linear
printf 'u1 a 1\nu1 b 1\nu2 a 1\nu2 c 1\nu3 b 1\nu3 c 1\n' >tiny.txt
expect_status 5 segue fit tiny.txt --factors 2
err_has "tiny.txt: is too small or too even for weighting bm25"
printf 'ann\tBlur\t-5\nann\tYes\t-3\nbob\tBlur\t-4\n' >disliked.tsv
expect_status 5 segue fit disliked.tsv $columns --weighting linear
err_has "disliked.tsv: holds no value above 0"
