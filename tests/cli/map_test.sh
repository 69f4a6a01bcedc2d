# A map of the items: into the model, the same for any number of threads, whole or not at all.
write_model
ok segue map model.segue --epochs 50 -o mapped.segue
err_has "18 items; laid out in"
ok segue inspect mapped.segue --verify
ok segue map model.segue --epochs 50 --threads 1 -o again.segue
cmp -s mapped.segue again.segue || fail "another number of threads makes another map"
ok segue map model.segue --epochs 50 --seed 2 -o other.segue
cmp -s mapped.segue other.segue && fail "another seed makes the same map"
# What is asked of the model is answered as before.
ok segue similar model.segue Blur -n 5 --tsv
cp "$out" before
ok segue similar mapped.segue Blur -n 5 --tsv
cmp -s "$out" before || fail "the map changed answers"
# In place, again, and beside an index.
ok segue map mapped.segue --epochs 50
cmp -s mapped.segue again.segue || fail "a map made anew is another one"
ok segue index build mapped.segue --index annoy
ok segue inspect mapped.segue --json
ok segue map mapped.segue --log-format json
json_check "$err" "
event = [line for line in lines if line['event'] == 'map'][0]
assert event['items'] == 18 and event['without_place'] == 0, event"
# What another program wrote meanwhile is not undone.
ok segue demo -o laid.segue
cat >meanwhile.py <<'PY'
import os, shutil, subprocess, time
shutil.copy("model.segue", "newer.segue")
job = subprocess.Popen(["segue", "map", "laid.segue", "--epochs", "3000"], stderr=subprocess.PIPE)
while not any(line.endswith("laid.segue\n") for line in open(f"/proc/{job.pid}/maps")):
    assert job.poll() is None
time.sleep(0.2)  # it is open
os.rename("newer.segue", "laid.segue")
rest = job.stderr.read()
assert job.wait(timeout=100) == 7 and b"was written by another program meanwhile" in rest, (job.returncode, rest)
assert open("laid.segue", "rb").read() == open("model.segue", "rb").read()
PY
ok python3 meanwhile.py
# Refused with a remedy, and nothing written.
expect_status 2 segue map model.segue --neighbors 1 -o none.segue
err_has "1 neighbors are not from 2 to 100"
[ -e none.segue ] && fail "a file was written"
expect_status 3 segue map missing.segue
expect_status 5 segue map log.tsv
# A byte flipped in it is found.
python3 -c '
data = bytearray(open("mapped.segue", "rb").read())
data[-100] ^= 1
open("bad.segue", "wb").write(data)'
expect_status 6 segue inspect bad.segue --verify
# Ctrl-C in the middle of a layout of many seconds leaves the file as it was.
ok segue demo -o kept.segue
cp kept.segue model.segue
python3 -c '
import signal, subprocess, time
job = subprocess.Popen(["segue", "map", "kept.segue", "--neighbors", "100", "--epochs", "10000"], stderr=subprocess.DEVNULL,
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(1)
job.send_signal(signal.SIGINT)
began = time.monotonic()
assert job.wait(timeout=30) == 130, job.returncode
assert time.monotonic() - began < 5'
cmp -s kept.segue model.segue || fail "an interrupted map changed the model"
# A folder that one may not write in is said before anything is laid out.
mkdir sealed
cp model.segue sealed/
chmod a-w sealed
unprivileged=
[ "$(id -u)" -ne 0 ] || unprivileged="setpriv --bounding-set -dac_override"
expect_status 7 $unprivileged segue map sealed/model.segue
err_has "cannot write to its folder"
err_lacks "laid out"
expect_status 7 $unprivileged segue index build sealed/model.segue
err_has "cannot write to its folder"
chmod u+w sealed
