"""Annoy's AnnoyIndex over segue's forests: the same calls, exceptions and .ann files.

    from segue.annoy import AnnoyIndex   # was: from annoy import AnnoyIndex

docs/annoy.md has what is the same in a forest and what is not; docs/python-compatibility.md the same of this class.
"""

from __future__ import annotations

import operator
import os
import tempfile
import threading
import warnings
from array import array
from typing import Any, Optional, Sequence, Union

import numpy as np

from . import _engine
from ._checks import whole
from .errors import CorruptFileError, Error, NotFoundError, WrongTypeError

_DEFAULT_SEED = 1234567890987654321
_METRICS = ("angular", "euclidean", "manhattan", "hamming", "dot")
#: Of values in a vector, ids, trees and threads, results, and candidates.
_MOST_VALUES, _MOST, _MOST_RESULTS, _MOST_CANDIDATES = 2**24, 2**31 - 2, 2**32 - 1, 2**63 - 1


class AnnoyIndex:
    """Vectors of f values, and the forest that finds the nearest of them.

    Add items, build, then ask or save; or load a file. Thread-safe: what changes the index waits for what else changes it, as
    add_item() does for a build() in another thread; searches wait for nothing.
    """

    def __init__(self, f: int, metric: Optional[str] = None) -> None:
        if metric is None:
            warnings.warn(
                "The metric will have to be given in a future version of Annoy: pass metric='angular'",
                FutureWarning,
                stacklevel=2,
            )
            metric = "angular"
        if metric not in _METRICS:
            raise ValueError("No such metric")
        self.f = whole(f, "f", 1, _MOST_VALUES)
        self._metric = metric
        self._seed = _DEFAULT_SEED
        self._disk_path = ""
        self._on_disk = False  # the forest was built there
        self._loaded = False
        self._forest: Optional[_engine.AnnoyForest] = None
        self._builder = _engine.AnnoyBuilder(metric, self.f)
        self._lock = threading.RLock()  # of whatever changes the rest

    def add_item(self, i: int, vector: Sequence[float]) -> None:
        """Adds an item, or gives it another vector. Raises IndexError for a negative id or a vector of another length,
        Exception once a forest was built or loaded."""
        item = _item(i)
        if item > _MOST:
            raise IndexError(f"Item index can not be above {_MOST}")
        values = self._vector(vector)
        with self._lock:
            if self._loaded:
                raise Exception("You can't add an item to a loaded index")
            if self._forest is not None:
                raise Exception("You can't add an item to a built index: unbuild() it first")
            self._builder.add(item, values)

    def build(self, n_trees: int, n_jobs: int = -1) -> bool:
        """Builds n_trees trees (-1: until there are twice as many nodes as items) on n_jobs threads (-1: all cores)."""
        trees = whole(n_trees, "n_trees", -1, _MOST)
        threads = max(whole(n_jobs, "n_jobs", -1, _MOST), 0)
        with self._lock:
            if self._loaded:
                raise Exception("You can't build a loaded index")
            if self._forest is not None:
                raise Exception("You can't build a built index")
            self._forest = self._builder.build(trees, self._seed, threads, self._disk_path)
            self._on_disk = bool(self._disk_path)
        return True

    def unbuild(self) -> bool:
        """Drops the trees, so that items can be added."""
        with self._lock:
            if self._loaded:
                raise Exception("You can't unbuild a loaded index")
            self._forest = None
        return True

    def unload(self) -> bool:
        """Drops all: the index is as new."""
        with self._lock:
            self._forest = None
            self._loaded = self._on_disk = False
            self._disk_path = ""
            self._builder = _engine.AnnoyBuilder(self._metric, self.f)
        return True

    def on_disk_build(self, fn: Union[str, "os.PathLike[str]"]) -> bool:
        """The next build() makes the trees in this file. Raises OSError."""
        with self._lock, open(fn, "wb"):
            self._disk_path = os.fspath(fn)
        return True

    def save(self, fn: Union[str, "os.PathLike[str]"], prefault: bool = False) -> bool:
        """Writes the forest, whole or not at all, and goes on with the file. Raises OSError, also before build()."""
        with self._lock:
            if self._forest is None:
                raise OSError("You can't save an index that hasn't been built")
            if self._on_disk:
                return True
            self._forest.save(os.fspath(fn))
            return self.load(fn, prefault)

    def load(self, fn: Union[str, "os.PathLike[str]"], prefault: bool = False) -> bool:
        """Maps a file. Raises OSError where it is not there or was not made for this f and metric."""
        try:
            forest = _engine.AnnoyForest.open(os.fspath(fn), self._metric, self.f, bool(prefault))
        except Error as error:
            if isinstance(error, OSError):
                raise
            raise CorruptFileError(error.problem, error.fix, os.fspath(fn)) from error
        with self._lock:
            self.unload()
            self._forest = forest
            self._loaded = True
        return True

    def get_nns_by_item(self, i: int, n: int, search_k: int = -1, include_distances: bool = False) -> Any:
        """The n nearest items of an item, best first: a list of ids, or (ids, distances)."""
        forest, item = self._forest, self._known(i)
        count, candidates = _wanted(n, search_k)
        found = ([], []) if forest is None else forest.nearest_item(item, count, candidates)
        return found if include_distances else found[0]

    def get_nns_by_vector(
        self, vector: Sequence[float], n: int, search_k: int = -1, include_distances: bool = False
    ) -> Any:
        """The n nearest items of a vector, best first: a list of ids, or (ids, distances). Raises ValueError for values that
        are not finite."""
        forest, values = self._forest, self._vector(vector)
        count, candidates = _wanted(n, search_k)
        found = ([], []) if forest is None else forest.nearest_vector(values, count, candidates)
        return found if include_distances else found[0]

    def get_item_vector(self, i: int) -> list[float]:
        """The vector of an item; zeros for an id that was not added."""
        item = self._known(i)
        try:
            return self._holder().vector(item)
        except NotFoundError:  # a gap
            return [0.0] * self.f

    def get_distance(self, i: int, j: int) -> float:
        return self._holder().distance(self._known(i), self._known(j))

    def get_n_items(self) -> int:
        """One more than the largest id."""
        return self._holder().items()

    def get_n_trees(self) -> int:
        forest = self._forest
        return 0 if forest is None else forest.trees()

    def verbose(self, v: bool) -> bool:
        """Nothing is printed either way."""
        return True

    def set_seed(self, q: int) -> None:
        """The seed of the next build()."""
        self._seed = _index(q, "the seed") % 2**64

    def _holder(self) -> Union[_engine.AnnoyForest, _engine.AnnoyBuilder]:
        forest = self._forest
        return self._builder if forest is None else forest

    def _vector(self, vector: Sequence[float]) -> np.ndarray[Any, np.dtype[np.float32]]:
        if len(vector) != self.f:
            raise IndexError(f"Vector has wrong length (expected {self.f}, got {len(vector)})")
        if isinstance(vector, np.ndarray) and vector.ndim == 1 and vector.dtype.kind in "fiub":
            return vector.astype(np.float32, copy=False)
        # As Annoy reads them, one by one: text is no number.
        return np.frombuffer(array("f", [vector[i] for i in range(self.f)]), dtype=np.float32)

    def _known(self, i: int) -> int:
        """The number of an item that there is, or a gap."""
        item = _item(i)
        if item >= self.get_n_items():
            raise IndexError("Item index larger than the largest item index")
        return item

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return self._state()

    def _state(self) -> dict[str, Any]:
        state = {"f": self.f, "metric": self._metric, "seed": self._seed}
        if self._forest is None:
            vectors = {}
            for i in range(self._builder.items()):
                try:
                    vectors[i] = self._builder.vector(i)
                except NotFoundError:  # a gap
                    continue
            return {**state, "vectors": vectors}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "forest.ann")
            self._forest.save(path)
            with open(path, "rb") as file:
                return {**state, "forest": file.read()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        AnnoyIndex.__init__(self, state["f"], state["metric"])
        self._seed = state["seed"]
        for i, vector in state.get("vectors", {}).items():
            self.add_item(i, vector)
        if "forest" in state:
            with tempfile.TemporaryDirectory() as folder:  # the mapping outlives the file's name
                path = os.path.join(folder, "forest.ann")
                with open(path, "wb") as file:
                    file.write(state["forest"])
                self.load(path)


def _index(value: Any, name: str) -> int:
    """A whole number as Annoy takes it: whatever Python would take as the index of a list."""
    try:
        return operator.index(value)
    except TypeError:
        raise WrongTypeError(f"{name} is {value!r}", "give a whole number") from None


def _item(i: Any) -> int:
    item = _index(i, "the item")
    if item < 0:
        raise IndexError("Item index can not be negative")
    return item


def _wanted(n: Any, search_k: Any) -> tuple[int, int]:
    """How many results, and candidates; -1: n for every tree."""
    return min(whole(n, "n", 0, _MOST_CANDIDATES), _MOST_RESULTS), whole(search_k, "search_k", -1, _MOST_CANDIDATES)
