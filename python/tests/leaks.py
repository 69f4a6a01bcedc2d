"""A thousand rounds of fit, save and load, of the native face and of implicit's: memory may not grow by what a leak would hold.

Prints what it grew by. Exit status 77 (skipped) where NumPy or SciPy is not installed.
"""

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

if any(importlib.util.find_spec(name) is None for name in ("numpy", "scipy")):
    print("skipped: NumPy or SciPy is not installed")
    sys.exit(77)

import numpy as np  # noqa: E402
import segue  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402
from segue.als import AlternatingLeastSquares  # noqa: E402
from segue.bpr import BayesianPersonalizedRanking  # noqa: E402

ROUNDS, WARM = 1000, 100
#: One model kept in ten rounds: 100 models of 300 rows of 64 bytes and their index are 4 MB.
MOST = 3 << 20


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    plays = csr_matrix(np.random.default_rng(1).poisson(0.1, (200, 100)).astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        native, arrays = Path(folder) / "x.segue", str(Path(folder) / "x.npz")
        for number in range(WARM + ROUNDS):
            if number == WARM:
                before = memory()
            model = segue.fit(plays, factors=8, iterations=1, progress=False, on_sweep=lambda *_: None)
            model.save(native)
            again = segue.load(native)
            again.similar(again.interactions.item_ids[0])
            for kind in (AlternatingLeastSquares, BayesianPersonalizedRanking):
                other = kind(factors=8, iterations=1)
                other.fit(plays, show_progress=False, callback=lambda *_: None)
                other.recommend(np.arange(200), plays)
                other.save(arrays)
                kind.load(arrays).similar_items(0)
            try:
                segue.load(arrays)  # no such file of ours: errors are freed too
            except OSError:
                pass
    grown = memory() - before
    print(f"{ROUNDS} rounds: memory grew by {grown / 1024:.0f} KB")
    return 1 if grown > MOST else 0


sys.exit(main())
