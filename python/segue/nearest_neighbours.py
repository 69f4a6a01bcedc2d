"""Weightings of a sparse matrix with implicit's names. Each returns a COO matrix, as there; docs/algorithms.md has the
formulas of segue's own (segue.fit's `weighting`), which are computed while training."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_matrix


def _inverse_frequency(matrix: coo_matrix) -> Any:
    """Per column log(rows) - log(1 + stored cells): 0 or below for columns in nearly all rows."""
    counts = np.bincount(matrix.col, minlength=matrix.shape[1])
    return np.log(float(matrix.shape[0])) - np.log1p(counts)


def tfidf_weight(X: Any) -> coo_matrix:
    """Square roots of the values, times the inverse frequency of their columns."""
    weighted = coo_matrix(X, copy=True)
    weighted.data = np.sqrt(weighted.data) * _inverse_frequency(weighted)[weighted.col]
    return weighted


def normalize(X: Any) -> coo_matrix:
    """Rows of length 1; rows of zeros stay so."""
    weighted = coo_matrix(X, copy=True)
    squares = np.bincount(weighted.row, weights=weighted.data.astype(np.float64) ** 2, minlength=weighted.shape[0])
    lengths = np.sqrt(squares)
    weighted.data = weighted.data / np.where(lengths == 0, 1, lengths)[weighted.row]
    return weighted


def bm25_weight(X: Any, K1: float = 100, B: float = 0.8) -> coo_matrix:
    """BM25 of each value: saturating with K1, scaled by the row's total with B, times the inverse frequency of its
    column. Give items × users for what recommenders usually do, and transpose the result."""
    weighted = coo_matrix(X, copy=True)
    totals = np.bincount(weighted.row, weights=weighted.data, minlength=weighted.shape[0])
    scale = (1.0 - B) + B * totals / totals.mean()
    saturated = weighted.data * (K1 + 1.0) / (K1 * scale[weighted.row] + weighted.data)
    weighted.data = saturated * _inverse_frequency(weighted)[weighted.col]
    return weighted
