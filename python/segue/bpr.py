"""implicit's BayesianPersonalizedRanking over segue's trainer.

    from segue.bpr import BayesianPersonalizedRanking   # was: from implicit.bpr import BayesianPersonalizedRanking

Names, parameters, defaults, the start and the layout of the factors are those of implicit 0.7.3 on the CPU. Steps come in another
order, which makes the factors the same for any number of threads (docs/algorithms.md), so they agree in what they are good for and
not in their digits.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Optional

import numpy as np

from . import _engine
from ._factorization import MatrixFactorizationBase
from .utils import canonical, check_csr, check_no_gpu, check_random_state, rows_with_cells


class BayesianPersonalizedRanking(MatrixFactorizationBase):
    """BPR (Rendle et al. 2009): what a user has shall score above what they have not. Values only say what is there.

    user_factors and item_factors have a column beside the factors: 1 for users, the bias for items.
    """

    _biases = 1
    _saved = (
        "regularization", "factors", "learning_rate", "verify_negative_samples", "num_threads", "iterations", "random_state",
    )  # fmt: skip

    def __init__(
        self, factors: int = 100, learning_rate: float = 0.01, regularization: float = 0.01, dtype: Any = np.float32,
        iterations: int = 100, use_gpu: bool = False, num_threads: int = 0, verify_negative_samples: bool = True,
        random_state: Any = None,
    ) -> None:  # fmt: skip
        check_no_gpu(use_gpu)
        super().__init__(dtype, iterations, num_threads, random_state)
        self.factors = factors
        self.learning_rate = learning_rate
        self.regularization = regularization
        self.verify_negative_samples = verify_negative_samples

    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        """Trains on a users × items matrix. Goes on from factors that are there.

        callback: called with (iteration from 0, seconds, not a number, 0) after each iteration: how many pairs were right
        is not counted, and none are skipped, since what a user has is not drawn. Raises ModelFitError.
        """
        cells = canonical(check_csr(user_items).astype(np.float32))
        users, items = cells.shape
        self._check_start(users, items)
        generator = check_random_state(self.random_state)
        # Items first: the order in which implicit draws.
        item_start = self._start("item", rows_with_cells(cells.T.tocsr()), generator)
        user_start = self._start("user", rows_with_cells(cells), generator)
        seed = int(generator.integers(0, 2**31))

        def tell(iteration: int, seconds: float, loss: float) -> None:
            if callback is not None:
                callback(iteration, seconds, math.nan, 0)

        def work(on_sweep: Callable[..., None]) -> tuple[Any, Any]:
            return _engine.train_bpr_from(
                items, cells.indptr, cells.indices, np.ones_like(cells.data), user_start, item_start, self.learning_rate,
                self.regularization, self.iterations, self.verify_negative_samples, seed, self.num_threads, on_sweep,
            )  # fmt: skip

        self._train(work, show_progress, tell, lambda loss: loss)

    def _start(self, side: str, there: Any, generator: np.random.Generator) -> Any:
        """The factors that are there, or random ones; none for whom nothing is known of."""
        if self._tables[side] is not None:
            return self._tables[side]
        start: Any = (generator.random((len(there), self.factors + 1), dtype=self.dtype.type) - 0.5) / self.factors
        start[~there] = 0
        if side == "user":
            start[:, self.factors] = 1
        return start
