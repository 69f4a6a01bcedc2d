#!/bin/sh
# Runs one script of this folder against a segue program, in an empty folder of its own:
#   run.sh PROGRAM SCRIPT
# A script says what a user types and what they must see. It ends at the first expectation that does not hold; exit status
# 77 means skipped.
set -eu

program=$(readlink -f "$1")
here=$(cd "$(dirname "$0")" && pwd)
script=$here/$2
data=${SEGUE_DATA:-$here/../../../shared/data}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/work"
ln -s "$program" "$folder/bin/segue"
PATH=$folder/bin:$PATH
export PATH
unset NO_COLOR SEGUE_SIMD || true
LC_ALL=C.UTF-8
export LC_ALL
cd "$folder/work"
out=$folder/out
err=$folder/err

fail() {
  echo "FAILED: $*" >&2
  echo "--- standard output" >&2
  head -c 4000 "$out" >&2
  echo "--- standard error" >&2
  head -c 4000 "$err" >&2
  exit 1
}

# Runs a command that must end with this status; its output is in $out and $err.
expect_status() {
  wanted=$1
  shift
  status=0
  "$@" >"$out" 2>"$err" </dev/null || status=$?
  [ "$status" -eq "$wanted" ] || fail "exit status $status, not $wanted: $*"
}
ok() { expect_status 0 "$@"; }

out_is() { [ "$(cat "$out")" = "$1" ] || fail "standard output is not: $1"; }
out_has() { grep -qF -e "$1" "$out" || fail "standard output lacks: $1"; }
out_lacks() { ! grep -qF -e "$1" "$out" || fail "standard output has: $1"; }
out_is_empty() { [ ! -s "$out" ] || fail "standard output is not empty"; }
err_has() { grep -qF -e "$1" "$err" || fail "standard error lacks: $1"; }
err_lacks() { ! grep -qF -e "$1" "$err" || fail "standard error has: $1"; }
out_line_is() { [ "$(sed -n "$1p" "$out")" = "$2" ] || fail "line $1 of standard output is not: $2"; }
has_file() { [ -f "$1" ] || fail "there is no file $1"; }
lacks_file() { [ ! -e "$1" ] || fail "there is a file $1"; }

# A log of two tastes: twenty listeners of guitars, twenty of synthesizers, and a name of each awkward kind.
write_log() {
  awk 'BEGIN {
    split("The Clash|The Smiths|Blur|AC/DC|Guns N'"'"' Roses|Emerson, Lake & Palmer|\"Weird Al\" Yankovic|Sigur Rós", guitars, "|")
    split("Kraftwerk|Daft Punk|Björk|[unknown]|-M-|!!!|a=b|坂本龍一", synths, "|")
    for (u = 1; u <= 40; ++u) for (a = 1; a <= 8; ++a) {
      if ((u * 7 + a * 5) % 4 == 0) continue
      printf "user%02d\t%s\t%d\n", u, u <= 20 ? guitars[a] : synths[a], 1 + (u * 31 + a * 17) % 97
    }
    for (u = 18; u <= 23; ++u) printf "user%02d\tRadiohead\t%d\n", u, 10 + u
    # As the notebook looks it up.
    printf "00000c289a1829a808ac09c00daf10bc3c4e223b\tred hot chili peppers\t691\n"
    printf "00000c289a1829a808ac09c00daf10bc3c4e223b\tThe Clash\t12\n"
  }' >"$1"
}
columns="--format delimited --header no --user-column 1 --item-column 2 --value 3"

# model.segue, made of log.tsv.
write_model() {
  write_log log.tsv
  ok segue fit log.tsv $columns --factors 8 --iterations 10 -o model.segue
}

# Reads the JSON lines of a file as `lines`, and checks a Python statement on them.
json_check() {
  python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
exec(sys.argv[2])
' "$1" "$2" || fail "of $1 this does not hold: $2"
}

. "$script"
