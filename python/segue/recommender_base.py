"""What models with implicit's face have in common."""

from __future__ import annotations

import warnings
from abc import ABCMeta, abstractmethod
from typing import Any

import numpy as np


class ModelFitError(Exception):
    """Training produced values that are not numbers."""


class RecommenderBase(metaclass=ABCMeta):
    """fit, recommend, similar_items and similar_users are each model's own; see segue.als."""

    @abstractmethod
    def fit(self, user_items: Any, show_progress: bool = True, callback: Any = None) -> None: ...

    @abstractmethod
    def recommend(
        self, userid: Any, user_items: Any, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None, recalculate_user: bool = False, items: Any = None,
    ) -> tuple[Any, Any]: ...  # fmt: skip

    @abstractmethod
    def similar_users(self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None) -> tuple[Any, Any]: ...

    @abstractmethod
    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[Any, Any]: ...  # fmt: skip

    @abstractmethod
    def save(self, file: Any) -> None:
        """Writes the model as .npz, in implicit's layout."""

    @classmethod
    def load(cls, fileobj_or_path: Any) -> Any:
        """Reads an .npz file that save() wrote, here or in implicit."""
        if isinstance(fileobj_or_path, str) and not fileobj_or_path.endswith(".npz"):
            fileobj_or_path += ".npz"
        with np.load(fileobj_or_path, allow_pickle=False) as arrays:
            model = cls()
            for name, value in arrays.items():
                if name == "dtype":
                    value = np.dtype(str(value))
                elif value.shape == ():
                    value = value.item()
                setattr(model, name, value)
        return model

    def rank_items(self, userid: Any, user_items: Any, selected_items: Any, recalculate_user: bool = False) -> Any:
        """recommend() among selected items, with those the user knows."""
        warnings.warn(
            "rank_items is deprecated. Use recommend with the 'items' parameter instead",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.recommend(
            userid, user_items, recalculate_user=recalculate_user, items=selected_items,
            filter_already_liked_items=False,
        )  # fmt: skip
