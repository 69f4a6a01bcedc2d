"""Columns of tables: of whatever has the Arrow C stream interface, names that NumPy can read, or the dataframe interchange
protocol, in this order. Neither pandas, polars nor pyarrow is imported."""

from __future__ import annotations

import ctypes
from typing import Any, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from . import _engine
from .errors import InvalidArgumentError, NotFoundError


class Column(NamedTuple):
    """numbers: of each row, of a text, or the values themselves. texts: the distinct ones, None for numbers. A missing text is
    -1, a missing number counts in `missing`."""

    name: str
    numbers: Any
    texts: Optional[list[str]]
    missing: int

    def ids(self) -> tuple[list[str], Any]:
        """The distinct ids as strings, and the number among them that each row has."""
        if self.missing:
            raise InvalidArgumentError(
                f'the column "{self.name}" holds None, which is no id', "give strings or whole numbers, none missing"
            )
        if self.texts is not None:
            return self.texts, self.numbers
        if self.numbers.dtype.kind not in "iu" and len(self.numbers):
            raise InvalidArgumentError(
                f'the column "{self.name}" holds {self.numbers.dtype} numbers, which are no ids',
                "give strings or whole numbers",
            )
        ids, codes = np.unique(self.numbers, return_inverse=True)
        return [str(number) for number in ids.tolist()], codes

    def values(self) -> Any:
        if self.texts is not None or self.missing:
            what = "strings" if self.texts is not None else f"{self.missing:,} missing values"
            raise InvalidArgumentError(f'the column "{self.name}" holds {what}', "give numbers, none missing")
        return self.numbers.astype(np.float64)

    def strings(self) -> Any:
        """A text per row, "" where it is missing."""
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
    return [_of_array(_array(frame, name), name) for name in names]


def _array(frame: Any, name: str) -> Any:
    try:
        return np.asarray(frame[name])
    except Exception as error:
        raise _no_column(name, frame.keys() if isinstance(frame, Mapping) else getattr(frame, "columns", [])) from error


def _no_column(name: str, there: Any) -> NotFoundError:
    return NotFoundError(f'the table has no column "{name}"', f"its columns: {', '.join(map(str, there))}")


def _of_array(array: Any, name: str) -> Column:
    if array.dtype.kind in "iufb":
        return Column(name, array, None, 0)
    numbers: dict[Any, int] = {}
    codes = np.fromiter((numbers.setdefault(text, len(numbers)) for text in array.tolist()), np.int64, len(array))
    for text in numbers:
        if not isinstance(text, str):
            raise InvalidArgumentError(
                f'the column "{name}" holds {text!r}, which is no id', "give strings or whole numbers, none missing"
            )
    return Column(name, codes, list(numbers), 0)


# ---- the dataframe interchange protocol ------------------------------------------------------------------------------------
# Kinds of dtype, and how a column says that a value is missing.
_INT, _UINT, _FLOAT, _STRING, _CATEGORICAL = 0, 1, 2, 21, 23
_NEVER, _NAN, _SENTINEL, _BITS, _BYTES = range(5)


def _interchanged(table: Any, name: str) -> Column:
    if name not in list(table.column_names()):
        raise _no_column(name, table.column_names())
    parts = [_of_chunk(chunk, name) for chunk in table.get_column_by_name(name).get_chunks()]
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
    if kind not in (_INT, _UINT, _FLOAT, _CATEGORICAL):
        raise InvalidArgumentError(f'the column "{name}" is of the kind {kind}', "give strings or numbers")
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
    dtype = np.dtype(f"{'iuf'[kind]}{bits // 8}")
    held = (ctypes.c_char * memory.bufsize).from_address(memory.ptr) if memory.bufsize else b""
    return np.frombuffer(held, dtype=dtype)


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
