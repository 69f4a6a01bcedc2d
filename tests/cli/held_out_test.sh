# What is held out: how files of a split are told apart, what is said of them, dislikes, and what a card measures.
# Two items of each user, or an item and a rating? The training file says.
printf 'a x y z\nb x\nc y z\n' >train
printf 'a v w\nb v w\nc v x\n' >test
ok segue evaluate --train train --test test --models popularity --log-format json
json_check "$err" "assert [l['test'] for l in lines if l['event'] == 'split'] == [6], lines"
ok segue evaluate --train train --test test --models popularity
err_has "detected    a user and all items a line (--split-format)"
err_has "note: 0 users and 2 items of test are not in train"
printf 'a x 5\na y 4\nb x 1\nc y 2\nc z 2\n' >rated
ok segue evaluate --train rated --test test --models popularity
err_has "detected    a user and an item a line (--split-format)"
err_has "3 held out of 3 users"
ok segue evaluate --train rated --test train --models popularity
err_has "detected    --train: a user and an item a line; --test: a user and all items a line"
err_has "note: 5 pairs of train are in rated as well: what is known is not recommended, and so they count as missed"

# Nothing that is said of a log is passed over where there is none.
expect_status 2 segue evaluate --train train --test test --share 0.3
err_has "--share is given, and --train and --test are read and split already"
expect_status 2 segue evaluate --train train --test test --user 2
err_has "--user is given"
expect_status 2 segue evaluate --train train --test test --split-seed 5
expect_status 2 segue tune --train train --test test --split time
write_log log.tsv
expect_status 2 segue evaluate log.tsv --split-format lines
err_has "--split-format belongs to a split of one's own"
expect_status 2 segue evaluate log.tsv --split time --time none
err_has "--time none is given, and --split time goes by times"
expect_status 2 segue evaluate log.tsv --similar 3 --metrics ndcg@10
ok segue evaluate log.tsv $columns --models popularity
err_has "detected    "

# Names in lists as people type them.
ok segue evaluate log.tsv $columns --models " Popularity , knn" --metrics "NDCG@10 , recall@5" --tsv
[ "$(cut -f2 "$out" | sort -u | tr '\n' ' ')" = "metric ndcg@10 recall@5 " ] || fail "blanks or capitals are part of a name"
expect_status 2 segue evaluate log.tsv $columns --models "als, ,knn"

# Dislikes are nothing to be found, and make nobody popular.
awk 'BEGIN { for (u = 0; u < 40; ++u) for (i = 0; i < 6; ++i) {
  printf "u%d\tliked%d\t1\n", u, (u + i) % 9
  printf "u%d\tdisliked%d\t-1\n", u, (u + i) % 9 } }' >dislikes.tsv
ok segue evaluate dislikes.tsv --value 3 --models popularity --metrics recall@9 --log-format json
json_check "$err" "
split = [l for l in lines if l['event'] == 'split'][0]
assert (split['test'], split['train']) == (40, 440), split"
ok segue evaluate dislikes.tsv --value 3 --models popularity --metrics recall@9 --tsv
[ "$(sed -n 2p "$out" | cut -f3)" = 1 ] || fail "what is disliked stands before what is liked"

# A card measures what the model was told: a regularization that was chosen is chosen anew for a part of the data.
settings="--weighting binary --unobserved-weight 0.1 --iterations 3 --factors 8"
ok segue fit log.tsv $columns $settings -o model.segue
ok segue evaluate --card model.segue --models als --tsv
cp "$out" by_card
ok segue evaluate log.tsv $columns $settings --models als --tsv
cmp -s "$out" by_card || fail "the card has another training than its settings"
ok segue fit log.tsv $columns --init model.segue --iterations 1 -o again.segue
expect_status 2 segue evaluate --card again.segue
err_has "again.segue: was trained on from another model"

# One model that fails takes nothing from the others, and is told by its name.
expect_status 9 segue evaluate log.tsv $columns --models bpr,popularity --learning-rate 1e30
out_has popularity
err_has "warning: bpr: "
err_has "error: bpr: "
