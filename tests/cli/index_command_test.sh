# Indexes inside models and on their own, from and to the files of other programs.
write_model
ok segue similar model.segue Blur -n 5 --tsv
cp "$out" exact

# In the model: what is asked of it later needs nothing built, and says what it finds.
ok segue index build model.segue --index annoy --trees 25 -o with.segue
err_has "annoy by cosine: 25 trees; finds 100.0 % of the true 10 nearest"
err_has "exact by inner-product; finds all"
ok segue similar with.segue Blur -n 5 --tsv
cmp -s "$out" exact || fail "the stored index gives another list"
err_has "annoy finds 100.0 % of the true 10 nearest and 100.0 % of 20, of 18 items asked"
ok segue recommend with.segue --user user01 -n 5 --tsv
cp "$out" stored
ok segue recommend model.segue --user user01 -n 5 --tsv
cmp -s "$out" stored || fail "recommendations differ"
ok segue similar with.segue Blur -n 5 --tsv --index exact
err_lacks "finds"
ok segue index info with.segue
out_has "18 vectors of 8 values"
out_has "annoy by cosine: 25 trees"
ok segue inspect with.segue
out_has "annoy by cosine: 25 trees; finds 100.0 %"
ok segue inspect with.segue --json
json_check "$out" "assert [i['kind'] for i in lines[0]['indexes']] == ['annoy', 'exact'], lines[0]"
ok segue inspect with.segue --verify
# In place, and by the fit itself.
cp model.segue place.segue
ok segue index build place.segue --index ivf --recall 0.95
ok segue index info place.segue --json
json_check "$out" "
first = lines[0]['indexes'][0]
assert first['kind'] == 'ivf' and first['recall_at_10'] >= 0.95 and first['probes'] >= 1 and first['sample'] == 18, first"
ok segue fit log.tsv $columns --factors 8 --iterations 10 --index ivf --recall 1 -o fitted.segue
err_has "ivf by cosine"
ok segue similar fitted.segue Blur -n 5 --tsv
cmp -s "$out" exact || fail "the index of the fit gives another list"
err_has "ivf finds 100.0 %"
# Of so few items the exact index is the fastest, which `auto` takes.
ok segue fit log.tsv $columns --factors 8 --iterations 10 --index auto -o auto.segue
err_has "exact by cosine; finds all"
ok segue similar auto.segue Blur -n 5 --tsv
cmp -s "$out" exact || fail "the index that auto chose gives another list"
# A byte flipped in it is found.
python3 -c '
import json, subprocess
s = next(s for s in json.loads(subprocess.check_output(["segue", "inspect", "fitted.segue", "--json"]))["sections"] if s["name"] == "index.cosine.high")
b = bytearray(open("fitted.segue", "rb").read())
b[s["offset"] + 1] ^= 1
open("damaged.segue", "wb").write(b)'
expect_status 6 segue similar damaged.segue Blur
err_has "index.cosine.high"

# On its own.
ok segue index convert model.segue vectors.npy
ok segue index convert vectors.npy vectors.fvecs
ok segue index build vectors.npy --index ivf --recall 1 -o vectors.index
ok segue index query vectors.index vectors.fvecs -n 3
out_line_is 1 "query	rank	id	score"
[ "$(sed 1d "$out" | awk -F'\t' '$2 == 1 && $1 == $3' | wc -l)" -eq 18 ] || fail "not every vector is nearest to itself"
ok segue index query vectors.npy vectors.npy -n 3 -o true.ivecs
ok segue index query vectors.index vectors.npy -n 3 --truth true.ivecs
err_has "found 100.00 % of the true 3 nearest"
expect_status 2 segue index query vectors.index vectors.npy -o true.ivecs
err_has "was not written by segue"
expect_status 2 segue index query vectors.index vectors.npy -n 4 --truth true.ivecs
err_has "holds 3 neighbors of query 0, and 4 are asked for"
# Of a model, one metric's index leaves the other's as it is; and a model is for whom it was.
ok segue index build model.segue --index annoy --trees 3 -o both.segue
chmod 640 both.segue
ok segue index build both.segue --metric inner-product --index annoy --trees 2
ok segue index info both.segue
out_has "annoy by cosine"
out_has "annoy by inner-product"
[ "$(stat -c %a both.segue)" = 640 ] || fail "its permissions are $(stat -c %a both.segue)"
# A pipe is refused, not waited for.
mkfifo pipe.segue
expect_status 7 timeout 10 segue similar pipe.segue Blur
err_has "is not a regular file"
# To Annoy's files and back: one command takes a forest's vectors into another index.
ok segue index convert vectors.npy forest.ann --trees 5
ok segue index build forest.ann --dimensions 8 --index exact -o forest.index
ok segue index query forest.index vectors.npy -n 3 --truth true.ivecs
err_has "found 100.00 %"
ok segue index build vectors.npy --index annoy --trees 5 -o again.index
ok segue index convert again.index again.ann
cmp -s forest.ann again.ann || fail "the forest of an index is not the one that is built"
ok segue index convert again.ann again.npy --dimensions 8
cmp -s vectors.npy again.npy || fail "vectors changed on the way"

expect_status 2 segue index
err_has "what to do with an index?"
expect_status 2 segue index biuld vectors.npy
err_has "did you mean build?"
expect_status 2 segue index build forest.ann -o x.index
err_has "--dimensions N"
expect_status 2 segue index build vectors.npy --metric euclid -o x.index
err_has 'there is no metric "euclid"'
expect_status 2 segue index build vectors.npy -o model.segue
err_has "holds a model"
expect_status 2 segue index convert vectors.npy vectors.fvecs
err_has "exists, so it stays as it is"
expect_status 5 segue similar vectors.index Blur
err_has "holds vectors and an index"
expect_status 5 segue inspect vectors.index
err_has "index info vectors.index"
printf 'PK' >broken.npy
expect_status 5 segue index info broken.npy
err_has "is not an .npy file"
ok segue --help
out_has "index"
for command in build query convert info; do
  ok segue index $command --help
  out_has "Examples:"
done
