"""Columns of tables: of whatever has the Arrow C stream interface, names that NumPy can read, or the dataframe interchange
protocol, in this order. Neither pandas, polars nor pyarrow is imported."""

from __future__ import annotations

import ctypes
from numbers import Integral, Real
from typing import Any, Mapping, NamedTuple, NoReturn, Optional, Sequence

import numpy as np

from . import _engine
from .errors import InvalidArgumentError, NotFoundError


class Column(NamedTuple):
    """numbers: of each row, of a text, or the values themselves. texts: the distinct ones, None for numbers.

    A missing text is -1, a missing number counts in `missing`. dtype: as the table calls it, "" where it does not."""

    name: str
    numbers: Any
    texts: Optional[list[str]]
    missing: int
    dtype: str = ""

    @property
    def _of_dtype(self) -> str:
        return f" (dtype {self.dtype})" if self.dtype else ""

    def ids(self) -> tuple[list[str], Any]:
        """The distinct ids as strings, and the number among them that each row has."""
        if self.missing:
            raise InvalidArgumentError(
                f'the column "{self.name}" holds None, which is no id{self._of_dtype}',
                "give strings or whole numbers, none missing",
            )
        if self.texts is not None:
            return self.texts, self.numbers
        if self.numbers.dtype.kind not in "iu" and len(self.numbers):
            raise InvalidArgumentError(
                f'the column "{self.name}" holds {self.dtype or self.numbers.dtype} numbers, which are no ids',
                "give strings or whole numbers",
            )
        ids, codes = np.unique(self.numbers, return_inverse=True)
        return [str(number) for number in ids.tolist()], codes

    def values(self) -> Any:
        if self.texts is not None or self.missing:
            what = f"{self.missing:,} missing values" if self.missing else "strings"
            raise InvalidArgumentError(
                f'the column "{self.name}" holds {what}{self._of_dtype}', "give numbers, none missing"
            )
        values = self.numbers.astype(np.float64)
        if not np.isfinite(values).all():
            raise InvalidArgumentError(
                f'the column "{self.name}" holds values that are not finite{self._of_dtype}', "give numbers, none missing"
            )
        return values

    def strings(self) -> Any:
        """A text per row, "" where it is missing."""
        if self.texts is None and self.missing:
            raise InvalidArgumentError(
                f'the column "{self.name}" holds {self.missing:,} missing values{self._of_dtype}', "give strings"
            )
        if self.texts is None:
            return self.numbers.astype(str).astype(object)
        return np.array([*self.texts, ""], dtype=object)[self.numbers]


def columns(frame: Any, names: Sequence[str]) -> list[Column]:
    """Raises NotFoundError for a column that is not there, InvalidArgumentError for types that cannot be read."""
    if hasattr(frame, "__arrow_c_stream__"):
        try:
            capsule = frame.__arrow_c_stream__()
        except ImportError:  # pandas without pyarrow
            pass
        else:
            return [
                Column(name, numbers, texts, missing)
                for name, (_, numbers, texts, missing) in zip(names, _engine.read_arrow(capsule, list(names)))
            ]
    if not hasattr(frame, "__getitem__") and hasattr(frame, "__dataframe__"):
        table = frame.__dataframe__()
        return [_interchanged(table, name) for name in names]
    return [_of_array(*_array(frame, name), name) for name in names]


def _array(frame: Any, name: str) -> tuple[Any, str]:
    """A column and its dtype, which NumPy may not know."""
    try:
        column = frame[name]
        array = np.asarray(column)
        return array, str(getattr(column, "dtype", array.dtype))
    except Exception as error:
        raise _no_column(name, frame.keys() if isinstance(frame, Mapping) else getattr(frame, "columns", [])) from error


def _no_column(name: str, there: Any) -> NotFoundError:
    return NotFoundError(f'the table has no column "{name}"', f"its columns: {', '.join(map(str, there))}")


def _refuse(name: str, dtype: str, what: str) -> NoReturn:
    raise InvalidArgumentError(f'the column "{name}" {what} (dtype {dtype})', "give strings or numbers, and none missing")


def _of_array(array: Any, dtype: str, name: str) -> Column:
    if array.ndim != 1:
        _refuse(name, dtype, f"has {array.ndim} dimensions")
    if array.dtype.kind in "iufb":
        return Column(name, array, None, 0, dtype)
    if array.dtype.kind not in "OU":
        _refuse(name, dtype, "holds neither strings nor numbers")
    numbers: dict[Any, int] = {}
    try:
        codes = np.fromiter((numbers.setdefault(each, len(numbers)) for each in array.tolist()), np.int64, len(array))
    except TypeError:  # a list, say, which has no hash
        _refuse(name, dtype, "holds neither strings nor numbers")
    return _of_distinct(list(numbers), codes, dtype, name)


def _of_distinct(distinct: list[Any], codes: Any, dtype: str, name: str) -> Column:
    """A column of Python's objects: strings, or numbers; pandas' own types without NumPy's memory come as such."""
    there = np.array([not _is_missing(each) for each in distinct], dtype=bool)
    missing = int((~there)[codes].sum())
    words = [each for each, is_there in zip(distinct, there) if is_there]
    if all(isinstance(each, str) for each in words):
        places = np.where(there, np.cumsum(there) - 1, -1).astype(np.int64)
        return Column(name, places[codes], words, missing, dtype)
    has_text = any(isinstance(each, str) for each in words)
    for each in words:
        if not isinstance(each, str if has_text else (Real, np.bool_)):
            _refuse(name, dtype, f"holds {'strings and ' if has_text else ''}{each!r}")
    whole = all(isinstance(each, Integral) and not isinstance(each, bool) for each in words)
    filled = [each if is_there else 0 for each, is_there in zip(distinct, there)]
    try:
        values = np.array(filled, dtype=np.int64 if whole else np.float64)
    except OverflowError:
        _refuse(name, dtype, "holds numbers beyond 63 bits")
    return Column(name, values[codes], None, missing, dtype)


def _is_missing(value: Any) -> bool:
    """None, NaN, and what pandas has for them, which is not imported for it."""
    if isinstance(value, (float, np.floating)):
        return bool(value != value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


# ---- the dataframe interchange protocol ------------------------------------------------------------------------------------
# Kinds of dtype, and how a column says that a value is missing.
_INT, _UINT, _FLOAT, _BOOL, _STRING, _CATEGORICAL = 0, 1, 2, 20, 21, 23
_NEVER, _NAN, _SENTINEL, _BITS, _BYTES = range(5)


def _interchanged(table: Any, name: str) -> Column:
    if name not in list(table.column_names()):
        raise _no_column(name, table.column_names())
    try:
        parts = [_of_chunk(chunk, name) for chunk in table.get_column_by_name(name).get_chunks()]
    except (AttributeError, NotImplementedError) as error:  # pandas before 2.0 has no way to offer its own dtypes
        raise InvalidArgumentError(
            f'the column "{name}" has a dtype that the table\'s interchange protocol cannot offer: {error}',
            "give strings or numbers of NumPy's dtypes, none missing",
        ) from error
    missing = sum(part.missing for part in parts)
    if all(part.texts is None for part in parts):
        return Column(name, np.concatenate([part.numbers for part in parts]) if parts else np.empty(0), None, missing)
    merged: dict[str, int] = {}
    codes = []
    for part in parts:
        to = [merged.setdefault(text, len(merged)) for text in part.texts or []]
        codes.append(np.array([*to, -1], dtype=np.int64)[part.numbers])
    return Column(name, np.concatenate(codes), list(merged), missing)


def _of_chunk(chunk: Any, name: str) -> Column:
    kind = chunk.dtype[0]
    buffers = chunk.get_buffers()
    size, first = chunk.size(), chunk.offset
    if kind == _STRING:
        offsets = _values(buffers["offsets"])[first : first + size + 1]
        memory, _ = buffers["data"]
        text = ctypes.string_at(memory.ptr, memory.bufsize)
        there = _there(chunk, buffers, None)
        numbers: dict[str, int] = {}
        codes = np.full(size, -1, dtype=np.int64)
        for i in np.flatnonzero(there).tolist():
            codes[i] = numbers.setdefault(text[offsets[i] : offsets[i + 1]].decode("utf-8"), len(numbers))
        return Column(name, codes, list(numbers), int(size - there.sum()))
    if kind not in (_INT, _UINT, _FLOAT, _BOOL, _CATEGORICAL):
        _refuse(name, chunk.dtype[2], "holds neither strings nor numbers")
    values = _values(buffers["data"])[first : first + size].copy()
    there = _there(chunk, buffers, values)
    missing = int(size - there.sum())
    if kind != _CATEGORICAL:
        return Column(name, values, None, missing)
    of = chunk.describe_categorical["categories"]
    words = _of_chunk(of, name)
    if words.texts is None:
        raise InvalidArgumentError(f'the column "{name}" is of categories that are no strings', "give strings")
    codes = np.where(there, values, -1).astype(np.int64)
    return Column(name, np.append(words.numbers, -1)[codes], words.texts, missing)


def _values(buffer: tuple[Any, Any]) -> Any:
    """A buffer as an array over its memory."""
    memory, (kind, bits, _, _) = buffer
    held = (ctypes.c_char * memory.bufsize).from_address(memory.ptr) if memory.bufsize else b""
    if kind == _BOOL:
        flags = np.frombuffer(held, dtype=np.uint8)
        return (np.unpackbits(flags, bitorder="little") if bits == 1 else flags).astype(bool)
    return np.frombuffer(held, dtype=np.dtype(f"{'iuf'[kind]}{bits // 8}"))


def _there(chunk: Any, buffers: Any, values: Any) -> Any:
    """Which rows have a value."""
    how, mark = chunk.describe_null
    size, first = chunk.size(), chunk.offset
    if how in (_BITS, _BYTES) and buffers["validity"] is not None:
        memory, _ = buffers["validity"]
        raw = np.frombuffer((ctypes.c_char * memory.bufsize).from_address(memory.ptr), dtype=np.uint8)
        flags = np.unpackbits(raw, bitorder="little") if how == _BITS else raw
        there: Any = flags[first : first + size] != mark
        return there
    if how == _SENTINEL and values is not None:
        return values != mark
    if how == _NAN and values is not None:
        return ~np.isnan(values)
    return np.ones(size, dtype=bool)
