"""What stands in for approximate search that segue has no use for: exact search of the same factors.

Over factors of implicit ALS, segue's exact search is quicker than graphs and inverted lists are (docs/search.md), so a model that
asks for one of these is answered exactly. Its parameters are taken, kept, and change nothing.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from ..recommender_base import RecommenderBase


class ExactModel(RecommenderBase):
    """A model with its own exact answers. @param model: of segue.als"""

    def __init__(
        self, model: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True, **parameters: Any
    ) -> None:
        self.model = model
        self.approximate_similar_items = approximate_similar_items
        self.approximate_recommend = approximate_recommend
        self.__dict__.update(parameters)

    def fit(self, user_items: Any, show_progress: bool = True, callback: Optional[Callable[..., Any]] = None) -> None:
        self.model.fit(user_items, show_progress, callback)

    def recommend(
        self, userid: Any, user_items: Any, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None, recalculate_user: bool = False, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        best: tuple[Any, Any] = self.model.recommend(
            userid, user_items, N, filter_already_liked_items, filter_items, recalculate_user, items
        )
        return best

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[Any, Any]:  # fmt: skip
        near: tuple[Any, Any] = self.model.similar_items(itemid, N, recalculate_item, item_users, filter_items, items)
        return near

    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None) -> tuple[Any, Any]:
        near: tuple[Any, Any] = self.model.similar_users(userid, N, filter_users, users)
        return near

    def save(self, file: Any) -> None:
        raise NotImplementedError("save the model itself: model.model.save(file)")

    @classmethod
    def load(cls, fileobj_or_path: Any) -> Any:
        raise NotImplementedError("load the model itself: segue.als.AlternatingLeastSquares.load(file)")
