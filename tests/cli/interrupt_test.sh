# Ctrl-C, or a terminal that is closed, in the middle of a training: status 130, no file, no leftovers.
write_log log.tsv
ls >before
cat >press.py <<'PY'
import signal, subprocess, sys
arguments = ["segue", "fit", "log.tsv", *sys.argv[2].split(), "--iterations", "4000000000", "--log-format", "json"]
# A test runner may have told us to ignore the signal; a user's shell does not.
job = subprocess.Popen(arguments, stderr=subprocess.PIPE,
                       preexec_fn=lambda: signal.signal(getattr(signal, sys.argv[1]), signal.SIG_DFL))
for line in job.stderr:
    if b'"iteration"' in line:
        job.send_signal(getattr(signal, sys.argv[1]))
        break
rest = job.stderr.read()
status = job.wait(timeout=60)
assert status == 130, (status, rest)
assert b'"cancelled"' in rest, rest
PY
# A second signal at once is the first one's echo, as timeout(1) sends it; one that comes later ends at once.
cat >twice.py <<'PY'
import signal, subprocess, sys, time
job = subprocess.Popen(["segue", "fit", "log.tsv", *sys.argv[1].split(), "--iterations", "4000000000", "--log-format", "json"],
                       stderr=subprocess.PIPE)
while b'"iteration"' not in job.stderr.readline():
    pass
job.send_signal(signal.SIGTERM)
job.send_signal(signal.SIGTERM)
rest = job.stderr.read()
assert job.wait(timeout=60) == 130 and b'"cancelled"' in rest, (job.returncode, rest)
PY
ok python3 twice.py "$columns"
rm twice.py
for signal in SIGINT SIGTERM SIGHUP; do
  ok python3 press.py $signal "$columns"
done
rm press.py
ls | diff before - >"$out" || fail "something was left behind"

# While it writes, too: the temporary file goes. (A disk may be done before the signal comes: then the model is whole.)
awk 'BEGIN { for (u = 0; u < 20000; ++u) for (k = 0; k < 3; ++k) printf "u%d\ti%d\t%d\n", u, (u * 7 + k * 13) % 999, 1 + k }' >large.tsv
cat >hang_up.py <<'PY'
import glob, signal, subprocess
job = subprocess.Popen(["segue", "fit", "large.tsv", "--factors", "512", "--iterations", "0"], stderr=subprocess.PIPE,
                       preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
while job.poll() is None and not glob.glob(".segue-*.tmp"):
    pass
job.send_signal(signal.SIGHUP)
rest = job.stderr.read()
assert job.wait(timeout=60) in (0, 130), (job.returncode, rest)
assert not glob.glob(".segue-*.tmp") and bool(glob.glob("large.segue")) == (job.returncode == 0)
PY
ok python3 hang_up.py
