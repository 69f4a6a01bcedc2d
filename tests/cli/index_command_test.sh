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
assert first['kind'] == 'ivf' and first['recall_at_10'] >= 0.95 and 0 < first['slack'] <= 2 and first['sample'] == 18, first"
ok segue fit log.tsv $columns --factors 8 --iterations 10 --index ivf --recall 1 -o fitted.segue
err_has "ivf by cosine"
ok segue similar fitted.segue Blur -n 5 --tsv
cmp -s "$out" exact || fail "the index of the fit gives another list"
err_has "ivf finds 100.0 %"
ok segue similar fitted.segue Blur -n 5 --tsv --min-listeners 2
err_has "without filters, with them it may find fewer"
# Of so few items the exact index is the fastest, which `auto` takes.
ok segue fit log.tsv $columns --factors 8 --iterations 10 --index auto -o auto.segue
err_has "exact by cosine; finds all"
ok segue similar auto.segue Blur -n 5 --tsv
cmp -s "$out" exact || fail "the index that auto chose gives another list"
# A byte flipped in it is found.
python3 -c '
import json, subprocess
s = next(s for s in json.loads(subprocess.check_output(["segue", "inspect", "fitted.segue", "--json"]))["sections"] if s["name"] == "index.cosine.upper")
b = bytearray(open("fitted.segue", "rb").read())
b[s["offset"] + 1] ^= 1
open("damaged.segue", "wb").write(b)'
expect_status 6 segue similar damaged.segue Blur
err_has "index.cosine.upper"

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
ok segue index query vectors.npy vectors.npy -n 3 -o true.ivecs
expect_status 2 segue index query vectors.index vectors.npy -n 3 --truth true.ivecs -o true.ivecs
err_has "is the input, too"
# The truth must be numbers of vectors: -1, and values of an .fvecs file, are none.
python3 -c '
import struct
rows = [[0, 1, 2]] * 18
rows[4] = [0, 1, -1]
open("padded.ivecs", "wb").write(b"".join(struct.pack("<4i", 3, *row) for row in rows))
rows[4] = [0, 18, 1]
open("beyond.ivecs", "wb").write(b"".join(struct.pack("<4i", 3, *row) for row in rows))'
expect_status 5 segue index query vectors.index vectors.npy -n 3 --truth padded.ivecs
err_has "padded.ivecs: row 4 holds the number -1, and there are 18 vectors"
expect_status 5 segue index query vectors.index vectors.npy -n 3 --truth beyond.ivecs
err_has "row 4 holds the number 18"
expect_status 5 segue index query vectors.index vectors.npy -n 3 --truth vectors.fvecs
err_has "vectors.fvecs: row 0 holds the number"
head -c 16 true.ivecs >one.ivecs
expect_status 2 segue index query vectors.index vectors.npy -n 3 --truth one.ivecs
err_has "has 1 row for 18 queries"
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

# What a forest is built for is what is asked, and a forest of a model is said and not changed.
ok segue index convert vectors.npy dot.ann --trees 4 --metric inner-product
err_has "forest      of the metric dot: 8 dimensions, 4 trees"
ok segue index query vectors.npy vectors.npy -n 3 --metric inner-product
cp "$out" products
ok segue index query dot.ann vectors.npy --dimensions 8 --ann-metric dot -n 3
cmp -s "$out" products || fail "a dot forest is not asked by inner product"
expect_status 2 segue index query dot.ann vectors.npy --dimensions 8 --ann-metric euclidean
err_has "is of the metric euclidean, and segue index searches by cosine or inner product"
expect_status 2 segue index build dot.ann --dimensions 8 --ann-metric hamming -o x.index
err_has "is of the metric hamming"
ok segue index build dot.ann --dimensions 8 --ann-metric dot -o dot.index
err_has "exact by inner-product"
ok segue index info dot.ann --dimensions 8 --ann-metric dot
out_has "searched exactly, without the trees of this file"
ok segue index build model.segue --index ivf --metric cosine -o mixed.segue
ok segue index build mixed.segue --index annoy --trees 7 --metric inner-product
expect_status 2 segue index convert mixed.segue mixed.ann
err_has "holds a forest by inner-product, and none by cosine"
ok segue index convert mixed.segue mixed.ann --metric inner-product --trees 7
err_has "of the metric dot: 8 dimensions, 7 trees"
expect_status 2 segue index convert mixed.segue mixed9.ann --metric inner-product --trees 9
err_has "holds a forest of 7 trees, and --trees asks for 9"
expect_status 2 segue index convert vectors.npy more.npy --trees 9
err_has "--trees goes with files that end in .ann"
expect_status 2 segue index convert vectors.npy vectors.txt
err_has "one of .npy, .fvecs, .ann"
# An index asked by its other metric says that it is not used.
ok segue index query vectors.index vectors.npy -n 3 --metric inner-product
err_has "the index of vectors.index is by cosine; by inner-product all vectors are searched exactly"
cmp -s "$out" products || fail "the other metric gives other lists"
ok segue index query --help
out_lacks "[cosine]"
# No more columns than vectors; no list in a file of another kind, and none into a pipe.
ok segue index query vectors.npy vectors.npy -n 4294967295 -o wide.npy
[ "$(wc -c <wide.npy)" -lt 10000 ] || fail "an array wider than there are vectors"
mkfifo pipe.npy
expect_status 2 timeout 20 segue index query vectors.npy vectors.npy -o pipe.npy
err_has "exists and is not a regular file"
expect_status 2 segue index query vectors.npy vectors.npy -o lists.fvecs
err_has "ends in .fvecs, and lists are no such file"
# Vectors that cannot be: named with their file, their row, and what to do.
python3 - <<'PY'
import struct
def npy(name, rows, columns, values):
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }\n" % (rows, columns)
    data = struct.pack("<%df" % len(values), *values)
    open(name, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data)
npy("none.npy", 0, 8, [])
npy("one.npy", 1, 8, [1] * 8)
npy("nan.npy", 3, 8, [1] * 23 + [float("nan")])
npy("seven.npy", 2, 7, [1] * 14)
npy("minus.npy", 2, 4, [0, 0, 0, 1e-30, 0, 0, 0, -1e-30])  # whose product is too small for a float
PY
expect_status 5 segue index build nan.npy -o x.index
err_has "nan.npy: row 2 holds a value that is not finite"
expect_status 5 segue index query vectors.npy nan.npy
err_has "nan.npy: row 2 holds a value that is not finite"
expect_status 2 segue index query vectors.npy seven.npy
err_has "seven.npy: holds vectors of 7 values, and those of vectors.npy have 8"
ok segue index query minus.npy minus.npy --metric inner-product
! grep -q -e '-0$' "$out" || fail "a score of -0"
# Of no vectors every index is built and answers with nothing; .fvecs cannot say how long they would be.
for kind in exact ivf annoy; do
  ok segue index build none.npy --index $kind -o none.index
  ok segue index query none.index one.npy
  [ "$(wc -l <"$out")" -eq 1 ] || fail "neighbors among nothing"
done
ok segue index query none.index one.npy -o none-lists.npy
expect_status 2 segue index convert none.npy none.fvecs
err_has "cannot hold 0 vectors"
expect_status 2 segue index convert none.npy none.ann
err_has "holds no vectors to make a forest of"
# Files that should be ours and are not.
: >empty.index
expect_status 5 segue index info empty.index
err_has "empty.index: is empty"
printf 'noise, and more of it' >noise.segue
for command in "info noise.segue" "build noise.segue" "query noise.segue one.npy"; do
  expect_status 5 segue index $command
  err_has "is damaged, or was not written by segue"
done
head -c 3000 vectors.index >cut.index
expect_status 6 segue index info cut.index
err_has 'make it anew with `segue index build`'
expect_status 2 segue index build vectors.npy -o true.ivecs
ok segue index build vectors.npy -o kept.index
expect_status 2 segue fit log.tsv $columns -o kept.index
err_has "exists and holds an index, not a model"

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
