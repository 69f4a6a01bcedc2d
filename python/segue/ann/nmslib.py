"""implicit's NMSLibModel, answered by exact search."""

from __future__ import annotations

from typing import Any, Optional

from ._exact import ExactModel


class NMSLibModel(ExactModel):
    """method, index_params and query_params are kept and change nothing: answers are exact."""

    def __init__(
        self, model: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True,
        method: str = "hnsw", index_params: Optional[dict[str, Any]] = None, query_params: Optional[dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            model, approximate_similar_items, approximate_recommend, method=method,
            index_params=index_params or {"M": 16, "post": 0, "efConstruction": 400},
            query_params=query_params or {"ef": 90}, **kwargs,
        )  # fmt: skip
