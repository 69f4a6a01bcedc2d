"""What callers give, looked at before the engine sees it: an error names the argument, the value and the remedy."""

from __future__ import annotations

import os
from typing import Any, Union

import numpy as np

from .errors import InvalidArgumentError, MissingFileError, WrongTypeError

PathLike = Union[str, "os.PathLike[str]"]
#: Seeds have 64 bits.
MOST_SEED = 2**64 - 1


def text(value: Any, name: str) -> bytes:
    """The bytes of an id, a title or a word. Bytes that were no UTF-8 in a log come back as they were."""
    if not isinstance(value, str):
        raise WrongTypeError(f"{name} is {value!r}", f'give a string, such as "{value}"')
    return value.encode("utf-8", "surrogateescape")


def whole(value: Any, name: str, least: int = 0, most: int = 2**32 - 1) -> int:
    """A whole number in its range."""
    remedy = f"give a whole number from {least} to {most}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise WrongTypeError(f"{name} is {value!r}", remedy)
    if not least <= value <= most:
        raise InvalidArgumentError(f"{name} is {value!r}", remedy)
    return int(value)


def number(value: Any, name: str) -> float:
    """A number; the engine knows its range."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise WrongTypeError(f"{name} is {value!r}", "give a number")
    return float(value)


def path_of(value: PathLike) -> str:
    """The name of a file."""
    name = os.fspath(value)
    if not isinstance(name, str):
        raise WrongTypeError(f"the path is {name!r}", "give a string or a pathlib.Path; os.fsdecode() makes one of bytes")
    if not name:
        raise MissingFileError("the path is empty", "give the name of a file")
    if "\0" in name:
        raise InvalidArgumentError(f"the path {name!r} holds a null character", "give the name of a file")
    return name


def check_format(matrix: Any) -> None:
    """Raises ValueError where row pointers or columns of a csr_matrix lead nowhere: SciPy's own loops trust what a caller may
    have set."""
    matrix.check_format(full_check=True)


def threads_of(value: Any) -> int:
    """How many threads; 0: as many as there are cores."""
    return whole(value, "threads", 0, 1024)
