# Approximate indexes answer as the exact one where there is little to miss, and say how much they find.
write_model
ok segue similar model.segue Blur -n 5 --tsv
cp "$out" exact
err_lacks "finds"
ok segue similar model.segue Blur -n 5 --tsv --index annoy --trees 25
cmp -s "$out" exact || fail "annoy gives other lists"
err_has "annoy finds 100.0 % of the true 10 nearest and 100.0 % of 20, of 18 items asked"
ok segue similar model.segue Blur -n 5 --tsv --index ivf --recall 1 --log-format json
cmp -s "$out" exact || fail "ivf gives other lists"
err_has '"event":"recall","index":"ivf","recall_at_10":1.0,"recall_at_20":1.0,"sample":18'
# A recall alone picks the kind: of so few items the exact index, which has nothing to say.
ok segue similar model.segue Blur -n 5 --tsv --recall 0.9
cmp -s "$out" exact || fail "auto gives other lists"
err_lacks "finds"
ok segue similar model.segue Blur -n 5 --tsv --index annoy --recall 0.9
err_has "annoy finds"
ok segue similar model.segue --all -n 5 --index ivf --recall 1
err_has "ivf finds 100.0 %"

expect_status 2 segue similar model.segue Blur --index magic
err_has '--index does not know "magic"'
expect_status 2 segue similar model.segue Blur --index ivf --recall 2
err_has "--recall cannot be 2"
expect_status 2 segue similar model.segue Blur --index annoy --trees 0
err_has "--trees cannot be"
# Longer lists than the recall was measured with find fewer.
ok segue similar model.segue Blur -n 21 --index annoy
err_has "of 18 items asked; of the 21 nearest it may find fewer"
# What belongs to another kind is refused, not ignored.
for kind in exact ivf auto brute; do
  expect_status 2 segue similar model.segue Blur --index $kind --trees 3
  err_has "--trees is not an option of $kind"
  expect_status 2 segue similar model.segue Blur --index $kind --search-k 4
  err_has "--search-k is not an option of $kind"
done
ok segue fit log.tsv $columns --model knn -o knn.segue
for option in "--index ivf" "--recall 0.9"; do
  expect_status 2 segue similar knn.segue Blur $option
  err_has "is of model knn, which has no factors to make an index of"
done
# Recommendations by an approximate index say what it finds, too.
cp model.segue forest.segue
ok segue index build forest.segue --index annoy --trees 10 --metric inner-product
ok segue recommend forest.segue --user user01
err_has "annoy finds 100.0 % of the true 10 nearest"
ok segue recommend forest.segue --like Blur
err_has "annoy finds"
ok segue recommend forest.segue --all -n 2
err_has "annoy finds"
ok segue recommend forest.segue --user user01 --log-format json
err_has '"event":"recall","index":"annoy"'
ok segue recommend model.segue --user user01
err_lacks "finds"
