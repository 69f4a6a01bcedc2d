"""AlternatingLeastSquares with approximate search around it, with implicit's names.

Only Annoy's forests are approximate here. The others' answers are exact: segue's search needs no graph to be quick (ann/_exact.py).
"""

from __future__ import annotations

from typing import Any, Optional

from .als import AlternatingLeastSquares
from .ann.annoy import AnnoyModel
from .ann.faiss import FaissModel
from .ann.nmslib import NMSLibModel
from .utils import check_no_gpu


def AnnoyAlternatingLeastSquares(
    *args: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True, n_trees: int = 50,
    search_k: int = -1, use_gpu: bool = False, **kwargs: Any,
) -> AnnoyModel:  # fmt: skip
    """An AnnoyModel around AlternatingLeastSquares(*args, **kwargs)."""
    check_no_gpu(use_gpu)
    model = AlternatingLeastSquares(*args, **kwargs)
    return AnnoyModel(model, approximate_similar_items, approximate_recommend, n_trees, search_k)


def NMSLibAlternatingLeastSquares(
    *args: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True, method: str = "hnsw",
    index_params: Optional[dict[str, Any]] = None, query_params: Optional[dict[str, Any]] = None, use_gpu: bool = False,
    **kwargs: Any,
) -> NMSLibModel:  # fmt: skip
    """An NMSLibModel around AlternatingLeastSquares(*args, **kwargs): its answers are exact."""
    check_no_gpu(use_gpu)
    model = AlternatingLeastSquares(*args, **kwargs)
    return NMSLibModel(model, approximate_similar_items, approximate_recommend, method, index_params, query_params)


def FaissAlternatingLeastSquares(
    *args: Any, approximate_similar_items: bool = True, approximate_recommend: bool = True, nlist: int = 400,
    nprobe: int = 20, use_gpu: bool = False, **kwargs: Any,
) -> FaissModel:  # fmt: skip
    """A FaissModel around AlternatingLeastSquares(*args, **kwargs): its answers are exact."""
    check_no_gpu(use_gpu)
    model = AlternatingLeastSquares(*args, **kwargs)
    return FaissModel(model, approximate_similar_items, approximate_recommend, nlist, nprobe)
