#!/usr/bin/env python3
"""Reads every #include and fails on an arrow that points up or sideways.

The tree is the architecture (docs/architecture.md): a folder of src/ is a layer, and a layer includes only what lies
below it. Each library from outside comes in through one door. Both rules are tables here; a compiler checks neither.

    layers_test.py            checks this tree
    layers_test.py --self-test  plants one violation of each kind in a tree of its own and demands that it is found
"""

import re
import sys
import tempfile
from pathlib import Path

# Folders of src/ by level. An arrow goes from a higher level to a lower one, or stays inside its folder.
LEVELS = {
    "base": 0, "simd": 0, "text": 0,
    "ingest": 1, "matrix": 1, "store": 1,
    "train": 2, "index": 2, "map": 2, "eval": 2, "synth": 2,
    "serve": 3,
}  # fmt: skip

# base is the ground of its own level: its neighbours may stand on it.
GROUND = "base"

# Folders beside src/ that may include any layer of it.
ABOVE_ALL = ("tests", "bench", "fuzz")
# Folders that stand on the public headers and on what is their own.
PUBLIC_ONLY = ("apps", "examples", "python")
# An app that another links: its one header that others may include.
APP_DOORS = {"apps/server/server.h": ("apps/cli",)}
# Parsers of untrusted input are fuzzed wherever they stand.
FUZZED = ("apps/server/target.h", "apps/server/body.h")
# testing/ holds the truth that the layers are held against, so it may lean on none of them but the ground.
REFERENCES = "testing"

# Libraries from outside: what an include of theirs looks like, and the folders it may stand in. "*_test.cc" is any test
# beside its source.
DOORS = [
    ("Highway", r"hwy/.*", ["src/simd"]),
    # SSE2 is on every x86-64: no dispatch, and so no kernel, is needed to find the ends of lines.
    ("SSE2", r"emmintrin\.h", ["src/simd", "src/ingest/scan.h"]),
    ("compiler intrinsics", r"(\w*intrin|arm_neon|arm_sve|cpuid)\.h", ["src/simd"]),
    ("utf8proc", r"utf8proc\.h", ["src/text"]),
    ("nlohmann json", r"nlohmann/.*", ["src/store", "apps", "tests"]),
    ("Boost", r"boost/.*", ["apps/server"]),
    ("CLI11", r"CLI/.*", ["apps"]),
    ("spdlog", r"spdlog/.*", ["apps"]),
    ("xxHash", r"xxhash\.h|xxh3\.h", ["src/base"]),
    ("zlib", r"zlib\.h", ["src/ingest"]),
    ("Zstandard", r"zstd(_errors)?\.h", ["src/ingest"]),
    ("fmt", r"fmt/.*", ["src", "apps", "testing", "tests", "bench", "fuzz", "examples"]),
    ("Eigen", r"(unsupported/)?Eigen/.*", ["src/base/symmetric_eigen.cc", "*_test.cc", "testing", "tests", "bench"]),
    ("GoogleTest", r"g(test|mock)/.*", ["*_test.cc", "testing", "tests"]),
    ("pybind11", r"pybind11/.*", ["python"]),
    ("Annoy", r"(annoylib|kissrandom)\.h", ["testing/peers"]),
    ("hnswlib", r"hnswlib/.*", ["testing/peers"]),
    ("faiss", r"faiss/.*", ["testing/peers"]),
    ("Google Benchmark", r"benchmark/.*", ["bench"]),
]
# The system's own headers: anywhere but in the public headers, which are standard C++ only.
SYSTEM = re.compile(
    r"(sys|linux|asm|netinet|arpa)/[\w./]+\.h|"
    r"(dirent|errno|fcntl|locale|malloc|poll|pthread|sched|signal|spawn|termios|unistd|wchar)\.h"
)
STANDARD = re.compile(r"[a-z_0-9]+")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
SCANNED = ("include", "src", "apps", "python", "testing", "tests", "bench", "fuzz", "examples")


def files_of(root):
    for folder in SCANNED:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc", ".cpp", ".hpp") and path.is_file():
                yield path.relative_to(root)


def is_test(file):
    """A test, or what the tests of a folder share."""
    return file.name.endswith("_test.cc") or file.name.startswith("test_")


def stands_in(file, places):
    return any(is_test(file) if place == "*_test.cc" else file.is_relative_to(place) for place in places)


def angled(file, name):
    """What is wrong with #include <name> in file, as (arrow, fix), or None."""
    if name.startswith("segue/"):
        return (f"<{name}>", f'write "{name}": angle brackets are for headers from outside')
    for library, pattern, places in DOORS:
        if re.fullmatch(pattern, name):
            if stands_in(file, places):
                return None
            return (f"{library}, which comes in through {' and '.join(places)} only",
                    f"go through what {places[0]} offers, or add the function there")
    if STANDARD.fullmatch(name):
        return None
    if SYSTEM.fullmatch(name):
        if not file.is_relative_to("include"):
            return None
        return (f"<{name}>, a header of the system", "public headers use standard types only: move this into a .cc of src/")
    return (f"<{name}>, a library without a door",
            "give it one: a row in DOORS of tests/layers_test.py and the package in ./dev and NOTICE")


def quoted(root, file, name):
    """What is wrong with #include "name" in file, as (arrow, fix), or None."""
    if ".." in Path(name).parts:
        return (f'"{name}", a path that climbs', 'name it from the root of its folder: "base/buffer.h", "segue/run.h"')
    top, target = file.parts[0], Path(name).parts[0]
    if target == "segue":
        return None  # the public headers are for everyone
    if top == "include":
        return (f'"{name}"', "a public header includes standard and public headers only: hide this behind a .cc")

    if target == REFERENCES and (top in (REFERENCES, *ABOVE_ALL) or is_test(file)):
        return None
    if target == REFERENCES and top == "src":
        return (f"src/{file.parts[1]} → testing",
                "only tests may use the references: move what both need into a layer")
    if top in PUBLIC_ONLY:
        own = root / file.parent / name
        package = "/".join(file.parts[:2])  # apps/cli
        if package in APP_DOORS.get(name, ()):
            return None
        if own.is_file() or name.startswith(package + "/") or (root / package / name).is_file():
            return None
        return (f'{package} → "{name}"', f"{top} stands on include/segue: make what it needs public, or move it into {package}")
    if top == "fuzz" and name in FUZZED:
        return None
    if target not in LEVELS:
        if (root / file.parent / name).is_file() or target == top:
            return None
        return (f'"{name}", which is in no layer', f"known folders are {', '.join(LEVELS)}; a new one is a row in LEVELS of tests/layers_test.py")
    if top in ABOVE_ALL:
        return None
    if top == REFERENCES:
        if target == GROUND:
            return None
        return (f"testing → {target} (L{LEVELS[target]})", "a reference that uses the code it judges proves nothing: write it out, slow and obvious")

    layer = file.parts[1]
    if layer not in LEVELS:
        return (f"src/{layer}, which has no level", "give the folder a row in LEVELS of tests/layers_test.py and in docs/architecture.md")
    if target == layer or target == GROUND or LEVELS[target] < LEVELS[layer]:
        return None
    direction = "up" if LEVELS[target] > LEVELS[layer] else "sideways"
    return (f"{layer} (L{LEVELS[layer]}) → {target} (L{LEVELS[target]}) points {direction}",
            f"hand the value in from above, move the shared part below both, or declare the function in include/segue "
            f"and let {target} define it")


def check(root):
    """The violations of a tree, one text each."""
    findings = []
    for file in files_of(root):
        for number, line in enumerate((root / file).read_text(errors="replace").splitlines(), start=1):
            match = INCLUDE.match(line)
            if not match:
                continue
            wrong = angled(file, match[1]) if match[1] else quoted(root, file, match[2])
            if wrong:
                arrow, fix = wrong
                findings.append(f"{file}:{number}: {arrow}.\n  fix: {fix}")
    return findings


PLANTED = {  # file: (its include, what the finding must say; None where it is allowed)
    "src/base/up.cc": ('"train/ials.h"', "base (L0) → train (L2) points up"),
    "src/simd/on_ground.h": ('"base/buffer.h"', None),
    "src/base/sideways.h": ('"simd/kernels.h"', "base (L0) → simd (L0) points sideways"),
    "src/store/sideways.cc": ('"matrix/transpose.h"', "store (L1) → matrix (L1) points sideways"),
    "src/store/public.cc": ('"segue/model.h"', None),
    "src/train/down.cc": ('"matrix/transpose.h"', None),
    "src/train/climbs.cc": ('"../simd/kernels.h"', "a path that climbs"),
    "src/train/door.cc": ("<hwy/highway.h>", "Highway, which comes in through src/simd only"),
    "src/index/door.cc": ("<immintrin.h>", "compiler intrinsics, which comes in through src/simd only"),
    "src/simd/door.cc": ("<hwy/highway.h>", None),
    "src/serve/door.cc": ("<nlohmann/json.hpp>", "nlohmann json, which comes in through src/store and apps and tests only"),
    "src/serve/references.cc": ('"testing/reference_als.h"', "only tests may use the references"),
    "src/serve/recommender_test.cc": ('"testing/reference_als.h"', None),
    "src/serve/angled.cc": ("<segue/run.h>", 'write "segue/run.h"'),
    "src/serve/unknown.cc": ("<boost/asio.hpp>", "Boost, which comes in through apps/server only"),
    "src/serve/homeless.cc": ("<curl/curl.h>", "a library without a door"),
    "src/serve/standard.cc": ("<vector>", None),
    "src/brandnew/x.cc": ('"base/buffer.h"', "src/brandnew, which has no level"),
    "include/segue/private.h": ('"base/buffer.h"', "a public header includes standard and public headers only"),
    "include/segue/system.h": ("<unistd.h>", "public headers use standard types only"),
    "include/segue/json.h": ("<nlohmann/json.hpp>", "nlohmann json"),
    "apps/cli/private.cc": ('"base/buffer.h"', "apps stands on include/segue"),
    "apps/cli/public.cc": ('"segue/model.h"', None),
    "apps/cli/own.cc": ('"table.h"', None),
    "apps/cli/table.h": ("<CLI/CLI.hpp>", None),
    "apps/cli/table_test.cc": ('"testing/temp_dir.h"', None),
    "apps/cli/references.cc": ('"testing/temp_dir.h"', "apps stands on include/segue"),
    "python/engine/private.cc": ('"base/buffer.h"', "python stands on include/segue"),
    "python/engine/door.cc": ("<pybind11/numpy.h>", None),
    "apps/cli/door.cc": ("<pybind11/numpy.h>", "pybind11, which comes in through python only"),
    "apps/cli/serve.cc": ('"apps/server/server.h"', None),
    "apps/cli/inside.cc": ('"apps/server/routes.h"', "apps stands on include/segue"),
    "apps/server/door.cc": ("<boost/asio.hpp>", None),
    "fuzz/request.cc": ('"apps/server/target.h"', None),
    "src/store/test_files.h": ('"testing/temp_dir.h"', None),
    "testing/leans.cc": ('"train/ials.h"', "a reference that uses the code it judges"),
    "tests/contract_test.cc": ('"train/ials.h"', None),
    "bench/als_bench.cc": ("<benchmark/benchmark.h>", None),
    "fuzz/log.cc": ('"ingest/reader.h"', None),
}  # fmt: skip


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, (include, _) in PLANTED.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"// An essay.\n#include {include}\n")
        findings = check(root)
        for name, (include, expected) in PLANTED.items():
            here = [finding for finding in findings if finding.startswith(f"{name}:2: ")]
            if expected is None and here:
                failures.append(f"{name}: #include {include} is allowed, yet: {here[0]}")
            if expected is not None and not (len(here) == 1 and expected in here[0] and "\n  fix: " in here[0]):
                failures.append(f"{name}: #include {include} should be found as “{expected}”, got {here}")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
        print("\n".join(failures) or f"{len(PLANTED)} planted includes judged rightly")
        return 1 if failures else 0
    root = Path(__file__).resolve().parent.parent
    findings = check(root)
    checked = sum(1 for _ in files_of(root))
    print("\n".join(findings) or f"{checked} files: every arrow points down")
    return 1 if findings or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
