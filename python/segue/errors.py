"""What the engine raises: each error says where, what, and how to mend it.

Every class is also the built-in one that Python programs expect: an argument out of range is a ValueError, a damaged
file an OSError. So `except ValueError` catches what it should, and `except segue.Error` all of it.
"""

from __future__ import annotations

import re


class Error(Exception):
    """An operation of segue that failed.

    code: the engine's name of it, such as "bad_input". problem, fix: what is wrong, and the remedy ("" if none is
    known). file, line, column: the place in an input, from 1; "" and 0 where there is none.
    """

    code = ""

    def __init__(
        self, problem: str, fix: str = "", file: str = "", line: int = 0, column: int = 0, text: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix
        self.file = file
        self.line = line
        self.column = column
        self._text = text or (f"{problem}\n  fix: {fix}" if fix else problem)

    def __str__(self) -> str:
        return self._text

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.problem, self.fix, self.file, self.line, self.column, self._text)


class InvalidArgumentError(Error, ValueError):
    """An option or argument is out of its range."""

    code = "invalid_argument"


class WrongTypeError(InvalidArgumentError, TypeError):
    """An argument is of another type than it must be."""


class NotFoundError(Error, KeyError):
    """An id or a name does not exist."""

    code = "not_found"


class MissingFileError(NotFoundError, FileNotFoundError):
    """A file does not exist."""


class AmbiguousError(Error, LookupError):
    """A name stands for several items."""

    code = "ambiguous"


class BadInputError(Error, ValueError):
    """A log cannot be read as asked."""

    code = "bad_input"


class CorruptFileError(Error, OSError):
    """A file is damaged or was made by a newer version."""

    code = "corrupt_file"


class IoError(Error, OSError):
    """The operating system refused to read or write."""

    code = "io"


class OutOfMemoryError(Error, MemoryError):
    """The work does not fit the memory that is there."""

    code = "out_of_memory"


class NumericalError(Error, ArithmeticError):
    """Training produced values that are not finite."""

    code = "numerical"


_CLASSES: dict[str, type[Error]] = {
    kind.code: kind
    for kind in (
        InvalidArgumentError, NotFoundError, AmbiguousError, BadInputError, CorruptFileError, IoError,
        OutOfMemoryError, NumericalError,
    )
}  # fmt: skip


#: Options of the command line that Python calls otherwise; others differ in their dashes alone.
_KEYWORDS = {
    "user-column": "user", "item-column": "item", "title-column": "title", "negatives-per-positive": "neg_prop",
    "date-users": "reject_date_users",
}  # fmt: skip
#: An option with its value. Commands are left as they are.
_OPTION = re.compile(r"`[^`]*`|segue [a-z]+ --[a-z-]+|(?<![^\s(])--([a-z][a-z0-9-]*)(?:=([a-z0-9-]+|[^\s\w]+))?")


def in_python(words: str) -> str:
    """What the engine says, with the command line's options as keywords: --bad-rows=skip is bad_rows="skip"."""

    def keyword(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        name = _KEYWORDS.get(found[1], found[1].replace("-", "_"))
        if found[0] == "--date-users=keep":
            return f"{name}=False"
        return name if found[2] is None else f'{name}="{found[2]}"'

    return _OPTION.sub(keyword, words)


def from_engine(code: str, text: str, problem: str, fix: str, file: str, line: int, column: int) -> BaseException:
    """The exception of an engine's error. Called by the bindings."""
    if code == "cancelled":
        return KeyboardInterrupt(problem)
    kind = _CLASSES[code]
    if code == "not_found" and file:
        kind = MissingFileError
    return kind(in_python(problem), in_python(fix), file, line, column, in_python(text))
