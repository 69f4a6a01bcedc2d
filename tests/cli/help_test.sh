# Help teaches by example, at every level, and a slip is answered with what was probably meant.
expect_status 2 segue
out_is_empty
err_has "segue fit plays.tsv"
err_has "segue --help lists all commands"

ok segue --help
out_has "segue similar plays.segue"
for command in ingest fit lookup similar recommend inspect demo; do
  ok segue --help
  out_has "$command"
  ok segue $command --help
  out_has "Examples:"
  out_has "segue $command"
  out_has "--log-format"
done

ok segue fit --help
for option in --titles --output --factors --regularization --iterations --solver --cg-steps --seed --weighting --alpha \
  --epsilon --k1 --b --threads --log-format --user --item --title --value --duplicates --item-key --min-user-items \
  --min-item-users --bad-rows; do
  out_has "$option"
done
out_has "[64]" # a default, from the library

ok segue --version
out_has "segue 0."

expect_status 2 segue recomend model.segue
err_has 'has no command "recomend"'
err_has "did you mean recommend?"
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
