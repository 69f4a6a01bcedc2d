"""implicit's LogisticMatrixFactorization over segue's trainer.

    from segue.lmf import LogisticMatrixFactorization   # was: from implicit.lmf import LogisticMatrixFactorization

Names, parameters, defaults, the start and the layout of the factors are those of implicit 0.7.3 on the CPU; what is drawn comes from
another generator, and is the same for any number of threads.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from . import _engine
from ._factorization import MatrixFactorizationBase
from .utils import canonical, check_csr, check_no_gpu, check_random_state, rows_with_cells


class LogisticMatrixFactorization(MatrixFactorizationBase):
    """Logistic matrix factorization (Johnson 2014): values of the matrix say how often a pair counts.

    user_factors and item_factors have two columns beside the factors: (1, bias) for users and (bias, 1) for items.
    """

    _biases = 2
    _saved = (
        "regularization", "factors", "learning_rate", "neg_prop", "num_threads", "iterations", "random_state",
    )  # fmt: skip

    def __init__(
        self, factors: int = 30, learning_rate: float = 1.0, regularization: float = 0.6, dtype: Any = np.float32,
        iterations: int = 30, neg_prop: int = 30, use_gpu: bool = False, num_threads: int = 0, random_state: Any = None,
    ) -> None:  # fmt: skip
        check_no_gpu(use_gpu)
        super().__init__(dtype, iterations, num_threads, random_state)
        self.factors = factors
        self.learning_rate = learning_rate
        self.regularization = regularization
        self.neg_prop = neg_prop

    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        """Trains on a users × items matrix of weights; those that are not above 0 count as absent. Goes on from factors that
        are there, with AdaGrad's memory empty.

        callback: called with (iteration from 0, seconds) after each iteration. Raises ModelFitError.
        """
        cells = canonical(check_csr(user_items).astype(np.float32))
        users, items = cells.shape
        self._check_start(users, items)
        generator = check_random_state(self.random_state)
        # Items first: the order in which implicit draws.
        item_start = self._start("item", rows_with_cells(cells.T.tocsr()), generator)
        user_start = self._start("user", rows_with_cells(cells), generator)
        seed = int(generator.integers(0, 2**31))

        def work(on_sweep: Callable[..., None]) -> tuple[Any, Any]:
            trained = _engine.train_lmf_from(
                items, cells.indptr, cells.indices, cells.data, _turned(user_start), _turned(item_start),
                self.learning_rate, self.regularization, self.iterations, self.neg_prop, seed, self.num_threads, on_sweep,
            )  # fmt: skip
            return _turned(trained[0]), _turned(trained[1])

        def tell(iteration: int, seconds: float, loss: float) -> None:
            if callback is not None:
                callback(iteration, seconds)

        self._train(work, show_progress, tell, lambda loss: loss)

    def _start(self, side: str, there: Any, generator: np.random.Generator) -> Any:
        """The factors that are there, or random ones; none for whom nothing is known of."""
        if self._tables[side] is not None:
            return self._tables[side]
        start: Any = generator.standard_normal((len(there), self.factors + 2), dtype=np.float32)
        start[:, -1 if side == "item" else -2] = 1
        start[~there] = 0
        return start


def _turned(table: Any) -> Any:
    """The last two columns in turn: the engine has (bias, 1) for users and (1, bias) for items."""
    return np.concatenate([table[:, :-2], table[:, -1:], table[:, -2:-1]], axis=1)
