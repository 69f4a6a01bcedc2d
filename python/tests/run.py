"""Runs the tests of the package under ctest: exit status 77 (skipped) where what they need is not installed."""

import importlib.util
import sys
from pathlib import Path

missing = [name for name in ("numpy", "scipy", "pytest") if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)}; install what Debian calls "
          + " ".join(f"python3-{name}" for name in missing))  # fmt: skip
    sys.exit(77)

import pytest  # noqa: E402

here = Path(__file__).parent
arguments = sys.argv[1:] or [str(here)]
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(here), *arguments]))
