# On a terminal: colours unless NO_COLOR says otherwise, tables that fit.
write_model
printf 'ann\t%0200d\t3\nbob\t%0200d\t3\nann\tBlur\t1\nbob\tBlur\t2\n' 7 7 >long.tsv
ok segue fit long.tsv $columns --factors 2 --weighting linear -o long.segue
cat >terminal.py <<'PY'
import fcntl, os, pty, struct, sys, termios
width, arguments = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    os.execvp(arguments[0], arguments)
text = b""
try:
    while chunk := os.read(terminal, 65536):
        text += chunk
except OSError:
    pass
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
PY
TERM=xterm
export TERM
ok python3 terminal.py 60 segue similar long.segue Blur
grep -q "$(printf '\033\\[1m')" "$out" || fail "no colours on a terminal"
sed "s/$(printf '\033')\\[[0-9;]*m//g; s/$(printf '\r')//g" "$out" | python3 -c '
import sys
lines = sys.stdin.buffer.read().decode().splitlines()
assert all(len(l) <= 60 for l in lines) and any("…" in l for l in lines), lines' || fail "the table does not fit"
NO_COLOR=1
export NO_COLOR
ok python3 terminal.py 60 segue similar long.segue Blur
! grep -q "$(printf '\033')" "$out" || fail "colours although NO_COLOR is set"
unset NO_COLOR
expect_status 3 python3 terminal.py 80 segue similar model.segue "the smits"
grep -q "$(printf '\033\\[1;31merror:')" "$out" || fail "an error is not red"
