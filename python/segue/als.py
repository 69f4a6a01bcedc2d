"""implicit's AlternatingLeastSquares over segue's trainer and exact search.

    from segue.als import AlternatingLeastSquares   # was: from implicit.als import AlternatingLeastSquares

Names, parameters, defaults, shapes and errors are those of implicit 0.7.3 on the CPU; docs/python-compatibility.md lists
what differs. Training and search compute in float32, also where the factors are kept as float64.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

import numpy as np
from scipy.sparse import csr_matrix

from . import _engine
from ._progress import Reporter
from .errors import NumericalError
from .recommender_base import ModelFitError, RecommenderBase
from .utils import check_csr, check_no_gpu, check_random_state, nonzeros

#: What stands for a regularization of 0: the engine's equations must stay positive definite.
_LEAST_REGULARIZATION = 1e-6
#: Norms of zero vectors, so that nothing is divided by 0.
_LEAST_NORM = 1e-10


class AlternatingLeastSquares(RecommenderBase):
    """Implicit ALS (Hu, Koren & Volinsky 2008): values of the matrix, times alpha, are the confidences.

    user_factors and item_factors, [users × factors] and [items × factors], are read-only arrays, None before fit():
    assign another array to change them.
    """

    def __init__(
        self, factors: int = 100, regularization: float = 0.01, alpha: float = 1.0, dtype: Any = np.float32,
        use_native: bool = True, use_cg: bool = True, use_gpu: bool = False, iterations: int = 15,
        calculate_training_loss: bool = False, num_threads: int = 0, random_state: Any = None,
    ) -> None:  # fmt: skip
        check_no_gpu(use_gpu)
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"Invalid dtype {self.dtype} for ALS: use float32 or float64")
        self.factors = factors
        self.regularization = regularization
        self.alpha = alpha
        self.use_native = use_native
        self.use_cg = use_cg
        self.iterations = iterations
        self.calculate_training_loss = calculate_training_loss
        self.num_threads = num_threads
        self.random_state = random_state
        self.fit_callback: Optional[Callable[..., Any]] = None
        self.cg_steps = 3
        self._tables: dict[str, Any] = {"user": None, "item": None}
        self._made: dict[tuple[str, str], Any] = {}  # indexes, norms and products, by side

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

    def _make(self, side: str, what: str, make: Callable[[Any], Any]) -> Any:
        """Something made of a side's factors, once."""
        if (side, what) not in self._made:
            if self._tables[side] is None:
                raise ValueError("the model has no factors yet: call fit() first")
            self._made[side, what] = make(self._tables[side])
        return self._made[side, what]

    @property
    def YtY(self) -> Any:
        return self._make("item", "product", lambda table: table.T.dot(table))

    @property
    def XtX(self) -> Any:
        return self._make("user", "product", lambda table: table.T.dot(table))

    @property
    def item_norms(self) -> Any:
        return self._make("item", "norms", _norms)

    @property
    def user_norms(self) -> Any:
        return self._make("user", "norms", _norms)

    # ---- training ---------------------------------------------------------------------------------------------------
    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        """Trains on a users × items matrix of confidences; a negative one is a dislike. Goes on from factors that are
        there.

        callback: called with (iteration from 0, seconds, loss or None) after each iteration; what it raises ends the
        training and leaves the model as it was. Raises ModelFitError where values are or become no numbers.
        """
        weights = _canonical(self._weighted(check_csr(user_items)))
        users, items = weights.shape
        start = self._start(users, items)
        told = callback or self.fit_callback
        with Reporter(None if show_progress else False) as draw:

            def on_sweep(sweep: int, seconds: float, loss: float) -> None:
                shown = loss if self.calculate_training_loss else None
                if draw is not None:
                    draw("training", sweep, self.iterations, "iterations", shown, time.time() - begin)
                if told is not None:
                    told(sweep - 1, seconds, shown)

            begin = time.time()
            try:
                trained = _engine.train_from(
                    items, weights.indptr, weights.indices, weights.data, *start, self._regularization(),
                    self.iterations, not self.use_cg, self.cg_steps, self.num_threads, on_sweep,
                )  # fmt: skip
            except NumericalError as error:
                raise ModelFitError(f"NaN encountered in factors: {error.problem}") from error
        self.user_factors, self.item_factors = (table.astype(self.dtype, copy=False) for table in trained)

    def _start(self, users: int, items: int) -> tuple[Any, Any]:
        """The factors that are there, or random ones, drawn as implicit draws them."""
        generator = check_random_state(self.random_state)
        for side, size in (("user", users), ("item", items)):
            table = self._tables[side]
            if table is not None and table.shape != (size, self.factors):
                raise ValueError(
                    f"user_items is {users:,} × {items:,}, and the model has {side}_factors of {table.shape}: give users × "
                    "items of the first fit, or a new model"
                )
        return tuple(
            generator.random((size, self.factors), dtype=self.dtype.type) * 0.01 if self._tables[side] is None
            else self._tables[side]
            for side, size in (("user", users), ("item", items))
        )  # type: ignore[return-value]  # fmt: skip

    def _weighted(self, matrix: csr_matrix) -> csr_matrix:
        weighted = matrix.astype(np.float32)
        if self.alpha != 1.0:
            weighted = weighted * np.float32(self.alpha)
        if not np.isfinite(weighted.data).all():
            raise ModelFitError("NaN encountered: the matrix holds values that are not finite")
        return weighted

    def _regularization(self) -> float:
        return self.regularization if self.regularization != 0 else _LEAST_REGULARIZATION

    def recalculate_user(self, userid: Any, user_items: Any) -> Any:
        """The exact factors of users, [users × factors], with a row of user_items each; nothing is stored."""
        return self._recalculate("item", userid, user_items, "user_items")

    def recalculate_item(self, itemid: Any, item_users: Any) -> Any:
        """The exact factors of items, with a row of item_users each; nothing is stored."""
        return self._recalculate("user", itemid, item_users, "item_users")

    def _recalculate(self, other: str, ids: Any, rows: Any, name: str) -> Any:
        table = self._tables[other]
        count = 1 if np.isscalar(ids) else len(ids)
        if rows.shape[0] != count:
            raise ValueError(f"{name} must contain 1 row for every one of the {count} ids, and has {rows.shape[0]}")
        self._check_columns(other, rows, name)
        weights = _canonical(self._weighted(check_csr(rows)))
        vectors = _engine.fold_in_rows(
            table, weights.indptr, weights.indices, weights.data, self._regularization(), self.num_threads
        ).astype(self.dtype, copy=False)
        return vectors[0] if np.isscalar(ids) else vectors

    def _check_columns(self, other: str, rows: Any, name: str) -> None:
        """A matrix the wrong way round is told, where its shape tells it."""
        this = "item" if other == "user" else "user"
        columns, wanted = rows.shape[1], len(self._tables[other])
        turned = self._tables[this] is not None and columns == len(self._tables[this]) != wanted
        if columns > wanted or turned:
            raise ValueError(
                f"{name} has {columns:,} columns, and the model {wanted:,} {other}s: {name} must be {this}s × {other}s"
                + (", and seems to be transposed" if turned else "")
            )

    def partial_fit_users(self, userids: Any, user_items: Any) -> None:
        """Stores recalculate_user() of these users; new ones may be among them."""
        self._partial_fit("user", userids, self.recalculate_user(np.asarray(userids), user_items))

    def partial_fit_items(self, itemids: Any, item_users: Any) -> None:
        """Stores recalculate_item() of these items; new ones may be among them."""
        self._partial_fit("item", itemids, self.recalculate_item(np.asarray(itemids), item_users))

    def _partial_fit(self, side: str, ids: Any, vectors: Any) -> None:
        old = self._tables[side]
        ids = np.asarray(ids)
        if len(ids) and ids.min() < 0:
            raise IndexError(f"the {side} id {ids.min()} is negative")
        table = np.zeros((max(len(old), int(ids.max(initial=-1)) + 1), old.shape[1]), dtype=self.dtype)
        table[: len(old)] = old
        table[ids] = vectors
        self._set(side, table)

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
        query = self.recalculate_user(userid, user_items) if recalculate_user else self.user_factors[userid]
        liked = user_items if filter_already_liked_items else None
        return self._search("item", "product", query, N, liked, filter_items, items, "items")

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of the N items most like one, by cosine, the item itself first. Arrays as in recommend()."""
        query = self.recalculate_item(itemid, item_users) if recalculate_item else self.item_factors[itemid]
        return self._search("item", "cosine", query, N, None, filter_items, items, "items")

    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None) -> tuple[Any, Any]:
        """(ids, scores) of the N users most like one, by cosine, the user itself first."""
        return self._search("user", "cosine", self.user_factors[userid], N, None, filter_users, users, "users")

    def _search(
        self, side: str, metric: str, query: Any, N: int, liked: Any, filtered: Any, only: Any, name: str
    ) -> tuple[Any, Any]:
        size = len(self._tables[side])
        denied = _ids(filtered, size, f"filter_{name}")
        allowed = None
        if only is not None:
            if len(denied):
                raise ValueError(f"Can't set both {name} and filter_{name} in one call")
            allowed = _ids(only, size, name)
        index = self._make(side, metric, lambda table: _engine.ExactIndex(table, metric == "cosine"))
        pointers, known = np.empty(0, np.int64), np.empty(0, np.uint32)
        if liked is not None:
            liked = _canonical(liked)
            pointers, known = liked.indptr, liked.indices
        ids, scores = index.search(
            np.atleast_2d(query), N, pointers, known, denied, allowed, self.num_threads
        )
        for row in np.flatnonzero((ids == -1).any(axis=1)):
            found = int((ids[row] != -1).sum())
            candidates = np.arange(size) if allowed is None else allowed
            rest = np.setdiff1d(candidates, ids[row, :found])[: N - found]
            ids[row, found : found + len(rest)] = rest
        scores = scores.astype(self.dtype, copy=False)
        return (ids[0], scores[0]) if query.ndim == 1 else (ids, scores)

    def explain(
        self, userid: int, user_items: Any, itemid: int, user_weights: Any = None, N: int = 10
    ) -> tuple[float, list[tuple[int, float]], Any]:
        """(score of the item, its N largest (liked item, part of the score), user_weights).

        user_items: the whole matrix, or the user's row alone. user_weights: of an earlier call for this user, which
        saves its factorization. Section 5 of Hu, Koren & Volinsky.
        """
        from scipy.linalg import cho_factor, cho_solve

        self._check_columns("item", user_items, "user_items")
        weights = self._weighted(check_csr(user_items))
        row = 0 if weights.shape[0] == 1 else userid
        items = self.item_factors
        if user_weights is None:
            known = weights.indices[weights.indptr[row] : weights.indptr[row + 1]]
            excess = np.abs(weights.data[weights.indptr[row] : weights.indptr[row + 1]]) - 1
            system = self.YtY + self._regularization() * np.eye(items.shape[1]) + (items[known].T * excess) @ items[known]
            user_weights = cho_factor(system)
        weighted = cho_solve(user_weights, items[itemid])
        parts = [(int(i), float(weighted.dot(items[i]) * c)) for i, c in nonzeros(weights, row) if c > 0]
        parts.sort(key=lambda part: part[1], reverse=True)
        return sum(score for _, score in parts), parts[:N], user_weights

    # ---- files ------------------------------------------------------------------------------------------------------
    def save(self, file: Any) -> None:
        named = {
            name: getattr(self, name)
            for name in (
                "user_factors", "item_factors", "regularization", "factors", "num_threads", "iterations", "use_native",
                "use_cg", "cg_steps", "calculate_training_loss", "random_state", "alpha",
            )
        }  # fmt: skip
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


def _canonical(matrix: csr_matrix) -> csr_matrix:
    """Columns ascending, each once."""
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix


def _ids(given: Any, size: int, name: str) -> Any:
    """Ascending, each once. Raises IndexError for ids that the model does not have."""
    ids = np.unique(np.asarray([] if given is None else given, dtype=np.int64))
    if len(ids) and (ids[0] < 0 or ids[-1] >= size):
        raise IndexError(f"Some ids of {name} are not in the model: it has {size:,}")
    return ids.astype(np.uint32)
