"""implicit's AlternatingLeastSquares over segue's trainer and exact search.

    from segue.als import AlternatingLeastSquares   # was: from implicit.als import AlternatingLeastSquares

Names, parameters, defaults, shapes and errors are those of implicit 0.7.3 on the CPU; docs/python-compatibility.md lists
what differs. Training and search compute in float32, also where the factors are kept as float64.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np
from scipy.sparse import csr_matrix

from . import _engine
from ._factorization import MatrixFactorizationBase
from .recommender_base import ModelFitError
from .utils import canonical, check_csr, check_no_gpu, check_random_state, nonzeros

#: What stands for a regularization of 0, which has the engine choose one: far below what factors that start at 0.01 have.
_LEAST_REGULARIZATION = 1e-10
#: Rows whose cells are looked at together by calculate_loss().
_ROWS_AT_ONCE = 10000


class AlternatingLeastSquares(MatrixFactorizationBase):
    """Implicit ALS (Hu, Koren & Volinsky 2008): values of the matrix, times alpha, are the confidences.

    user_factors and item_factors, [users × factors] and [items × factors], are read-only arrays, None before fit():
    assign another array to change them.
    """

    _saved = (
        "regularization", "factors", "num_threads", "iterations", "use_native", "use_cg", "cg_steps",
        "calculate_training_loss", "random_state", "alpha",
    )  # fmt: skip

    def __init__(
        self, factors: int = 100, regularization: float = 0.01, alpha: float = 1.0, dtype: Any = np.float32,
        use_native: bool = True, use_cg: bool = True, use_gpu: bool = False, iterations: int = 15,
        calculate_training_loss: bool = False, num_threads: int = 0, random_state: Any = None,
    ) -> None:  # fmt: skip
        check_no_gpu(use_gpu)
        super().__init__(dtype, iterations, num_threads, random_state)
        self.factors = factors
        self.regularization = regularization
        self.alpha = alpha
        self.use_native = use_native
        self.use_cg = use_cg
        self.calculate_training_loss = calculate_training_loss
        self.fit_callback: Optional[Callable[..., Any]] = None
        self.cg_steps = 3

    @property
    def YtY(self) -> Any:
        return self._make("item", "gram", lambda table: table.T.dot(table))

    @property
    def XtX(self) -> Any:
        return self._make("user", "gram", lambda table: table.T.dot(table))

    # ---- training ---------------------------------------------------------------------------------------------------
    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        """Trains on a users × items matrix of confidences; a negative one is a dislike. Goes on from factors that are
        there.

        callback: called with (iteration from 0, seconds, loss or None) after each iteration; what it raises ends the
        training and leaves the model as it was. Raises ModelFitError where values are or become no numbers.
        """
        weights = canonical(self._weighted(check_csr(user_items)))
        users, items = weights.shape
        start = self._start(users, items)
        told = callback or self.fit_callback

        def shown(loss: float) -> Optional[float]:
            return loss if self.calculate_training_loss else None

        def tell(sweep: int, seconds: float, loss: float) -> None:
            if told is not None:
                told(sweep, seconds, shown(loss))

        self._train(
            lambda on_sweep: _engine.train_from(
                items, weights.indptr, weights.indices, weights.data, *start, self._regularization(), self.iterations,
                not self.use_cg, self.cg_steps, self.num_threads, on_sweep,
            ),
            show_progress, tell, shown,
        )  # fmt: skip

    def _start(self, users: int, items: int) -> tuple[Any, Any]:
        """The factors that are there, or random ones, drawn as implicit draws them."""
        self._check_start(users, items)
        generator = check_random_state(self.random_state)
        tables = []
        for side, size in (("user", users), ("item", items)):
            table = self._tables[side]
            if table is None:
                table = generator.random((size, self.factors), dtype=self.dtype.type)
                table *= 0.01
            tables.append(table)
        return tables[0], tables[1]

    def _weighted(self, matrix: csr_matrix) -> csr_matrix:
        weighted = matrix.astype(np.float32, copy=False)
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
        table = self._table(other)
        count = 1 if np.isscalar(ids) else len(ids)
        if rows.shape[0] != count:
            raise ValueError(f"{name} must contain 1 row for every one of the {count} ids, and has {rows.shape[0]}")
        self._check_columns(other, rows, name)
        weights = canonical(self._weighted(check_csr(rows)))
        vectors = _engine.fold_in_rows(
            table, weights.indptr, weights.indices, weights.data, self._regularization(), self.num_threads
        ).astype(self.dtype, copy=False)
        return vectors[0] if np.isscalar(ids) else vectors

    def partial_fit_users(self, userids: Any, user_items: Any) -> None:
        """Stores recalculate_user() of these users; new ones may be among them."""
        self._partial_fit("user", userids, self.recalculate_user(np.asarray(userids), user_items))

    def partial_fit_items(self, itemids: Any, item_users: Any) -> None:
        """Stores recalculate_item() of these items; new ones may be among them."""
        self._partial_fit("item", itemids, self.recalculate_item(np.asarray(itemids), item_users))

    def _partial_fit(self, side: str, ids: Any, vectors: Any) -> None:
        old = self._table(side)
        ids = np.asarray(ids)
        if len(ids) and ids.min() < 0:
            raise IndexError(f"the {side} id {ids.min()} is negative")
        table = np.zeros((max(len(old), int(ids.max(initial=-1)) + 1), old.shape[1]), dtype=self.dtype)
        table[: len(old)] = old
        table[ids] = vectors
        self._set(side, table)

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
        items = self._table("item")
        if user_weights is None:
            known = weights.indices[weights.indptr[row] : weights.indptr[row + 1]]
            excess = np.abs(weights.data[weights.indptr[row] : weights.indptr[row + 1]]) - 1
            system = self.YtY + self._regularization() * np.eye(items.shape[1]) + (items[known].T * excess) @ items[known]
            user_weights = cho_factor(system)
        weighted = cho_solve(user_weights, items[itemid])
        parts = [(int(i), float(weighted.dot(items[i]) * c)) for i, c in nonzeros(weights, row) if c > 0]
        parts.sort(key=lambda part: part[1], reverse=True)
        return sum(score for _, score in parts), parts[:N], user_weights


def calculate_loss(Cui: Any, X: Any, Y: Any, regularization: float, num_threads: int = 0) -> float:
    """The loss of factors X and Y on a users × items matrix of confidences: (Σ over all pairs c (p - x·y)² + regularization
    (Σ|x|² + Σ|y|²)) / Σ c. What fit() tells its callback. Computed in double; num_threads is taken and changes nothing."""
    weights = canonical(check_csr(Cui))
    users, items = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
    loss = regularization * ((users**2).sum() + (items**2).sum()) + ((users @ (items.T @ items)) * users).sum()
    total = float(weights.shape[0] * weights.shape[1] - weights.nnz)
    for first in range(0, weights.shape[0], _ROWS_AT_ONCE):
        cells = weights[first : first + _ROWS_AT_ONCE].tocoo()
        confidence = np.abs(cells.data.astype(np.float64))
        score = np.einsum("ij,ij->i", users[first + cells.row], items[cells.col])
        liked = cells.data > 0
        loss += (confidence * (liked - score) ** 2 - score**2).sum()
        total += confidence.sum()
    return float(loss / total)
