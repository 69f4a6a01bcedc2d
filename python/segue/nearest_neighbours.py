"""Weightings of a sparse matrix and item-item recommenders, with implicit's names.

Weightings return a COO matrix, as there; docs/algorithms.md has the formulas of segue's own (segue.fit's `weighting`), which
are computed while training. The recommenders keep for each item the K items whose columns have the largest product with
its own: the cosine, where columns are of length 1.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from . import _engine
from ._checks import check_format
from ._progress import Reporter
from .recommender_base import RecommenderBase
from .utils import canonical, check_csr

#: The score of what is not there, and its id in a batch.
_NO_SCORE = -np.finfo(np.float32).max
_NO_ID = -1
#: Users whose scores are held at once: some thousand candidates each.
_USERS_AT_ONCE = 1000


def _inverse_frequency(matrix: coo_matrix) -> Any:
    """Per column log(rows) - log(1 + stored cells): 0 or below for columns in nearly all rows."""
    counts = np.bincount(matrix.col, minlength=matrix.shape[1])
    return np.log(float(matrix.shape[0])) - np.log1p(counts)


def tfidf_weight(X: Any) -> coo_matrix:
    """Square roots of the values, times the inverse frequency of their columns."""
    weighted = coo_matrix(X)  # shares what it can with X; its values are replaced, not changed
    # Whole numbers as float64: NumPy takes roots of small ones in half precision.
    values = weighted.data if weighted.data.dtype.kind == "f" else weighted.data.astype(np.float64)
    weighted.data = np.sqrt(values) * _inverse_frequency(weighted)[weighted.col]
    return weighted


def normalize(X: Any) -> coo_matrix:
    """Rows of length 1; rows of zeros stay so."""
    weighted = coo_matrix(X)
    squares = np.bincount(weighted.row, weights=weighted.data.astype(np.float64) ** 2, minlength=weighted.shape[0])
    lengths = np.sqrt(squares)
    weighted.data = weighted.data / np.where(lengths == 0, 1, lengths)[weighted.row]
    return weighted


def bm25_weight(X: Any, K1: float = 100, B: float = 0.8) -> coo_matrix:
    """BM25 of each value: saturating with K1, scaled by the row's total with B, times the inverse frequency of its
    column. Give items × users for what recommenders usually do, and transpose the result."""
    weighted = coo_matrix(X)
    totals = np.bincount(weighted.row, weights=weighted.data, minlength=weighted.shape[0])
    scale = (1.0 - B) + B * totals / totals.mean()
    saturated = weighted.data * (K1 + 1.0) / (K1 * scale[weighted.row] + weighted.data)
    weighted.data = saturated * _inverse_frequency(weighted)[weighted.col]
    return weighted


def all_pairs_knn(users: Any, K: int = 100, num_threads: int = 0, show_progress: bool = True) -> coo_matrix:
    """Row i: the K items whose columns of a users × items matrix have the largest product with column i, itself among
    them. Values that are not above 0 count as absent."""
    if K < 1:
        raise ValueError(f"K is {K}: keep one neighbour or more")
    weights = check_csr(users).astype(np.float32)
    weights.sum_duplicates()
    weights.data[weights.data < 0] = 0
    items = weights.shape[1]
    with Reporter(None if show_progress else False) as told:
        pointers, columns, products = _engine.neighbors(
            items, weights.indptr, weights.indices, weights.data, min(K, 2**32 - 1), num_threads, told
        )
    squares = np.bincount(weights.indices, weights=weights.data.astype(np.float64) ** 2, minlength=items)
    own = np.flatnonzero(squares)
    rows = np.concatenate([np.repeat(np.arange(items), np.diff(pointers)), own])
    columns = np.concatenate([columns, own])
    values = np.concatenate([products.astype(np.float64), squares[own]])
    kept, _ = _best(rows, columns, values, K, items)
    return coo_matrix((values[kept], (rows[kept], columns[kept])), shape=(items, items))


def _best(rows: Any, columns: Any, values: Any, N: int, count: int) -> tuple[Any, Any]:
    """Of each of `count` rows the N cells with the largest values, ties by lower column: (their numbers, row by row and
    best first; their places in the row)."""
    order = np.lexsort((columns, -values, rows))
    sizes = np.bincount(rows, minlength=count)
    places = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return order[places < N], places[places < N]


class ItemItemRecommender(RecommenderBase):
    """Neighbours by the product of columns as they are: fit() takes a weighted matrix.

    similarity: [items × items], CSR; None before fit().
    """

    def __init__(self, K: int = 20, num_threads: int = 0) -> None:
        self.similarity: Optional[csr_matrix] = None
        self.K = K
        self.num_threads = num_threads

    def fit(self, weighted: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        """Computes the neighbours of a users × items matrix. There is nothing to call back."""
        if callback is not None:
            raise NotImplementedError("fit of item-item recommenders has no iterations, and so no callback")
        weights = self._weigh(canonical(check_csr(weighted))).tocsr()
        self.similarity = all_pairs_knn(weights, self.K, self.num_threads, show_progress).tocsr()

    def _weigh(self, counts: csr_matrix) -> Any:
        return counts

    def recommend(
        self, userid: Any, user_items: Any, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None, recalculate_user: bool = False, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of the N best items, best first, for histories of one row per requested user: whoever they are,
        only their rows count.

        The score of an item is the sum over the history of value · similarity. One user gets the items that have a
        score; a batch is [users × N], filled up by the id -1. With items= those without a score come last.
        """
        similarity = self._fitted()
        if not isinstance(user_items, csr_matrix):
            raise ValueError("user_items needs to be a CSR sparse matrix")
        check_format(user_items)
        alone = np.isscalar(userid)
        if user_items.shape[0] != (1 if alone else len(userid)):
            raise ValueError("user_items must contain 1 row for every user in userids")
        size = similarity.shape[0]
        if user_items.shape[1] > size:
            raise ValueError(
                f"user_items has {user_items.shape[1]:,} columns, and the model {size:,} items: user_items must be "
                "users × items"
            )
        only, denied = _chosen(items, filter_items, size)
        ids, scores = _blank(user_items.shape[0], N)
        for first in range(0, user_items.shape[0], _USERS_AT_ONCE):
            histories = user_items[first : first + _USERS_AT_ONCE].astype(np.float64)
            histories.resize(histories.shape[0], size)
            found = (histories @ similarity).tocoo()
            keep = _allowed(found.col, only, denied)
            if filter_already_liked_items:
                liked = histories.tocoo()
                cells = found.row.astype(np.int64) * size + found.col
                keep &= ~np.isin(cells, liked.row.astype(np.int64) * size + liked.col)
            block = slice(first, first + histories.shape[0])
            _fill(ids[block], scores[block], found.row[keep], found.col[keep], found.data[keep], only)
        return _cut(ids, scores) if alone else (ids, scores)

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of at most N of an item's K neighbours, best first; shapes as recommend()'s."""
        similarity = self._fitted()
        if recalculate_item:
            raise NotImplementedError("recalculate_item isn't there for item-item recommenders: fit again")
        only, denied = _chosen(items, filter_items, similarity.shape[0])
        if np.isscalar(itemid) and itemid >= similarity.shape[0]:
            return np.array([], np.int32), np.array([])
        near = similarity[np.atleast_1d(itemid)].tocoo()
        keep = _allowed(near.col, only, denied)
        ids, scores = _blank(near.shape[0], N)
        _fill(ids, scores, near.row[keep], near.col[keep], near.data[keep], only)
        return _cut(ids, scores) if np.isscalar(itemid) else (ids, scores)

    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None) -> tuple[Any, Any]:
        raise NotImplementedError("similar_users isn't there for item-item recommenders")

    def _fitted(self) -> csr_matrix:
        if self.similarity is None:
            raise ValueError("the model has no neighbours yet: call fit() first")
        return self.similarity

    def save(self, file: Any) -> None:
        matrix = self.similarity
        arrays: dict[str, Any] = {"K": self.K}
        if matrix is not None:
            arrays.update(shape=matrix.shape, data=matrix.data, indptr=matrix.indptr, indices=matrix.indices)
        np.savez(file, **arrays)

    @classmethod
    def load(cls, fileobj_or_path: Any) -> Any:
        """Reads an .npz file that save() wrote, here or in implicit."""
        if isinstance(fileobj_or_path, str) and not fileobj_or_path.endswith(".npz"):
            fileobj_or_path += ".npz"
        with np.load(fileobj_or_path, allow_pickle=False) as arrays:
            model = cls(K=int(arrays["K"]))
            if "data" in arrays:
                parts = (arrays["data"], arrays["indices"], arrays["indptr"])
                model.similarity = csr_matrix(parts, shape=tuple(arrays["shape"]))
                check_format(model.similarity)
        return model


class CosineRecommender(ItemItemRecommender):
    """Neighbours by the cosine of columns."""

    def _weigh(self, counts: csr_matrix) -> Any:
        return normalize(counts.T).T


class TFIDFRecommender(ItemItemRecommender):
    """Neighbours by the cosine of columns that tfidf_weight() has weighed, as items × users."""

    def _weigh(self, counts: csr_matrix) -> Any:
        return normalize(tfidf_weight(counts.T)).T


class BM25Recommender(ItemItemRecommender):
    """Neighbours by the product of columns that bm25_weight() has weighed, as items × users."""

    def __init__(self, K: int = 20, K1: float = 1.2, B: float = 0.75, num_threads: int = 0) -> None:
        super().__init__(K, num_threads)
        self.K1 = K1
        self.B = B

    def _weigh(self, counts: csr_matrix) -> Any:
        return bm25_weight(counts.T, self.K1, self.B).T


def _chosen(items: Any, filter_items: Any, size: int) -> tuple[Any, Any]:
    """(items or None, filter_items or None), each ascending and once."""
    if items is not None and filter_items is not None:
        raise ValueError("Can't specify both filter_items and items")
    only = None if items is None else np.unique(np.asarray(items, dtype=np.int64))
    if only is not None and len(only) and (only[0] < 0 or only[-1] >= size):
        raise IndexError(f"Some of the selected itemids are not in the model: it has {size:,}")
    return only, None if filter_items is None else np.unique(np.asarray(filter_items, dtype=np.int64))


def _allowed(columns: Any, only: Any, denied: Any) -> Any:
    if only is not None:
        return np.isin(columns, only)
    return np.ones(len(columns), dtype=bool) if denied is None else np.isin(columns, denied, invert=True)


def _blank(rows: int, N: int) -> tuple[Any, Any]:
    return np.full((rows, N), _NO_ID, dtype=np.int32), np.full((rows, N), _NO_SCORE, dtype=np.float64)


def _fill(ids: Any, scores: Any, rows: Any, columns: Any, values: Any, only: Any) -> None:
    """Writes the best cells of each row, and after them what of `only` has none."""
    N = ids.shape[1]
    kept, places = _best(rows, columns, values, N, len(ids))
    ids[rows[kept], places] = columns[kept]
    scores[rows[kept], places] = values[kept]
    if only is not None:
        for row in np.flatnonzero((ids == _NO_ID).any(axis=1)):
            found = int((ids[row] != _NO_ID).sum())
            rest = np.setdiff1d(only, ids[row, :found])[: N - found]
            ids[row, found : found + len(rest)] = rest


def _cut(ids: Any, scores: Any) -> tuple[Any, Any]:
    """The row of one query, without what fills it up."""
    live = ids[0] != _NO_ID
    return ids[0, live], scores[0, live]
