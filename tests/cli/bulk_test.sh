# A list for every item and for every user, as the lists asked one by one; complete or not there.
write_model
ok segue similar model.segue --all -n 5
cp "$out" all
out_line_is 1 "query	rank	id	score"
[ "$(sed 1d all | cut -f1 | sort -u | wc -l)" -eq 18 ] || fail "not 18 items"
ok segue similar model.segue Blur -n 5 --tsv
sed 1d "$out" | cut -f2,3,5 >one
awk -F'\t' '$1 == "Blur"' all | cut -f2,3,4 | cmp -s - one || fail "the list of Blur differs: $(cat one)"
ok segue similar model.segue --all -n 5 --no-self --min-listeners 5
[ "$(sed 1d "$out" | awk -F'\t' '$1 == $3' | wc -l)" -eq 0 ] || fail "items in their own lists"

ok segue recommend model.segue --all -n 4 -o lists.tsv
out_is_empty
err_has "41 of 41 users have a list"
[ "$(sed 1d lists.tsv | cut -f1 | sort -u | wc -l)" -eq 41 ] || fail "not 41 users"
ok segue recommend model.segue --user user07 -n 4 --tsv
sed 1d "$out" | cut -f2,3,5 >one
awk -F'\t' '$1 == "user07"' lists.tsv | cut -f2,3,4 | cmp -s - one || fail "the list of user07 differs: $(cat one)"
# Threads do not change a byte.
ok segue recommend model.segue --all -n 4 --threads 3
cmp -s "$out" lists.tsv || fail "three threads give other lists"

# What is there stays, and nothing is left where it does not work out.
echo mine >mine.tsv
expect_status 2 segue similar model.segue --all -o mine.tsv
err_has "was not written by segue"
[ "$(cat mine.tsv)" = mine ] || fail "a file was replaced"
expect_status 2 segue similar model.segue --all -o model.segue
err_has "is the input, too"
expect_status 3 segue similar model.segue --all -o nowhere/lists.tsv
[ -z "$(find . -name '.segue-*')" ] || fail "a temporary file is left"

expect_status 2 segue similar model.segue
err_has "like which item?"
expect_status 2 segue similar model.segue Blur --all
err_has "--all and names do not go together"
expect_status 2 segue similar model.segue Blur -o lists.tsv
err_has "-o goes with --all only"
expect_status 2 segue similar model.segue --all --json
err_has "do not go together"
expect_status 2 segue recommend model.segue --all --user user01
err_has "--all and --user do not go together"

# The same lists as an array for NumPy: numbers of items, in the order of their ids, and scores.
ok segue recommend model.segue --all -n 30 -o lists.tsv
ok segue recommend model.segue --all -n 30 -o lists.npy
cat >compare.py <<'PY'
import ast, math, struct
bytes = open("lists.npy", "rb").read()
assert bytes[:8] == b"\x93NUMPY\x01\x00"
length, = struct.unpack_from("<H", bytes, 8)
assert (10 + length) % 64 == 0
header = ast.literal_eval(bytes[10:10 + length].decode())
# As wide as there are items, not as 30 were asked for.
assert header == {"descr": [("item", "<u4"), ("score", "<f4")], "fortran_order": False, "shape": (41, 18)}, header
records = list(struct.iter_unpack("<If", bytes[10 + length:]))
assert len(records) == 41 * 18
rows = [line.rstrip("\n").split("\t") for line in open("lists.tsv")][1:]
users, items = sorted({row[0] for row in rows}), sorted({row[0] for row in map(lambda l: l.split("\t"), open("items.tsv"))})
expected = {}
for user, rank, item, score in rows:
    expected[users.index(user), int(rank) - 1] = items.index(item), struct.unpack("<f", struct.pack("<f", float(score)))[0]
for at, (item, score) in enumerate(records):
    want = expected.get(divmod(at, 18))
    assert (item, score) == want if want else item == 2**32 - 1 and math.isnan(score), (at, item, score, want)
PY
cut -f2 log.tsv | sort -u >items.tsv
sed -i 's/$/\t/' items.tsv
ok python3 compare.py
ok segue similar model.segue --all -n 4294967295 -o widest.npy
[ "$(wc -c <widest.npy)" -lt 10000 ] || fail "an array wider than there are items"
# Lists of an earlier run are replaced.
ok segue similar model.segue --all -n 3 -o lists.ivecs
ok segue similar model.segue --all -n 4 -o lists.ivecs
printf 'mine, and no rows of numbers' >mine.ivecs
expect_status 2 segue similar model.segue --all -o mine.ivecs
err_has "was not written by segue"
# A pipe is not waited for; what ends as other files do is no list.
mkfifo pipe.npy
for output in pipe.npy pipe.tsv; do
  [ -p $output ] || mkfifo $output
  expect_status 2 timeout 20 segue recommend model.segue --all -n 2 -o $output
  err_has "exists and is not a regular file"
done
{ timeout 20 segue similar model.segue --all -n 2 -o /dev/stdout 2>piped || true; } | cat >/dev/null
grep -qF "/dev/stdout: exists and is not a regular file" piped || fail "no word on a pipe: $(cat piped)"
for output in lists.fvecs lists.ann lists.index lists.segue lists.plays lists.tsv.gz; do
  expect_status 2 segue similar model.segue --all -n 2 -o $output
  err_has "and lists are no such file"
  lacks_file $output
done
ok segue similar model.segue --all -n 3 -o LISTS.NPY
[ "$(head -c 6 LISTS.NPY | tail -c 5)" = NUMPY ] || fail "LISTS.NPY is no array"
ok segue recommend model.segue --all -n 3 -o lists.npy
ok segue recommend model.segue --all -n 3 -o lists.tsv

# Ctrl-C in the middle leaves what was there. (It may be done before the signal comes: then the lists are whole.)
awk 'BEGIN { for (u = 0; u < 20000; ++u) for (k = 0; k < 3; ++k) printf "u%d\ti%d\t%d\n", u, (u * 7 + k * 13) % 999, 1 + k }' >large.tsv
ok segue fit large.tsv $columns --factors 512 --iterations 0
cat >press.py <<'PY'
import glob, signal, subprocess
old = open("lists.tsv", "rb").read()
job = subprocess.Popen(["segue", "recommend", "large.segue", "--all", "-n", "20", "-o", "lists.tsv"], stderr=subprocess.PIPE,
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
while job.poll() is None and not glob.glob(".segue-*.tmp"):
    pass
job.send_signal(signal.SIGINT)
rest = job.stderr.read()
assert job.wait(timeout=60) in (0, 130), (job.returncode, rest)
assert not glob.glob(".segue-*.tmp") and (open("lists.tsv", "rb").read() != old) == (job.returncode == 0)
PY
ok python3 press.py
