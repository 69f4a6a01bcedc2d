"""Model: factors with ids and titles, that answers by name. The same .segue files that the command line uses."""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from . import _engine
from ._data import Interactions, PathLike, from_csr, table_html
from ._names import item_number, user_number
from ._progress import ProgressOption, Reporter
from .errors import InvalidArgumentError


class Result(NamedTuple):
    """One item of an answer."""

    title: str
    score: float
    listeners: int
    id: str


class Answer(list[Result]):
    """Results, best first; a table in notebooks."""

    def _rows(self) -> list[tuple[object, ...]]:
        return [(i + 1, each.title, f"{each.score:.3f}", f"{each.listeners:,}") for i, each in enumerate(self)]

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self]

    def __repr__(self) -> str:
        width = max((len(each.title) for each in self), default=0)
        return "\n".join(f"{n:>3}  {title:<{width}}  {score:>7}  {count:>9}" for n, title, score, count in self._rows())

    def _repr_html_(self) -> str:
        return table_html(("#", "title", "score", "listeners"), self._rows())


class Model:
    """What fit() and load() return. Immutable; may be asked from several threads at once."""

    def __init__(self, engine: _engine.Model) -> None:
        self._engine = engine
        self._data = engine.interactions()
        self._listeners = engine.listeners()

    @property
    def interactions(self) -> Interactions:
        """What the model was trained on."""
        return Interactions(self._data)

    @property
    def user_factors(self) -> npt.NDArray[np.float32]:
        """[n_users × factors], a read-only view."""
        return self._engine.user_factors()

    @property
    def item_factors(self) -> npt.NDArray[np.float32]:
        """[n_items × factors], a read-only view."""
        return self._engine.item_factors()

    @property
    def card(self) -> dict[str, Any]:
        """Where the model comes from: data, options, time, checksums."""
        return self._engine.card()

    @property
    def losses(self) -> list[float]:
        """The loss after each sweep."""
        return [loss for _, _, loss in self.card["sweeps"]]

    def find(self, name: str) -> list[int]:
        """Items of this id or title, without regard to case and accents, most listeners first; may be empty."""
        return self._engine.find(name)[0]

    def similar(
        self, name: str, n: int = 10, *, exclude: Sequence[str] = (), only: Sequence[str] = (), min_listeners: int = 0,
        include_self: bool = True,
    ) -> Answer:  # fmt: skip
        """At most n items most like one, by cosine: 1 is the same taste. The item itself comes first.

        name, exclude, only: ids or titles. Raises KeyError with suggestions, LookupError where a name stands for
        several items, ValueError for n < 1.
        """
        item = self._item(name)
        return self._answer(
            self._engine.similar(item, _top(n), self._items(exclude), self._items(only), min_listeners, include_self)
        )

    def recommend(
        self, user: Optional[str] = None, *, likes: Union[Mapping[str, float], Sequence[str], None] = None, n: int = 10,
        exclude: Sequence[str] = (), only: Sequence[str] = (), min_listeners: int = 0, include_seen: bool = False,
    ) -> Answer:  # fmt: skip
        """At most n items for a user of the log, or for somebody with these likes whom the model has never seen.

        likes: ids or titles, with plays where they are a mapping, else 1 play each; a negative value is a dislike.
        What the person knows is left out unless include_seen. Raises as similar().
        """
        if (user is None) == (likes is None):
            raise InvalidArgumentError("recommend() takes either a user or likes", 'say user="…" or likes={…}')
        rules = (_top(n), self._items(exclude), self._items(only), min_listeners, include_seen)
        if likes is None:
            assert user is not None
            return self._answer(self._engine.recommend(user_number(self._data, user), *rules))
        plays = likes if isinstance(likes, Mapping) else dict.fromkeys(likes, 1.0)
        history = [(self._item(name), float(value)) for name, value in plays.items()]
        return self._answer(self._engine.recommend_history(history, *rules))

    def save(self, path: PathLike) -> None:
        """Writes a .segue file, whole or not at all. Raises OSError."""
        self._engine.save(os.fspath(path))

    def _item(self, name: str) -> int:
        return item_number(self._data, name, self._engine.find(name))

    def _items(self, names: Sequence[str]) -> list[int]:
        if isinstance(names, str):
            raise InvalidArgumentError("exclude and only take lists of names", f"write [{names!r}]")
        return [self._item(name) for name in names]

    def _answer(self, pairs: list[tuple[int, float]]) -> Answer:
        data, listeners = self._data, self._listeners
        return Answer(Result(data.title(i), score, int(listeners[i]), data.item_id(i)) for i, score in pairs)

    def __repr__(self) -> str:
        users, factors = self.user_factors.shape
        return f"<segue.Model: {users:,} users × {self.item_factors.shape[0]:,} items, {factors} factors>"

    def _repr_html_(self) -> str:
        card = self.card
        del card["sweeps"]
        return table_html(None, [(name, value) for name, value in card.items() if value != ""]) + _loss_plot(self.losses)


def _top(n: int) -> int:
    if n < 1:
        raise InvalidArgumentError(f"{n} results were asked for", "ask for at least one")
    return min(n, 2**32 - 1)


def _loss_plot(losses: list[float]) -> str:
    """The losses as a curve, where there are two or more."""
    if len(losses) < 2:
        return ""
    width, height = 320, 80
    low, high = min(losses), max(losses)
    span = high - low or 1.0
    points = " ".join(
        f"{width * i / (len(losses) - 1):.1f},{height * (1 - (loss - low) / span):.1f}" for i, loss in enumerate(losses)
    )
    return (
        f'<svg width="{width}" height="{height + 20}" viewBox="-2 -2 {width + 4} {height + 20}">'
        f'<polyline fill="none" stroke="currentColor" points="{points}"/>'
        f'<text x="0" y="{height + 16}" font-size="11">loss {losses[0]:.6f} → {losses[-1]:.6f}</text></svg>'
    )


def fit(
    data: Any, *, factors: int = 64, regularization: float = 0.0, iterations: int = 15, weighting: str = "bm25",
    alpha: float = 1.0, epsilon: float = 1.0, k1: float = 1.2, b: float = 0.75, solver: str = "auto", cg_steps: int = 3,
    seed: int = 42, precision: str = "auto", tolerance: float = 0.0, unobserved_weight: float = 0.0,
    regularization_exponent: float = 0.0, init: Optional[Model] = None, threads: int = 0,
    progress: ProgressOption = None, on_sweep: Optional[Callable[[int, float, float], Any]] = None,
) -> Model:  # fmt: skip
    """Weighs the plays and factorizes them by implicit alternating least squares.

    data: Interactions, or a sparse users × items matrix. Options are those of `segue fit`, with its defaults
    (docs/defaults.md); regularization 0 is chosen in proportion to the data. init: an older model to go on from.
    on_sweep: called with (sweep from 1, seconds, loss). The same bits for any number of threads.

    Raises ValueError for options out of range, ArithmeticError where values stop being finite, KeyboardInterrupt; what
    a callback raises ends the training.
    """
    interactions = data if isinstance(data, Interactions) else from_csr(data)
    options = {
        "factors": factors, "regularization": regularization, "iterations": iterations, "weighting": weighting,
        "alpha": alpha, "epsilon": epsilon, "k1": k1, "b": b, "solver": solver, "cg_steps": cg_steps, "seed": seed,
        "precision": precision, "tolerance": tolerance, "unobserved_weight": unobserved_weight,
        "regularization_exponent": regularization_exponent,
    }  # fmt: skip
    for name in ("factors", "iterations", "cg_steps", "seed"):
        if options[name] < 0 or options[name] >= 2**32:  # type: ignore[operator]
            raise InvalidArgumentError(f"{name} is {options[name]}", "give a whole number from 0 to 4294967295")
    report = interactions.report or {}
    counts = (report.get("rows_read", 0), report.get("rows_kept", 0))
    before = None if init is None else init._engine
    with Reporter(progress) as told:
        return Model(_engine.fit(interactions._engine, options, before, counts, threads, told, on_sweep))


def load(path: PathLike, *, threads: int = 0) -> Model:
    """Opens a .segue file by mapping it; every checksum is compared. Raises FileNotFoundError, OSError."""
    return Model(_engine.open(os.fspath(path), threads))
