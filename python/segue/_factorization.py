"""What models of user and item factors with implicit's face have in common: answers by exact search over the factors."""

from __future__ import annotations

import time
import warnings
from typing import Any, Callable, Optional

import numpy as np
from scipy.sparse import csr_matrix

from . import _engine
from ._checks import MOST_FACTORS, MOST_GRADIENT_FACTORS, whole
from ._progress import Reporter
from .errors import NumericalError
from .recommender_base import ModelFitError, RecommenderBase
from .utils import canonical

#: Norms of zero vectors, so that nothing is divided by 0.
_LEAST_NORM = 1e-10


class MatrixFactorizationBase(RecommenderBase):
    """user_factors and item_factors, [users × factors] and [items × factors], are read-only arrays, None before fit(): assign
    another array to change them."""

    factors: int
    #: Columns beside the factors, for biases.
    _biases = 0
    #: Names of what save() keeps beside the factors.
    _saved: tuple[str, ...] = ()

    def __init__(self, dtype: Any, iterations: int, num_threads: int, random_state: Any) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"Invalid dtype {self.dtype} for {type(self).__name__}: use float32 or float64")
        self.iterations = iterations
        self.num_threads = num_threads
        self.random_state = random_state
        self._tables: dict[str, Any] = {"user": None, "item": None}
        self._made: dict[tuple[str, str], Any] = {}  # indexes, norms and gram matrices, by side
        self._fitted: dict[str, int] = {}  # how many there were in the last fit, by side: partial_fit() adds to them

    # ---- factors ----------------------------------------------------------------------------------------------------
    @property
    def user_factors(self) -> Any:
        return self._tables["user"]

    @user_factors.setter
    def user_factors(self, table: Any) -> None:
        self._set("user", table)

    @property
    def item_factors(self) -> Any:
        return self._tables["item"]

    @item_factors.setter
    def item_factors(self, table: Any) -> None:
        self._set("item", table)

    def _set(self, side: str, table: Any) -> None:
        if table is not None:
            table = np.asarray(table).view()
            table.flags.writeable = False
        self._tables[side] = table
        self._made = {key: value for key, value in self._made.items() if key[0] != side}

    def _table(self, side: str) -> Any:
        """The factors of a side. Raises ValueError before fit()."""
        if self._tables[side] is None:
            raise ValueError("the model has no factors yet: call fit() first")
        return self._tables[side]

    def _make(self, side: str, what: str, make: Callable[[Any], Any]) -> Any:
        """Something made of a side's factors, once."""
        if (side, what) not in self._made:
            self._made[side, what] = make(self._table(side))
        return self._made[side, what]

    @property
    def item_norms(self) -> Any:
        return self._make("item", "norms", _norms)

    @property
    def user_norms(self) -> Any:
        return self._make("user", "norms", _norms)

    # ---- training ---------------------------------------------------------------------------------------------------
    def _check_start(self, users: int, items: int) -> None:
        """The numbers of factors and iterations are possible, and factors that are there are of this matrix. Nothing is drawn
        before."""
        whole(self.iterations, "iterations")
        whole(self.factors, "factors", 1, MOST_GRADIENT_FACTORS if self._biases else MOST_FACTORS)
        for side, size in (("user", users), ("item", items)):
            table = self._tables[side]
            if table is not None and table.shape != (size, self.factors + self._biases):
                raise ValueError(
                    f"user_items is {users:,} × {items:,}, and the model has {side}_factors of {table.shape}: give users × "
                    "items of the first fit, or a new model"
                )

    def _train(
        self, work: Callable[[Callable[..., None]], tuple[Any, Any]], show_progress: bool,
        told: Callable[[int, float, float], Any], shown: Callable[[float], Optional[float]],
    ) -> None:  # fmt: skip
        """Stores what work(on_sweep) gives. told: called with (iteration from 0, seconds, loss). shown: the loss that
        progress shows. What raises leaves the model as it was."""
        begin = time.time()
        with Reporter(None if show_progress else False) as draw:

            def on_sweep(sweep: int, seconds: float, loss: float) -> None:
                if draw is not None:
                    draw("training", sweep, self.iterations, "iterations", shown(loss), time.time() - begin)
                told(sweep - 1, seconds, loss)

            try:
                trained = work(on_sweep)
            except NumericalError as error:
                raise ModelFitError(f"NaN encountered in factors: {error.problem}") from error
        self.user_factors, self.item_factors = (table.astype(self.dtype, copy=False) for table in trained)
        self._fitted = {side: len(table) for side, table in self._tables.items()}

    def recalculate_user(self, userid: Any, user_items: Any) -> Any:
        raise NotImplementedError(f"recalculate_user isn't there for {type(self).__name__}: fit again")

    def recalculate_item(self, itemid: Any, item_users: Any) -> Any:
        raise NotImplementedError(f"recalculate_item isn't there for {type(self).__name__}: fit again")

    def _check_columns(self, other: str, rows: Any, name: str) -> None:
        """A matrix the wrong way round is told, where its shape tells it."""
        this = "item" if other == "user" else "user"
        columns, wanted = rows.shape[1], len(self._table(other))
        ours = (wanted, self._fitted.get(other))
        turned = self._tables[this] is not None and columns == len(self._tables[this]) and columns not in ours
        if columns > wanted or turned:
            raise ValueError(
                f"{name} has {columns:,} columns, and the model {wanted:,} {other}s: {name} must be {this}s × {other}s"
                + (", and seems to be transposed" if turned else "")
            )

    # ---- answers ----------------------------------------------------------------------------------------------------
    def recommend(
        self, userid: Any, user_items: Any, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None, recalculate_user: bool = False, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of the N best items by inner product, best first: [N], or [users × N] for an array of users.

        user_items has one row per requested user. Items that are filtered fill up the end with the smallest float as
        their score; where there are no more items at all the id is -1.
        """
        if filter_already_liked_items or recalculate_user:
            if not isinstance(user_items, csr_matrix):
                raise ValueError("user_items needs to be a CSR sparse matrix")
            count = 1 if np.isscalar(userid) else len(userid)
            if user_items.shape[0] != count:
                raise ValueError("user_items must contain 1 row for every user in userids")
            self._check_columns("item", user_items, "user_items")
        if items is not None:
            N = min(N, len(items))
        query = self.recalculate_user(userid, user_items) if recalculate_user else self._table("user")[userid]
        liked = user_items if filter_already_liked_items else None
        return self._search("item", "product", query, N, liked, filter_items, items, "items")

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of the N items most like one, by cosine, the item itself first. Arrays as in recommend()."""
        query = self.recalculate_item(itemid, item_users) if recalculate_item else self._table("item")[itemid]
        return self._search("item", "cosine", query, N, None, filter_items, items, "items")

    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None) -> tuple[Any, Any]:
        """(ids, scores) of the N users most like one, by cosine, the user itself first."""
        return self._search("user", "cosine", self._table("user")[userid], N, None, filter_users, users, "users")

    def _cosines(self, table: Any) -> Any:
        """An index in which what has no factors is like nothing: an item that nobody has, whose bias alone is something."""
        if self._biases:
            nothing = ~table[:, : table.shape[1] - self._biases].any(axis=1)
            table = np.where(nothing[:, None], 0, table)
        return _engine.ExactIndex(table, True)

    def _search(
        self, side: str, metric: str, query: Any, N: int, liked: Any, filtered: Any, only: Any, name: str
    ) -> tuple[Any, Any]:
        size = len(self._table(side))
        N = whole(N, "N")
        denied = None if filtered is None else _ids(filtered, size, f"filter_{name}")
        allowed = None
        if only is not None:
            if denied is not None and len(denied):
                raise ValueError(f"Can't set both {name} and filter_{name} in one call")
            allowed = _ids(only, size, name)
        index = self._made.get((side, metric)) or self._make(side, metric, self._cosines if metric == "cosine" else _products)
        pointers = known = None
        if liked is not None:
            liked = canonical(liked)
            pointers, known = liked.indptr, liked.indices
        ids, scores = index.search(query, N, pointers, known, denied, allowed, self.num_threads)
        return ids, scores if self.dtype == np.float32 else scores.astype(self.dtype)

    def recommend_all(
        self, user_items: Any, N: int = 10, recalculate_user: bool = False, filter_already_liked_items: bool = True,
        filter_items: Any = None, users_items_offset: int = 0,
    ) -> Any:  # fmt: skip
        """The ids of recommend() for the users from users_items_offset on, one per row of user_items."""
        warnings.warn(
            "recommend_all is deprecated. Use recommend with an array of userids instead", DeprecationWarning, stacklevel=2
        )
        users = np.arange(user_items.shape[0]) + users_items_offset
        return self.recommend(users, user_items, N, filter_already_liked_items, filter_items, recalculate_user)[0]

    def to_gpu(self) -> Any:
        raise ValueError("segue computes on the CPU only")

    # ---- files ------------------------------------------------------------------------------------------------------
    def save(self, file: Any) -> None:
        """Writes the model as .npz, in implicit's layout."""
        named = {name: getattr(self, name) for name in ("user_factors", "item_factors", *self._saved)}
        kept = {name: value for name, value in named.items() if value is not None}
        np.savez(file, dtype=self.dtype.name, **kept)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for side in ("user", "item"):
            self._set(side, self._tables[side])


def _norms(table: Any) -> Any:
    norms = np.linalg.norm(table, axis=-1)
    norms[norms == 0] = _LEAST_NORM
    return norms


def _products(table: Any) -> Any:
    return _engine.ExactIndex(table, False)


def _ids(given: Any, size: int, name: str) -> Any:
    """Ascending, each once. Raises IndexError for ids that the model does not have."""
    ids = np.unique(np.asarray(given, dtype=np.int64))
    if len(ids) and (ids[0] < 0 or ids[-1] >= size):
        raise IndexError(f"Some ids of {name} are not in the model: it has {size:,}")
    return ids.astype(np.uint32)
