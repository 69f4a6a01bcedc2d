"""Model: factors with ids and titles, that answers by name. The same .segue files that the command line uses."""

from __future__ import annotations

import math
import os
import re
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from . import _engine
from ._checks import (
    MOST_FACTORS, MOST_SEED, PathLike, Unpicklable, is_matrix, no_interactions, number, path_of, text, threads_of, whole,
)  # fmt: skip
from ._data import Interactions, from_csr, table_html
from ._evaluation import Evaluation, evaluate
from ._explain import parts
from ._names import item_number, user_number
from ._progress import ProgressOption, Reporter
from .errors import InvalidArgumentError, WrongTypeError

#: What a terminal would obey or refuse: control characters, ends of lines, marks of direction, and lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Reason(NamedTuple):
    """A liked item and its part of a score: the parts of all, also those below 0 that are not told, add up to the score of the
    exact vector of the history."""

    title: str
    part: float
    id: str


class Result(NamedTuple):
    """One item of an answer. reasons: where they were asked for, the largest parts of the score first."""

    title: str
    score: float
    listeners: int
    id: str
    reasons: tuple[Reason, ...] = ()


class Recall(NamedTuple):
    """How many of an item's true 10 and 20 nearest an approximate index finds, measured on `sample` items; no filters."""

    kind: str
    at_10: float
    at_20: float
    sample: int

    def __str__(self) -> str:
        found = f"finds {_percent(self.at_10)} % of the true 10 nearest and {_percent(self.at_20)} % of 20"
        return f"{self.kind} {found}, of {self.sample:,} items asked"


class Answer(list[Result]):
    """Results, best first; a table in notebooks. recall: where an approximate index answered, how many it finds."""

    recall: Optional[Recall] = None

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self]

    def _rows(self) -> list[tuple[str, ...]]:
        """Cells as text; the last is why, where it was asked for."""
        rows: list[tuple[str, ...]] = []
        for i, each in enumerate(self):
            row = (str(i + 1), _shown(each.title), f"{each.score:.3f}", f"{each.listeners:,}")
            because = ", ".join(f"{_shown(why.title)} {why.part:.2f}" for why in each.reasons)
            rows.append((*row, because) if self._explained else row)
        return rows

    @property
    def _explained(self) -> bool:
        return any(each.reasons for each in self)

    def __repr__(self) -> str:
        rows = self._rows()
        width = max((len(title) for _, title, *_ in rows), default=0)
        lines = (f"{n:>3}  {title:<{width}}  {score:>7}  {count:>9}  {''.join(why)}" for n, title, score, count, *why in rows)
        return "\n".join([*(line.rstrip() for line in lines), *([] if self.recall is None else [str(self.recall)])])

    def _repr_html_(self) -> str:
        head = ("#", "title", "score", "listeners") + (("because of",) if self._explained else ())
        table = table_html(head, self._rows())
        return table if self.recall is None else f"{table}<p>{self.recall}</p>"


class Model(Unpicklable):
    """What fit() and load() return. Immutable; may be asked from several threads at once."""

    def __init__(self, engine: _engine.Model) -> None:
        self._engine = engine
        self._data = engine.interactions()
        self._interactions = Interactions(self._data)  # one, since it keeps its lists of ids
        self._gram: Any = None  # of the item factors, once it is asked for

    @property
    def interactions(self) -> Interactions:
        """What the model was trained on."""
        return self._interactions

    @property
    def user_factors(self) -> npt.NDArray[np.float32]:
        """[n_users × factors], a read-only view; 0 × 0 of models without factors."""
        return self._engine.user_factors()

    @property
    def item_factors(self) -> npt.NDArray[np.float32]:
        """[n_items × factors], a read-only view; 0 × 0 of models without factors."""
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
        return self._engine.find(text(name, "name"))[0]

    def similar(
        self, name: str, n: int = 10, *, exclude: Sequence[str] = (), only: Optional[Sequence[str]] = None,
        min_listeners: int = 0, include_self: bool = True,
    ) -> Answer:  # fmt: skip
        """At most n items most like one, by cosine: 1 is the same taste. The item itself comes first.

        name, exclude, only: ids or titles; only=None: all are allowed, []: none is. Where load() was asked for an
        approximate index, or the file holds one, the answer's `recall` says how many of the true neighbors it finds.

        Raises KeyError with suggestions, LookupError where a name stands for several items, ValueError for n < 1.
        """
        item = self._item(name)
        answer = _answer(
            self._engine.similar(item, *self._rules(n, exclude, only, min_listeners, bool(include_self)))
        )
        return _measured(answer, self._engine.similar_index())

    def recommend(
        self, user: Optional[str] = None, *, likes: Union[Mapping[str, float], Sequence[str], None] = None, n: int = 10,
        exclude: Sequence[str] = (), only: Optional[Sequence[str]] = None, min_listeners: int = 0, include_seen: bool = False,
        explain: Union[bool, int] = False,
    ) -> Answer:  # fmt: skip
        """At most n items for a user of the log, or for somebody with these likes whom the model has never seen.

        likes: ids or titles, with plays where they are a mapping, else 1 play each; a negative value is a dislike.
        What the person knows is left out unless include_seen. explain: each result's reasons, the three that count
        most, or so many; only parts above 0 are reasons. exclude, only and the answer's `recall` as in similar(). Raises as
        similar().
        """
        if (user is None) == (likes is None):
            raise InvalidArgumentError("recommend() takes either a user or likes", 'say user="…" or likes={…}')
        rules = self._rules(n, exclude, only, min_listeners, bool(include_seen))
        reasons = 3 if explain is True else 0 if explain is False else whole(explain, "explain")
        if likes is None:
            assert user is not None
            row_number = user_number(self._data, user, "interactions.user_ids")
            answer = _answer(self._engine.recommend(row_number, *rules))
            row = self.interactions.matrix[row_number] if reasons else None
            history = [] if row is None else list(zip(row.indices.tolist(), row.data.tolist()))
        else:
            history = self._history(likes)
            answer = _answer(self._engine.recommend_history(history, *rules))
        answer = self._explained(answer, history, reasons) if reasons else answer
        return _measured(answer, self._engine.recommend_index())

    def evaluate(
        self, test: Any, measures: Sequence[str] = ("ndcg@10", "recall@20"), *, resamples: int = 1000,
        confidence: float = 0.95, seed: int = 42, threads: int = 0, progress: ProgressOption = None,
    ) -> Evaluation:  # fmt: skip
        """How well held-out plays are found among all items but those that each user is known to have.

        test: Interactions, matched by ids, such as the second of Interactions.split(); or a users × items matrix in the
        model's numbers. measures: of docs/evaluation.md. resamples, confidence, seed: of the intervals; resamples=0: none.
        Raises ValueError for measures that there are not, or where nothing is held out; KeyboardInterrupt.
        """
        return evaluate(self, test, measures, resamples, confidence, seed, threads, progress)

    def save(self, path: PathLike) -> None:
        """Writes a .segue file, whole or not at all. Raises OSError."""
        self._engine.save(path_of(path))

    def _item(self, name: str) -> int:
        return item_number(self._data, name, self._engine.find(text(name, "the name of an item")), "interactions.titles")

    def _items(self, names: Sequence[str], argument: str) -> list[int]:
        if isinstance(names, str) or not isinstance(names, Iterable):
            shown = [names] if isinstance(names, str) else ["…"]
            raise WrongTypeError(f"{argument} is {names!r}", f"give a list of names: {shown!r}")
        return [self._item(name) for name in names]

    def _rules(
        self, n: int, exclude: Sequence[str], only: Optional[Sequence[str]], min_listeners: int, known: bool
    ) -> tuple[int, list[int], Optional[list[int]], int, bool]:
        """What similar() and recommend() have in common, as the engine takes it."""
        top = min(whole(n, "n", 1, 2**63), 2**32 - 1)
        allowed = None if only is None else self._items(only, "only")
        return top, self._items(exclude, "exclude"), allowed, whole(min_listeners, "min_listeners"), known

    def _history(self, likes: Union[Mapping[str, float], Sequence[str]]) -> list[tuple[int, float]]:
        """(item, plays) of what somebody likes."""
        if isinstance(likes, str):
            raise WrongTypeError(f"likes is {likes!r}", f"give a list of names, [{likes!r}], or names with plays")
        plays = likes if isinstance(likes, Mapping) else dict.fromkeys(likes, 1.0)
        for name, value in plays.items():
            if not math.isfinite(number(value, f"the plays of {name!r}")):
                raise InvalidArgumentError(f"the plays of {name!r} are {value!r}", "give a finite number")
        history = [(self._item(name), float(value)) for name, value in plays.items()]
        if not any(value > 0 for _, value in history):
            raise InvalidArgumentError("likes holds nothing that is liked", "give at least one item with plays above 0")
        return history

    def _explained(self, answer: Answer, history: list[tuple[int, float]], count: int) -> Answer:
        """The answer with the `count` largest parts of each score."""
        if self.card["model"] != "als":
            raise InvalidArgumentError(f"model {self.card['model']} cannot be explained", "explain a model of als")
        if self._gram is None:
            self._gram = _engine.item_gram(self._engine)
        data = self._data
        items = [item for item, _ in history]
        confidences = _engine.weigh_history(self._engine, items, [value for _, value in history])
        asked = [data.item(text(each.id, "id")) for each in answer]
        shares = parts(self.item_factors, self._gram, self.card, items, confidences, [i for i in asked if i is not None])
        explained = Answer()
        for each, row in zip(answer, shares):
            best = [j for j in np.argsort(-row, kind="stable")[:count] if row[j] > 0]
            explained.append(
                each._replace(
                    reasons=tuple(Reason(data.title(items[j]), float(row[j]), data.item_id(items[j])) for j in best)
                )
            )
        return explained

    def __repr__(self) -> str:
        card, factors = self.card, self.user_factors.shape[1]
        learned = f"{factors} factors" if factors else card["model"]
        return f"<segue.Model: {card['users']:,} users × {card['items']:,} items, {learned}>"

    def _repr_html_(self) -> str:
        card = self.card
        del card["sweeps"]
        return table_html(None, [(name, value) for name, value in card.items() if value != ""]) + _loss_plot(self.losses)


def _shown(title: str) -> str:
    """A title as it can be printed."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), title)


def _answer(rows: list[tuple[str, float, int, str]]) -> Answer:
    return Answer([Result(*row) for row in rows])


def _measured(answer: Answer, index: tuple[str, float, float, int]) -> Answer:
    """The answer with what is known of the index that gave it: nothing has to be said of exact ones."""
    known = Recall(*index)
    answer.recall = known if known.sample else None
    return answer


def _percent(share: float) -> str:
    """A share in percent, rounded, but never up to 100."""
    text = f"{100 * share:.1f}"
    return "99.9" if share < 1 and text == "100.0" else text


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
    data: Any, *, factors: Optional[int] = None, regularization: float = 0.0, iterations: int = 15, weighting: str = "bm25",
    alpha: float = 1.0, epsilon: float = 1.0, k1: float = 1.2, b: float = 0.75, solver: str = "auto", cg_steps: int = 3,
    seed: int = 42, precision: str = "auto", tolerance: float = 0.0, unobserved_weight: float = 0.0,
    regularization_exponent: float = 0.0, init: Optional[Model] = None, threads: int = 0,
    progress: ProgressOption = None, on_sweep: Optional[Callable[[int, float, float], Any]] = None,
) -> Model:  # fmt: skip
    """Weighs the plays and factorizes them by implicit alternating least squares.

    data: Interactions, or a users × items matrix of SciPy or NumPy. Options are those of `segue fit`, with its defaults
    (docs/defaults.md); regularization 0 is chosen in proportion to the data. init: an older model to go on from. factors:
    64, or as many as init has.
    on_sweep: called with (sweep from 1, seconds, loss). The same bits for any number of threads.

    Raises ValueError for options out of range, ArithmeticError where values stop being finite, KeyboardInterrupt; what
    a callback raises ends the training.
    """
    if isinstance(data, (str, os.PathLike)):
        raise InvalidArgumentError("data is a path, not interactions", "read it first: segue.fit(segue.read(path))")
    if init is not None and not isinstance(init, Model):
        raise InvalidArgumentError(f"init is no model but {type(init).__name__}", "open it first: init=segue.load(path)")
    if not isinstance(data, Interactions) and not is_matrix(data):
        raise no_interactions(data, "data")
    interactions = data if isinstance(data, Interactions) else from_csr(data)
    if factors is None:
        factors = 64 if init is None else init.item_factors.shape[1]
    else:
        factors = whole(factors, "factors", 1, MOST_FACTORS)
    options: dict[str, Any] = {
        "factors": factors, "regularization": regularization, "iterations": iterations, "weighting": weighting,
        "alpha": alpha, "epsilon": epsilon, "k1": k1, "b": b, "solver": solver, "cg_steps": cg_steps, "seed": seed,
        "precision": precision, "tolerance": tolerance, "unobserved_weight": unobserved_weight,
        "regularization_exponent": regularization_exponent,
    }  # fmt: skip
    for name, value in options.items():
        if name in ("iterations", "cg_steps"):
            options[name] = whole(value, name)
        elif name == "seed":
            options[name] = whole(value, name, 0, MOST_SEED)
        elif name in ("weighting", "solver", "precision"):
            options[name] = text(value, name)
        elif name != "factors":
            options[name] = number(value, name)
    report = interactions.report or {}
    counts = (report.get("rows_read", 0), report.get("rows_kept", 0))
    before = None if init is None else init._engine
    with Reporter(progress) as told:
        return Model(_engine.fit(interactions._engine, options, before, counts, threads_of(threads), told, on_sweep))


def load(
    path: PathLike, *, index: Optional[str] = None, recall: Optional[float] = None, trees: Optional[int] = None,
    threads: int = 0, progress: ProgressOption = None,
) -> Model:  # fmt: skip
    """Opens a .segue file by mapping it; every checksum is compared.

    index: how similar() searches: "exact", "ivf", "annoy" (a forest of so many trees, 25 where nothing is said) or "auto";
    None: as the file says, else exactly. recall: of the true 10 nearest, above 0 to 1; alone, the fastest index that reaches it. An index that is
    asked for and that the file does not hold is made now.

    Raises FileNotFoundError, OSError, ValueError for an index that there is not, or that cannot be; KeyboardInterrupt.
    """
    kind = b"" if index is None else text(index, "index")
    wanted = 0.0 if recall is None else number(recall, "recall")
    if recall is not None and not 0 < wanted <= 1:
        raise InvalidArgumentError(f"a recall of {recall} was asked for", "ask for more than 0 and at most 1")
    forest = 25 if trees is None else whole(trees, "trees", 1, 2**20)
    if trees is not None and index != "annoy":
        raise InvalidArgumentError(f"trees is {trees}, and index is {index!r}", 'say index="annoy", or leave trees out')
    with Reporter(progress) as told:
        return Model(_engine.open(path_of(path), threads_of(threads), kind, wanted, forest, told))
