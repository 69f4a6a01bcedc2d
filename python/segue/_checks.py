"""What callers give, looked at before the engine sees it: an error names the argument, the value and the remedy."""

from __future__ import annotations

import os
from typing import Any, NoReturn, Union

import numpy as np

from .errors import InvalidArgumentError, MissingFileError, WrongTypeError

PathLike = Union[str, "os.PathLike[str]"]
#: Of a vector that is trained, and of one with biases beside them.
MOST_FACTORS, MOST_GRADIENT_FACTORS = 1024, 1008
#: Seeds have 64 bits.
MOST_SEED = 2**64 - 1
#: From here on a limit is what a computer holds, and not what is sensible.
_FAR = 2**31 - 2


class Unpicklable:
    """What lies in the engine's memory, or in a file that is mapped, and does not change."""

    _open_by = "load"

    def __copy__(self) -> Unpicklable:
        return self

    def __reduce__(self) -> NoReturn:
        what = f"segue.{type(self).__name__} cannot be pickled or copied deeply"
        raise WrongTypeError(what, f"save() it and {self._open_by}() the path")


def text(value: Any, name: str) -> bytes:
    """The bytes of an id, a title or a word. Bytes that were no UTF-8 in a log come back as they were."""
    if not isinstance(value, str):
        raise WrongTypeError(f"{name} is {value!r}", f'give a string, such as "{value}"')
    return value.encode("utf-8", "surrogateescape")


def whole(value: Any, name: str, least: int = 0, most: int = 2**32 - 1) -> int:
    """A whole number in its range. A limit that is far away is told only where it is passed."""
    remedy = f"give a whole number, at least {least}" if most >= _FAR else f"give a whole number from {least} to {most}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise WrongTypeError(f"{name} is {value!r}", remedy)
    if value > most:
        raise InvalidArgumentError(f"{name} is {value!r}", f"give a whole number from {least} to {most}")
    if value < least:
        raise InvalidArgumentError(f"{name} is {value!r}", remedy)
    return int(value)


def number(value: Any, name: str) -> float:
    """A number; the engine knows its range."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise WrongTypeError(f"{name} is {value!r}", "give a number")
    return float(value)


def path_of(value: PathLike, remedy: str = "give a string or a pathlib.Path") -> str:
    """The name of a file."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise WrongTypeError(f"the path is of the type {type(value).__name__}", remedy)
    name = os.fspath(value)
    if not isinstance(name, str):
        raise WrongTypeError(f"the path is {name!r}", "give a string or a pathlib.Path; os.fsdecode() makes one of bytes")
    if not name:
        raise MissingFileError("the path is empty", "give the name of a file")
    if "\0" in name:
        raise InvalidArgumentError(f"the path {name!r} holds a null character", "give the name of a file")
    return name


def is_matrix(value: Any) -> bool:
    """Whether it is a matrix of SciPy, or a table of numbers of NumPy."""
    if isinstance(value, np.ndarray):
        return value.ndim == 2 and value.dtype.kind in "biufc"
    from scipy.sparse import issparse

    return bool(issparse(value))


def no_interactions(value: Any, name: str) -> WrongTypeError:
    """The error of what is neither Interactions nor a matrix."""
    return WrongTypeError(
        f"{name} is of the type {type(value).__name__}, and neither interactions nor a matrix",
        "make interactions: segue.read(path), segue.from_frame(table) or segue.from_csr(matrix)",
    )


def check_format(matrix: Any) -> None:
    """Raises ValueError where row pointers or columns of a csr_matrix lead nowhere: SciPy's own loops trust what a caller may
    have set."""
    matrix.check_format(full_check=True)


def threads_of(value: Any) -> int:
    """How many threads; 0: as many as there are cores."""
    return whole(value, "threads", 0, 1024)
