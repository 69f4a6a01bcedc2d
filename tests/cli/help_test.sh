# Help teaches by example, at every level, and a slip is answered with what was probably meant.
expect_status 2 segue
out_is_empty
err_has "segue fit plays.tsv"
err_has "segue --help lists all commands"

ok segue --help
out_has "segue similar plays.segue"
for command in ingest fit lookup similar recommend evaluate serve map inspect demo; do
  ok segue --help
  out_has "$command"
  ok segue $command --help
  out_has "Examples:"
  out_has "segue $command"
  out_has "--log-format"
done

ok segue fit --help
for option in --titles --output --factors --regularization --iterations --solver --cg-steps --precision --seed --weighting --alpha \
  --epsilon --k1 --b --threads --log-format --user --item --title --value --duplicates --item-key --min-user-items \
  --min-item-users --bad-rows; do
  out_has "$option"
done
out_has "[64; lmf 30]" # defaults, from the library

out_has "Kind of log: auto, lastfm-360k, hetrec, movielens, delimited [auto]"
out_lacks "{auto"
out_lacks "INT"

# Commands that are suggested begin as the program was called.
printf 'ann\tBlur\t5\nann\tPulp\t3\nbob\tBlur\t4\ncat\tSuede\t9\n' >few.tsv
ok env SEGUE_PROGRAM="./dev segue" segue fit few.tsv --factors 2 --weighting linear
err_has "  ./dev segue similar few.segue Blur"

ok segue --version
out_has "segue 0."

expect_status 2 segue recomend model.segue
err_has 'has no command "recomend"'
err_has "did you mean recommend?"
expect_status 2 segue fti log.tsv
err_has "did you mean fit?"
expect_status 2 segue similar model.segue x --tpo 3
err_has "did you mean --top?"
expect_status 2 segue fit log.tsv --factor 3
err_has 'segue fit has no option "--factor"'
err_has "did you mean --factors?"
expect_status 2 segue fit
err_has "LOG is missing"
expect_status 2 segue fit log.tsv --factors many
err_has '--factors cannot be "many"'
expect_status 2 segue fit log.tsv --weighting bm52
err_has '--weighting does not know "bm52"'
err_has "bm25"
expect_status 2 segue similar model.segue x --json --tsv
err_has "do not go together"
