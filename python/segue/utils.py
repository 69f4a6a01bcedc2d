"""Helpers with implicit's names."""

from __future__ import annotations

import time
import warnings
from typing import Any, Iterator

import numpy as np
from scipy.sparse import csr_matrix

from ._checks import check_format
from .errors import WrongTypeError


class ParameterWarning(Warning):
    """An argument had to be converted."""


def nonzeros(m: csr_matrix, row: int) -> Iterator[tuple[Any, Any]]:
    """(column, value) of each stored cell of a row."""
    begin, end = m.indptr[row], m.indptr[row + 1]
    yield from zip(m.indices[begin:end], m.data[begin:end])


def check_csr(user_items: Any) -> csr_matrix:
    """The matrix as CSR, with a ParameterWarning where it was not. Raises ValueError where it is damaged,
    TypeError for what is no sparse matrix."""
    if isinstance(user_items, csr_matrix):
        check_format(user_items)
        return user_items
    if not hasattr(user_items, "tocsr"):
        raise WrongTypeError(
            f"the matrix is of the type {type(user_items).__name__}",
            "give its matrix, such as data.matrix" if hasattr(user_items, "matrix")
            else "give a scipy.sparse.csr_matrix of users × items; csr_matrix(array) makes one of an array",
        )  # fmt: skip
    begin = time.time()
    converted = user_items.tocsr()
    warnings.warn(
        f"Method expects CSR input, and was passed {type(user_items).__name__} instead. "
        f"Converting to CSR took {time.time() - begin} seconds",
        ParameterWarning,
        stacklevel=3,
    )
    return converted


def check_random_state(random_state: Any) -> np.random.Generator:
    """A generator: of a seed, of None (another one each time), or the one given."""
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))
    return np.random.default_rng(random_state)


def canonical(matrix: csr_matrix) -> csr_matrix:
    """Columns ascending, each once. Raises ValueError where the matrix is damaged."""
    check_format(matrix)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix


def rows_with_cells(matrix: csr_matrix) -> Any:
    """Which rows store something, as booleans."""
    return np.diff(matrix.indptr) > 0


def check_no_gpu(use_gpu: bool) -> None:
    """Raises ValueError where a GPU is asked for."""
    if use_gpu:
        raise ValueError("segue computes on the CPU only: leave use_gpu out")


def check_blas_config() -> None:
    """Nothing to check: segue's kernels use no BLAS, so no number of its threads can slow them down."""


def augment_inner_product_matrix(factors: Any) -> tuple[Any, Any]:
    """(largest norm, factors with one more column), such that all rows have that norm and the cosine of a query with 0
    in the new column orders rows as the inner product does (Bachrach et al. 2014)."""
    norms = np.linalg.norm(factors, axis=1)
    largest = norms.max()
    rest = np.sqrt(np.maximum(largest**2 - norms**2, 0))
    return largest, np.column_stack([factors, rest])
