"""The steps of the notebook in pandas and SciPy, and a table of all: notebook_peers.py OUTPUT_OF_LASTFM LOG.

What implicit 0.7.3 and Annoy took is quoted: measured before, on a machine of the same kind (two cores, AVX-512), the same
log and two threads. Their medians vary by a fifth with the machine's mood.
"""

import re
import sys
import time

# Seconds. implicit: bm25_weight took 0.4 to 1.0, a sweep of conjugate gradient at 50 factors 6.9. SciPy: the transpose 0.43.
# Annoy: docs/annoy.md.
QUOTED = {"read": 30.2, "bm25": 0.7, "transpose": 0.43, "50 sweeps of ALS": 50 * 6.9, "25 trees": 9.06}


def pandas_read(path):
    """The notebook's way to a matrix: (label, seconds) of each step."""
    import pandas
    from scipy.sparse import coo_matrix

    begin = time.perf_counter()
    table = pandas.read_table(path, usecols=[0, 2, 3], names=["user", "artist", "plays"])
    read = time.perf_counter()
    users, artists = table["user"].astype("category"), table["artist"].astype("category")
    categories = time.perf_counter()
    coo_matrix((table["plays"].astype("float32"), (users.cat.codes, artists.cat.codes))).tocsr()
    return [("read_table", read - begin), ("categories", categories - read), ("csr", time.perf_counter() - categories)]


def main():
    output, log = sys.argv[1:]
    with open(output, encoding="utf-8") as file:
        ours = re.findall(r"^(.{28}) +([\d.]+) s$", file.read(), re.MULTILINE)
    try:
        steps = pandas_read(log)
        print("\npandas here: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps))
        measured = {"read": sum(seconds for _, seconds in steps)}
    except ImportError:
        print("\npandas is not installed here (Debian's python3-pandas): what it took before is quoted")
        measured = {}
    print(f"\n{'step':<28} {'segue':>8} {'peers':>8}  ratio")
    for name, seconds in ours:
        step = name.strip()
        peer = measured.get(step, QUOTED.get(step))
        beside = "" if peer is None else f"{peer:8.1f}  {peer / float(seconds):5.1f}" + (" (quoted)" if step not in measured else "")
        print(f"{step:<28} {float(seconds):8.2f} {beside}")


if __name__ == "__main__":
    main()
