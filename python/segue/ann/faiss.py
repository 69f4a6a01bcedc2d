"""implicit's FaissModel, answered by exact search."""

from __future__ import annotations

from typing import Any

from ..utils import check_no_gpu
from ._exact import ExactModel


class FaissModel(ExactModel):
    """nlist and nprobe are kept and change nothing: answers are exact."""

    def __init__(
        self, model: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True, nlist: int = 400,
        nprobe: int = 20, use_gpu: bool = False,
    ) -> None:  # fmt: skip
        check_no_gpu(use_gpu)
        super().__init__(
            model, approximate_similar_items, approximate_recommend, nlist=nlist, nprobe=nprobe, use_gpu=use_gpu
        )
