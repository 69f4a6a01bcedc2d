"""How well a model finds what was held out: what Model.evaluate returns, and the numbers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple, Sequence

import numpy as np

from . import _engine
from ._checks import MOST_SEED, is_matrix, no_interactions, number, text, threads_of, whole
from ._data import Interactions, from_csr, table_html
from ._progress import ProgressOption, Reporter
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._model import Model


class Measured(NamedTuple):
    """A measure over all users with held-out items, and the interval of its mean (bootstrap over users)."""

    mean: float
    low: float
    high: float


class Evaluation(Mapping[str, Measured]):
    """Measures by name: evaluation["ndcg@10"].mean. A table in notebooks. docs/evaluation.md has each one's formula.

    n_users: with held-out items. left_out: held-out cells that were not asked for: of users or items that the model does
    not have, or that it was trained on.
    """

    def __init__(self, measured: dict[str, Measured], n_users: int, left_out: int, seconds: float) -> None:
        self._measured = measured
        self.n_users = n_users
        self.left_out = left_out
        self.seconds = seconds

    def __getitem__(self, name: str) -> Measured:
        return self._measured[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._measured)

    def __len__(self) -> int:
        return len(self._measured)

    def __repr__(self) -> str:
        lines = [f"{name:<12} {each.mean:.5f}  ({each.low:.5f} to {each.high:.5f})" for name, each in self.items()]
        return "\n".join([*lines, self._of_whom()])

    def _repr_html_(self) -> str:
        rows = [(name, f"{each.mean:.5f}", f"{each.low:.5f} to {each.high:.5f}") for name, each in self.items()]
        return table_html(("measure", "mean", "interval"), rows) + f"<p>{self._of_whom()}</p>"

    def _of_whom(self) -> str:
        left = f"; {self.left_out:,} held-out cells left out (see left_out)" if self.left_out else ""
        return f"{self.n_users:,} users{left}"


def evaluate(
    model: Model, test: Any, measures: Sequence[str], resamples: int, confidence: float, seed: int, threads: int,
    progress: ProgressOption,
) -> Evaluation:  # fmt: skip
    if isinstance(measures, str):
        raise InvalidArgumentError("measures takes a list of names", f"write [{measures!r}]")
    names = [text(each, "a measure") for each in measures]
    data = model.interactions
    shape = (data.n_users, data.n_items)
    if not isinstance(test, Interactions) and not is_matrix(test):
        raise no_interactions(test, "test")
    held_out, unknown = _renumbered(test if isinstance(test, Interactions) else _of_matrix(test, data), data, shape)
    known = _keys(data.matrix)
    rows, columns, values = held_out
    new = np.isin(rows * shape[1] + columns, known, invert=True)
    from scipy.sparse import csr_matrix

    cells = csr_matrix((values[new], (rows[new], columns[new])), shape=shape)
    if cells.nnz == 0:
        raise InvalidArgumentError(
            f"of {len(new) + unknown:,} held-out cells none is of a user and an item of the model and new to it",
            "split first and train on the rest: train, test = data.split()",
        )
    with Reporter(progress) as told:
        users, seconds, rows_of = _engine.measure(
            model._engine, cells.indptr, cells.indices, cells.data, names,
            whole(resamples, "resamples"), number(confidence, "confidence"), whole(seed, "seed", 0, MOST_SEED),
            threads_of(threads), told,
        )  # fmt: skip
    measured = {name: Measured(mean, low, high) for name, mean, low, high in rows_of}
    return Evaluation(measured, users, int((~new).sum()) + unknown, seconds)


def _of_matrix(matrix: Any, data: Interactions) -> Interactions:
    if matrix.shape != (data.n_users, data.n_items):
        raise InvalidArgumentError(
            f"the held-out matrix is {matrix.shape[0]:,} × {matrix.shape[1]:,}, and the model {data.n_users:,} users × "
            f"{data.n_items:,} items",
            "give users × items of the model, or Interactions, which are matched by ids",
        )
    return from_csr(matrix, users=data.user_ids, items=data.item_ids)


def _renumbered(test: Interactions, data: Interactions, shape: tuple[int, int]) -> tuple[tuple[Any, Any, Any], int]:
    """((users, items, values) in the model's numbers, how many cells it has no number for)."""
    cells = test.matrix.tocoo()
    users = _numbers(test.user_ids, data.user_ids)[cells.row]
    items = _numbers(test.item_ids, data.item_ids)[cells.col]
    there = (users >= 0) & (items >= 0)
    return (users[there], items[there], cells.data[there]), int((~there).sum())


def _numbers(ids: list[str], among: list[str]) -> Any:
    """The place of each id in another list, -1 where it is not there."""
    if ids == among:
        return np.arange(len(ids))
    place = {id: number for number, id in enumerate(among)}
    return np.array([place.get(id, -1) for id in ids], dtype=np.int64)


def _keys(matrix: Any) -> Any:
    """Row and column of each cell as one number, ascending."""
    cells = matrix.tocoo()
    return cells.row.astype(np.int64) * matrix.shape[1] + cells.col
