"""implicit's AnnoyModel: a model of segue.als whose answers come from forests.

Exact search of segue is fast enough for most (docs/search.md): this is for programs that have AnnoyModel in them.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np
from scipy.sparse import csr_matrix

from .._checks import check_format
from ..annoy import AnnoyIndex
from ..recommender_base import RecommenderBase
from ..utils import augment_inner_product_matrix

_NO_SCORE = -np.finfo(np.float32).max


class AnnoyModel(RecommenderBase):
    """Forests over a model's item factors: one by the cosine for similar_items(), and one for recommend(), by the cosine
    of vectors that a further coordinate makes equally long, which orders as the inner product does.

    similar_items_index, recommend_index: segue.annoy.AnnoyIndex, None before fit() or where not asked for.
    """

    def __init__(
        self, model: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True, n_trees: int = 50,
        search_k: int = -1,
    ) -> None:  # fmt: skip
        self.model = model
        self.approximate_similar_items = approximate_similar_items
        self.approximate_recommend = approximate_recommend
        self.n_trees = n_trees
        self.search_k = search_k
        self.similar_items_index: Optional[AnnoyIndex] = None
        self.recommend_index: Optional[AnnoyIndex] = None
        self.max_norm: Optional[float] = None

    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        """Trains the model and builds the forests."""
        self.model.fit(user_items, show_progress, callback)
        factors = self.model.item_factors.astype(np.float32)
        if self.approximate_similar_items:
            self.similar_items_index = self._forest(factors)
        if self.approximate_recommend:
            self.max_norm, augmented = augment_inner_product_matrix(factors)
            self.recommend_index = self._forest(augmented)

    def _forest(self, vectors: Any) -> AnnoyIndex:
        index = AnnoyIndex(vectors.shape[1], "angular")
        for i, vector in enumerate(vectors):
            index.add_item(i, vector)
        index.build(self.n_trees)
        return index

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of about the N items most like one, by cosine. items= is exact search's only."""
        if not self.approximate_similar_items:
            similar: tuple[Any, Any] = self.model.similar_items(
                itemid, N, recalculate_item, item_users, filter_items, items
            )
            return similar
        if items is not None:
            raise NotImplementedError("an items filter isn't supported with ANN lookup")
        index = _built(self.similar_items_index)
        factors = self.model.recalculate_item(itemid, item_users) if recalculate_item else self.model.item_factors[itemid]
        dropped = [_set(filter_items)] * len(np.atleast_2d(factors))
        return self._search(index, factors, dropped, N, np.ones(len(dropped)))

    def recommend(
        self, userid: Any, user_items: Any, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None, recalculate_user: bool = False, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        """(ids, scores) of about the N best items by inner product. items= is exact search's only."""
        if not self.approximate_recommend:
            best: tuple[Any, Any] = self.model.recommend(
                userid, user_items, N, filter_already_liked_items, filter_items, recalculate_user, items
            )
            return best
        if (filter_already_liked_items or recalculate_user) and not isinstance(user_items, csr_matrix):
            raise ValueError("user_items needs to be a CSR sparse matrix")
        if filter_already_liked_items:
            check_format(user_items)
        if items is not None:
            raise NotImplementedError("an items filter isn't supported with ANN lookup")
        index = _built(self.recommend_index)
        factors = self.model.recalculate_user(userid, user_items) if recalculate_user else self.model.user_factors[userid]
        rows = np.atleast_2d(factors)
        if filter_already_liked_items and user_items.shape[0] != len(rows):
            raise ValueError("user_items must contain 1 row for every user in userids")
        dropped = [
            _set(filter_items) | (_set(user_items[row].indices) if filter_already_liked_items else frozenset())
            for row in range(len(rows))
        ]
        queries = np.pad(factors, [(0, 0)] * (factors.ndim - 1) + [(0, 1)])
        return self._search(index, queries, dropped, N, np.linalg.norm(rows, axis=1) * self.max_norm)

    def _search(self, index: AnnoyIndex, queries: Any, dropped: Any, N: int, scales: Any) -> tuple[Any, Any]:
        """Angular distances d are cosines 1 - d²/2, and scores are scales times these. A batch is filled up by id -1; one
        query gives what there is."""
        ids = np.full((len(dropped), N), -1, dtype=np.int32)
        scores = np.full((len(dropped), N), _NO_SCORE, dtype=np.float32)
        found = 0
        for row, query in enumerate(np.atleast_2d(queries)):
            near = index.get_nns_by_vector(query, N + len(dropped[row]), self.search_k, include_distances=True)
            kept = [(item, distance) for item, distance in zip(*near) if item not in dropped[row]][:N]
            found = len(kept)
            ids[row, :found] = [item for item, _ in kept]
            scores[row, :found] = [scales[row] * (1 - distance**2 / 2) for _, distance in kept]
        return (ids[0, :found], scores[0, :found]) if queries.ndim == 1 else (ids, scores)

    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None) -> tuple[Any, Any]:
        raise NotImplementedError("similar_users isn't implemented with ANN lookup: ask the model itself")

    def save(self, file: Any) -> None:
        raise NotImplementedError("save the model itself; forests are built again, or saved as .ann files")

    @classmethod
    def load(cls, fileobj_or_path: Any) -> Any:
        raise NotImplementedError("load the model itself; forests are built again, or loaded from .ann files")


def _built(index: Optional[AnnoyIndex]) -> AnnoyIndex:
    if index is None:
        raise ValueError("the model has no forests yet: call fit() first")
    return index


def _set(ids: Any) -> frozenset[int]:
    return frozenset() if ids is None else frozenset(int(i) for i in ids)
