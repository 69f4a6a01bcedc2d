"""Splits and ranking metrics with implicit's names.

"precision" divides by the number of hits that were possible, Σ min(K, items held out), as implicit does. Users without
held-out items are left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from ._checks import check_format
from .utils import check_random_state

_USERS_AT_ONCE = 1000


def train_test_split(ratings: Any, train_percentage: float = 0.8, random_state: Any = None) -> tuple[Any, Any]:
    """(train, test): each stored cell falls to train with this probability. Negative values are never tested on."""
    cells = _cells(ratings)
    in_train = check_random_state(random_state).random(len(cells.data)) < train_percentage
    train, test = _part(cells, in_train), _part(cells, ~in_train)
    test.data[test.data < 0] = 0
    test.eliminate_zeros()
    return train, test


def leave_k_out_split(
    ratings: Any, K: int = 1, train_only_size: float = 0.0, random_state: Any = None
) -> tuple[Any, Any]:
    """(train, test): of every user with more than K + 1 cells K are drawn for test.

    train_only_size: a share of the users that is kept out of test.
    """
    if K < 1:
        raise ValueError("The 'K' must be >= 1.")
    if not 0.0 <= train_only_size < 1.0:
        raise ValueError("The 'train_only_size' must be in the range (0.0 <= x < 1.0).")
    generator = check_random_state(random_state)
    cells = _cells(ratings)
    counts = np.bincount(cells.row, minlength=cells.shape[0])
    tested = counts > K + 1
    if train_only_size > 0:
        users = np.flatnonzero(counts)
        tested[generator.choice(users, size=max(1, int(len(users) * train_only_size)), replace=False)] = False
    # By user, and within a user in random order: the first K of each user are drawn.
    order = np.lexsort((generator.random(len(cells.row)), cells.row))
    begin = np.cumsum(counts) - counts
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - begin[cells.row[order]]
    in_test = tested[cells.row] & (place < K)
    return _part(cells, ~in_test), _part(cells, in_test)


def _cells(ratings: Any) -> Any:
    if isinstance(ratings, csr_matrix):
        check_format(ratings)
    return ratings.tocoo()


def _part(cells: Any, chosen: Any) -> csr_matrix:
    indices = (cells.row[chosen], cells.col[chosen])
    return csr_matrix((cells.data[chosen], indices), shape=cells.shape, dtype=cells.dtype)


def ranking_metrics_at_k(
    model: Any, train_user_items: Any, test_user_items: Any, K: int = 10, show_progress: bool = True,
    num_threads: int = 1,
) -> dict[str, float]:  # fmt: skip
    """precision, map, ndcg and auc of the first K recommendations, over users with held-out items."""
    train, test = csr_matrix(train_user_items), csr_matrix(test_user_items)
    for matrix in (train, test):
        check_format(matrix)
    if train.shape != test.shape:
        raise ValueError(f"train is {train.shape} and test is {test.shape}: both must be users × items of the model")
    users = np.flatnonzero(np.diff(test.indptr))
    gains = 1.0 / np.log2(np.arange(2, K + 2))
    sums = {"hits": 0.0, "possible": 0.0, "map": 0.0, "ndcg": 0.0, "auc": 0.0}
    for first in range(0, len(users), _USERS_AT_ONCE):
        batch = users[first : first + _USERS_AT_ONCE]
        ids, _ = model.recommend(batch, train[batch], N=K)
        liked = np.zeros((len(batch), K))
        for row, user in enumerate(batch):
            liked[row] = np.isin(ids[row], test.indices[test.indptr[user] : test.indptr[user + 1]])
        held_out = np.diff(test.indptr)[batch]
        possible = np.minimum(held_out, K)
        hits = np.cumsum(liked, axis=1)
        sums["hits"] += liked.sum()
        sums["possible"] += possible.sum()
        sums["map"] += ((liked * hits / np.arange(1, K + 1)).sum(axis=1) / possible).sum()
        sums["ndcg"] += ((liked * gains).sum(axis=1) / np.cumsum(gains)[possible - 1]).sum()
        # Pairs of a held-out and another item in the right order; what is not listed counts half.
        others = test.shape[1] - held_out
        missed = K - hits[:, -1]
        right = ((1 - liked) * hits).sum(axis=1) + (hits[:, -1] + held_out) / 2.0 * (others - missed)
        sums["auc"] += (right / (held_out * others)).sum()
    count = len(users)
    if count == 0:
        raise ValueError("no user has held-out items")
    return {
        "precision": sums["hits"] / sums["possible"], "map": sums["map"] / count, "ndcg": sums["ndcg"] / count,
        "auc": sums["auc"] / count,
    }  # fmt: skip


def precision_at_k(model: Any, train_user_items: Any, test_user_items: Any, K: int = 10, **options: Any) -> float:
    return ranking_metrics_at_k(model, train_user_items, test_user_items, K, **options)["precision"]


def mean_average_precision_at_k(
    model: Any, train_user_items: Any, test_user_items: Any, K: int = 10, **options: Any
) -> float:
    return ranking_metrics_at_k(model, train_user_items, test_user_items, K, **options)["map"]


def ndcg_at_k(model: Any, train_user_items: Any, test_user_items: Any, K: int = 10, **options: Any) -> float:
    return ranking_metrics_at_k(model, train_user_items, test_user_items, K, **options)["ndcg"]


def AUC_at_k(model: Any, train_user_items: Any, test_user_items: Any, K: int = 10, **options: Any) -> float:
    return ranking_metrics_at_k(model, train_user_items, test_user_items, K, **options)["auc"]
