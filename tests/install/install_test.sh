#!/usr/bin/env bash
# install_test.sh CMAKE BUILD [--shared]: installs segue from BUILD and builds and runs examples/cpp against it, as a user's
# own project would. With --shared a libsegue.so is built first, in a folder of its own.
set -euo pipefail
cmake=$1 build=$2 kind=${3:-static}
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/segue_install_XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() { echo "install_test: $*" >&2; exit 1; }
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
same=(-G "$(cached CMAKE_GENERATOR)" "-DCMAKE_CXX_COMPILER=$(cached CMAKE_CXX_COMPILER)"
      "-DCMAKE_CXX_COMPILER_LAUNCHER=$(cached CMAKE_CXX_COMPILER_LAUNCHER)" "-DCMAKE_BUILD_TYPE=$(cached CMAKE_BUILD_TYPE)")

if [[ $kind == --shared ]]; then
  "$cmake" -S "$source" -B "$work/shared" "${same[@]}" -DBUILD_SHARED_LIBS=ON -DSEGUE_BUILD_TESTS=OFF
  "$cmake" --build "$work/shared"
  build=$work/shared
fi
"$cmake" --install "$build" --prefix "$work/prefix"

# The example is copied away, so that it cannot reach the tree by accident.
cp -r "$source/examples/cpp" "$work/example"
"$cmake" -S "$work/example" -B "$work/example/build" "${same[@]}" "-DCMAKE_PREFIX_PATH=$work/prefix"
"$cmake" --build "$work/example/build"

# Two scenes of six listeners each: what is most like an artist is of its scene.
for user in 1 2 3 4 5 6; do
  for artist in "the clash" "the jam" "buzzcocks"; do printf 'punk%s\t%s\t%s\n' "$user" "$artist" $((user * 7)); done
  for artist in "blur" "pulp" "oasis"; do printf 'pop%s\t%s\t%s\n' "$user" "$artist" $((user * 5)); done
done > "$work/plays.tsv"
"$work/example/build/similar" "$work/plays.tsv" "The Clash" > "$work/answer"
cat "$work/answer"
[[ $(sed -n 1p "$work/answer" | cut -f 2) == "the clash" ]] || fail "an artist is not most like itself"
[[ $(sed -n 2,3p "$work/answer" | cut -f 2 | sort | tr '\n' ,) == "buzzcocks,the jam," ]] ||
  fail "the scene of the clash does not come next"

# A program that asks for a version which is not there is told so when it is configured.
sed -i 's/find_package(segue 0.1 /find_package(segue 99 /' "$work/example/CMakeLists.txt"
if "$cmake" -S "$work/example" -B "$work/example/wrong" "${same[@]}" "-DCMAKE_PREFIX_PATH=$work/prefix" 2> "$work/refused"; then
  fail "find_package(segue 99) succeeded"
fi
grep -q '"99"' "$work/refused" || fail "the refusal of segue 99 does not name the version: $(cat "$work/refused")"
echo "install_test: passed ($kind)"
