"""Arrow streams made by hand: tables of any column types, without an Arrow library. The structures are written out once more, so
that a mistake in the engine's is not made here too."""

import ctypes
import struct

import numpy as np


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


class Stream(ctypes.Structure):
    pass


FREE_SCHEMA = ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))
FREE_ARRAY = ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))
FREE_STREAM = ctypes.CFUNCTYPE(None, ctypes.POINTER(Stream))
GET_SCHEMA = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Schema))
GET_NEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.POINTER(Array))
LAST_ERROR = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(Stream))

Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", ctypes.POINTER(Schema)),
    ("release", FREE_SCHEMA), ("private_data", ctypes.c_void_p),
]  # fmt: skip
Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64), ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(Array))), ("dictionary", ctypes.POINTER(Array)), ("release", FREE_ARRAY),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip
Stream._fields_ = [
    ("get_schema", GET_SCHEMA), ("get_next", GET_NEXT), ("get_last_error", LAST_ERROR), ("release", FREE_STREAM),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip


class Column:
    """A column of one batch. values: a list, None where missing. padding: elements before it that its offset passes over."""

    def __init__(self, format, values, padding=0, dictionary=None):
        self.format = format
        self.length = len(values)
        self.offset = padding
        self.dictionary = dictionary
        filled = [values[0] if values else None] * padding + list(values)
        self.nulls = sum(value is None for value in values)
        bits = np.packbits([value is not None for value in filled], bitorder="little").tobytes()
        blank = "" if format in ("u", "U", "vu") else 0
        body = self._buffers([blank if value is None else value for value in filled])
        self.buffers = [bits if self.nulls else None, *body]

    def _buffers(self, values):
        if self.format in ("u", "U"):
            words = [value.encode() for value in values]
            kind = np.int32 if self.format == "u" else np.int64
            return [np.cumsum([0, *map(len, words)]).astype(kind).tobytes(), b"".join(words)]
        if self.format == "vu":
            views, text = b"", b""
            for word in (value.encode() for value in values):
                if len(word) <= 12:
                    views += struct.pack("<i12s", len(word), word)
                else:
                    views += struct.pack("<i4sii", len(word), word[:4], 0, len(text))
                    text += word
            return [views, text, struct.pack("<q", len(text))]
        kinds = {"c": "i1", "C": "u1", "s": "i2", "S": "u2", "i": "i4", "I": "u4", "l": "i8", "L": "u8", "f": "f4", "g": "f8"}
        return [np.array(values, dtype=kinds.get(self.format, "i8")).tobytes()]


class Table:
    """Has the Arrow PyCapsule interface. batches: lists of columns; row_offset: rows of each batch to pass over."""

    def __init__(self, names, batches, row_offset=0, fails=False):
        self.names, self.batches, self.row_offset, self.fails = names, list(batches), row_offset, fails
        self.kept = []  # all that pointers point to
        self.released = {"schema": 0, "array": 0, "stream": 0}

    def __arrow_c_stream__(self, requested_schema=None):
        stream = Stream()
        left = iter(self.batches)
        stream.get_schema = self._keep(GET_SCHEMA(self._schema))
        stream.get_next = self._keep(GET_NEXT(lambda _, out: self._next(left, out)))
        why = self._keep(ctypes.create_string_buffer(b"the disk is gone"))
        stream.get_last_error = self._keep(LAST_ERROR(lambda _: ctypes.addressof(why)))
        stream.release = self._free(FREE_STREAM, "stream")
        self._keep(stream)
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ctypes.addressof(stream), b"arrow_array_stream", None)

    def _keep(self, thing):
        self.kept.append(thing)
        return thing

    def _free(self, kind, what):
        def free(pointer):
            self.released[what] += 1
            pointer.contents.release = kind()

        return self._keep(kind(free))

    def _schema(self, _, out):
        fields = [self._field(name, column) for name, column in zip(self.names, self.batches[0])]
        out.contents.format, out.contents.name = b"+s", b""
        out.contents.n_children = len(fields)
        out.contents.children = self._pointers(Schema, fields)
        out.contents.release = self._free(FREE_SCHEMA, "schema")
        return 0

    def _field(self, name, column):
        field = self._keep(Schema(format=column.format.encode(), name=name.encode()))
        if column.dictionary:
            field.dictionary = ctypes.pointer(self._field("", column.dictionary))
        return field

    def _pointers(self, kind, things):
        pointers = (ctypes.POINTER(kind) * len(things))(*(ctypes.pointer(thing) for thing in things))
        return ctypes.cast(self._keep(pointers), ctypes.POINTER(ctypes.POINTER(kind)))

    def _next(self, left, out):
        if self.fails:
            return 5
        columns = next(left, None)
        if columns is None:
            return 0
        out.contents.length = columns[0].length - self.row_offset
        out.contents.offset = self.row_offset
        out.contents.n_children = len(columns)
        out.contents.children = self._pointers(Array, [self._array(column) for column in columns])
        out.contents.release = self._free(FREE_ARRAY, "array")
        return 0

    def _array(self, column):
        array = self._keep(Array(length=column.length, null_count=column.nulls, offset=column.offset))
        array.n_buffers = len(column.buffers)
        pointers = [None if b is None else ctypes.cast(self._keep(ctypes.create_string_buffer(b, len(b) or 1)), ctypes.c_void_p).value
                    for b in column.buffers]  # fmt: skip
        array.buffers = self._keep((ctypes.c_void_p * len(pointers))(*pointers))
        if column.dictionary:
            array.dictionary = ctypes.pointer(self._array(column.dictionary))
        return array
