"""The calls of python_calls.cc made from Python.

    python_calls.py measure MODEL SWEEPS USERS QUERIES    prints "NAME NUMBER", as the program does, and what it does not know
    python_calls.py compare FOLDER                        says what Python adds, of outputs that bench/python.sh left there
"""

import pathlib
import statistics
import subprocess
import sys
import time

ROUNDS = 3


def timed(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def measure(path, sweeps, users, queries):
    import numpy as np
    import segue
    from segue.als import AlternatingLeastSquares

    def start(code):
        return timed(lambda: subprocess.run([sys.executable, "-c", code], check=True))

    print("import", statistics.median(start("import segue") - start("pass") for _ in range(7)))

    model = segue.load(path)
    matrix = model.interactions.matrix

    def fit():
        als = AlternatingLeastSquares(factors=model.item_factors.shape[1], iterations=int(sweeps), random_state=42)
        als.fit(matrix, show_progress=False)

    print("fit", statistics.median(timed(fit) for _ in range(ROUNDS)))

    als = AlternatingLeastSquares(factors=model.item_factors.shape[1])
    als.user_factors, als.item_factors = model.user_factors, model.item_factors
    asked, rows = np.arange(int(users)), matrix[: int(users)]
    als.recommend(asked[:1], rows[:1])  # makes the index
    print("recommend", statistics.median(timed(lambda: als.recommend(asked, rows)) for _ in range(ROUNDS)))

    als.similar_items(0)
    items = range(int(queries))
    print("similar", 1e6 * statistics.median(timed(lambda: als.similar_items(item)) for item in items))
    few = AlternatingLeastSquares(factors=model.item_factors.shape[1])
    few.user_factors, few.item_factors = model.user_factors[:200], model.item_factors[:200]
    few.similar_items(0)
    print("few", 1e6 * statistics.median(timed(lambda: few.similar_items(item % 200)) for item in items))
    names = model.interactions.item_ids[: int(queries)]
    model.similar(names[0])
    print("named", 1e6 * statistics.median(timed(lambda: model.similar(name)) for name in names))


def read(path):
    with open(path, encoding="utf-8") as file:
        return {name: float(value) for name, value in map(str.split, file)}


def compare(folder):
    outputs = {path.name: read(path) for path in sorted(pathlib.Path(folder).iterdir())}

    def values(side, name):
        return [output[name] for file, output in outputs.items() if file.startswith(side)]

    library = {name: statistics.median(values("library1", name) + values("library2", name)) for name in outputs["library1"]}
    python = outputs["python1"]
    more = 100 * (python["fit"] / library["fit"] - 1)
    spread = ", ".join(f"{seconds:.2f}" for seconds in values("library1", "fit") + values("library2", "fit"))
    print(f"import segue                {python['import']:.3f} s beyond an empty program (asked: under 0.3)")
    print(f"fit                         {python['fit']:.2f} s, the library {spread}: {more:+.1f} % (asked: under 2)")
    print(f"recommend to all at once    {python['recommend']:.2f} s, the library {library['recommend']:.2f}")
    for side, label in (("python-single", "one similar_items call      "), ("library-single", "the library's              ")):
        times = values(side, "similar")
        print(f"{label}{statistics.median(times):.0f} µs, {min(times):.0f} to {max(times):.0f} in five runs")
    print(f"the same among 200 items    {python['few']:.0f} µs with the search: what Python adds is less (asked: under 30)")
    print(f"one similar call by name    {python['named']:.0f} µs")


if __name__ == "__main__":
    {"measure": measure, "compare": compare}[sys.argv[1]](*sys.argv[2:])
