"""Why an item is recommended (Hu, Koren & Volinsky 2008, section 5).

The exact vector of a history is x = A⁻¹ Σ c_j y_j over its liked items j, with A = YᵀY + Yᵀ(C − I)Y + reg I. So an item's score
y_i·x is a sum with one part per liked item, c_j · y_iᵀ A⁻¹ y_j. Dislikes have no part of their own: they are in A. Computed in
double; O(history · factors² + factors³).
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np


def parts(
    items: Any, gram: Any, card: Mapping[str, Any], history: Sequence[int], confidences: Any, asked: Sequence[int]
) -> Any:
    """[asked × history] parts of scores.

    items: factors, [n × factors]. gram: YᵀY. confidences: signed, of the history; docs/algorithms.md says what
    unobserved_weight and regularization_exponent change.
    """
    known = items[np.asarray(history, dtype=np.int64)].astype(np.float64)
    wanted = items[np.asarray(asked, dtype=np.int64)].astype(np.float64)
    weight = card["unobserved_weight"]
    signed = np.asarray(confidences, dtype=np.float64)
    excess = abs(signed) if weight > 0 else abs(signed) - 1
    shared = gram * (weight if weight > 0 else 1.0)
    counted = (len(known) + weight * len(items)) ** card["regularization_exponent"]
    system = shared + card["regularization"] * counted * np.eye(len(gram)) + (known.T * excess) @ known
    return wanted @ np.linalg.solve(system, known.T) * np.maximum(signed, 0)
