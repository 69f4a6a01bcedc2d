"""Tables that from_frame takes: Arrow streams, the dataframe interchange protocol, and pandas."""

import ctypes

import numpy as np
import pytest
import segue
from arrow import Column, Table

LONG = "godspeed you! black emperor"  # beyond what a string view holds within


def cells(data):
    matrix = data.matrix.toarray()
    return {(u, i): matrix[a, b] for a, u in enumerate(data.user_ids) for b, i in enumerate(data.item_ids) if matrix[a, b]}


@pytest.mark.parametrize("text", ["u", "U", "vu"])
@pytest.mark.parametrize("number", ["c", "C", "s", "S", "i", "I", "l", "L", "f", "g"])
def test_arrow_columns_of_every_type(text, number):
    table = Table(
        ["plays", "user", "item"],
        [
            [Column(number, [1, 2, 3]), Column(text, ["b", "a", "b"], padding=3), Column(text, ["é", LONG, "é"])],
            [Column(number, [4], padding=9), Column(text, ["c"]), Column(text, [LONG], padding=1)],
        ],
    )
    data = segue.from_frame(table, value="plays")
    assert cells(data) == {("b", "é"): 4, ("a", LONG): 2, ("c", LONG): 4}
    assert table.released == {"schema": 1, "array": 2, "stream": 1}


def test_arrow_categories_whole_ids_and_titles():
    words = Column("u", ["x", "y", "z"])
    other = Column("u", ["y", "z"])  # the second batch numbers them otherwise
    table = Table(
        ["user", "item", "name"],
        [
            [Column("l", [10, 9]), Column("c", [2, 0], dictionary=words), Column("u", ["Zed", None])],
            [Column("l", [9]), Column("c", [0], padding=4, dictionary=other), Column("u", ["Why"])],
        ],
    )
    data = segue.from_frame(table, title="name")
    assert cells(data) == {("10", "z"): 1, ("9", "x"): 1, ("9", "y"): 1}
    assert data.item_ids == ["x", "y", "z"] and data.titles == ["", "Why", "Zed"]


def test_a_slice_of_rows_is_read_from_its_first():
    batch = [Column("u", ["no", "a", "b"]), Column("u", ["no", "x", "y"], padding=2)]
    assert cells(segue.from_frame(Table(["user", "item"], [batch], row_offset=1))) == {("a", "x"): 1, ("b", "y"): 1}


def test_arrow_tables_that_will_not_do_say_why():
    users, items = Column("u", ["a", None]), Column("u", ["x", "y"])
    with pytest.raises(ValueError, match='"user" holds None, which is no id'):
        segue.from_frame(Table(["user", "item"], [[users, items]]))
    with pytest.raises(KeyError, match='no column "item"\n  fix: its columns: user, thing'):
        segue.from_frame(Table(["user", "thing"], [[items, items]]))
    with pytest.raises(ValueError, match='"user" has the Arrow type "tdD"'):
        segue.from_frame(Table(["user", "item"], [[Column("tdD", [1, 2]), items]]))
    with pytest.raises(ValueError, match='"user" holds float64 numbers'):
        segue.from_frame(Table(["user", "item"], [[Column("g", [1, 2]), items]]))
    with pytest.raises(ValueError, match='"plays" holds 1 missing values'):
        segue.from_frame(Table(["user", "item", "plays"], [[items, items, Column("l", [1, None])]]), value="plays")
    with pytest.raises(ValueError, match="a category that there is not"):
        segue.from_frame(Table(["user", "item"], [[Column("i", [0, 7], dictionary=items), items]]))
    with pytest.raises(ValueError, match="beyond 63 bits"):
        segue.from_frame(Table(["user", "item"], [[Column("L", [1, 2**63]), items]]))
    broken = Table(["user", "item"], [[items, items]], fails=True)
    with pytest.raises(ValueError, match="the disk is gone"):
        segue.from_frame(broken)
    assert broken.released == {"schema": 1, "array": 0, "stream": 1}


def test_a_string_view_outside_of_its_memory_is_refused():
    items = Column("vu", [LONG, "y"])
    items.buffers[2] = b""
    items.buffers[3] = bytes(8)
    with pytest.raises(ValueError, match="lies outside of its memory"):
        segue.from_frame(Table(["user", "item"], [[Column("u", ["a", "b"]), items]]))


def test_a_stream_is_read_once():
    capsule = Table(["user", "item"], [[Column("u", ["a"]), Column("u", ["x"])]]).__arrow_c_stream__

    class Again:
        def __init__(self):
            self.capsule = capsule()

        def __arrow_c_stream__(self):
            return self.capsule

    table = Again()
    segue.from_frame(table)
    with pytest.raises(ValueError, match="has been read before"):
        segue.from_frame(table)


def test_what_is_no_stream_is_refused():
    class Wrong:
        def __arrow_c_stream__(self):
            new = ctypes.pythonapi.PyCapsule_New
            new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
            return new(1, b"something_else", None)

    with pytest.raises(ValueError, match="incorrect name"):
        segue.from_frame(Wrong())


# ---- the dataframe interchange protocol -----------------------------------------------------------------------------------
class Memory:
    def __init__(self, array):
        self.array = array
        self.ptr, self.bufsize = array.ctypes.data, array.nbytes


class Chunk:
    """A column of one chunk. null: (how, mark) of the protocol."""

    def __init__(self, kind, array, null=(0, None), validity=None, offsets=None, categories=None, offset=0):
        self.dtype = (kind, array.dtype.itemsize * 8, "", "=")
        self.describe_null, self.offset = null, offset
        self._size = (len(offsets) - 1 if offsets is not None else len(array)) - offset
        number = 1 if kind == 21 else {"i": 0, "u": 1, "f": 2, "b": 20}[array.dtype.kind]
        self._buffers = {
            "data": (Memory(array), (number, array.dtype.itemsize * 8, "", "=")),
            "validity": None if validity is None else (Memory(validity), (1, 8, "", "=")),
            "offsets": None if offsets is None else (Memory(offsets), (0, 64, "", "=")),
        }
        self.describe_categorical = {"is_ordered": False, "is_dictionary": True, "categories": categories}

    def size(self):
        return self._size

    def get_buffers(self):
        return self._buffers


def text(words, **options):
    encoded = [word.encode() for word in words]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    return Chunk(21, np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets=offsets, **options)


class Frame:
    """Has nothing but the protocol."""

    def __init__(self, **columns):
        self.columns = columns

    def __dataframe__(self):
        class Parts:
            def __init__(self, chunks):
                self.chunks = chunks

            def get_chunks(self):
                return self.chunks

        class Shown:
            column_names = lambda _: list(self.columns)  # noqa: E731
            get_column_by_name = lambda _, name: Parts(self.columns[name])  # noqa: E731

        return Shown()


def test_interchanged_columns_in_chunks():
    frame = Frame(
        user=[text(["b", "a"]), text(["no", "b"], offset=1)],
        item=[Chunk(23, np.array([1, 0], dtype=np.int8), categories=text(["x", "é"])), Chunk(23, np.array([7, 0]), offset=1, categories=text(["é"]))],
        plays=[Chunk(2, np.array([1.5, 2])), Chunk(0, np.array([9, 3]), offset=1)],
    )
    assert cells(segue.from_frame(frame, value="plays")) == {("b", "é"): 4.5, ("a", "x"): 2}
    with pytest.raises(KeyError, match='no column "thing"\n  fix: its columns: user, item, plays'):
        segue.from_frame(frame, item="thing")


@pytest.mark.parametrize(
    "null, options, array",
    [
        ((1, None), {}, np.array([1, np.nan])),
        ((2, -1), {}, np.array([1, -1])),
        ((3, 0), {"validity": np.array([0b01], dtype=np.uint8)}, np.array([1, 2])),
        ((4, 0), {"validity": np.array([1, 0], dtype=np.uint8)}, np.array([1, 2])),
    ],
)
def test_interchanged_missing_values_are_refused(null, options, array):
    plays = [Chunk(2 if array.dtype.kind == "f" else 0, array, null=null, **options)]
    with pytest.raises(ValueError, match='"plays" holds 1 missing values'):
        segue.from_frame(Frame(user=[text(["a", "b"])], item=[text(["x", "y"])], plays=plays), value="plays")
    with pytest.raises(ValueError, match='"user" holds None'):
        segue.from_frame(Frame(user=[text(["a", "b"], null=(4, 0), validity=np.array([1, 0], dtype=np.uint8))], item=[text(["x", "y"])]))


def test_pandas_frames_and_their_interchange():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"user": ["b", "a", "b"], "item": pandas.Categorical(["x", "y", "x"]), "plays": [1, 2, 3]})
    expected = {("b", "x"): 4, ("a", "y"): 2}
    assert cells(segue.from_frame(frame, value="plays")) == expected

    class Interchanged:
        def __dataframe__(self):
            return frame.__dataframe__()

    assert cells(segue.from_frame(Interchanged(), value="plays")) == expected


def test_booleans_are_values_and_no_ids():
    flags = Column("b", [1])  # a byte of bits; its first is set, its second is not
    flags.length = 2
    users, items = Column("u", ["a", "b"]), Column("u", ["x", "y"])
    assert cells(segue.from_frame(Table(["user", "item", "liked"], [[users, items, flags]]), value="liked")) == {("a", "x"): 1}
    bytes_of = [Chunk(20, np.array([True, False]))]
    assert cells(segue.from_frame(Frame(user=[text(["a", "b"])], item=[text(["x", "y"])], liked=bytes_of), value="liked")) == {
        ("a", "x"): 1
    }
    with pytest.raises(ValueError, match='"user" holds bool numbers, which are no ids'):
        segue.from_frame({"user": np.array([True, False]), "item": ["x", "y"]})


def test_interchanged_dates_are_refused():
    with pytest.raises(ValueError, match=r'"user" holds neither strings nor numbers \(dtype tsn:\)\n  fix: give strings'):
        segue.from_frame(Frame(user=[Dates()], item=[text(["x", "y"])]))


class Dates(Chunk):
    def __init__(self):
        super().__init__(2, np.array([1.0, 2.0]))
        self.dtype = (22, 64, "tsn:", "=")


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "object"])
def test_pandas_own_dtypes_are_values(dtype):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"user": ["a", "b"], "item": ["x", "y"]})
    given = [True, True] if dtype == "boolean" else [1, 3]
    frame["plays"] = pandas.array(given, dtype=dtype) if dtype != "object" else np.array(given, dtype=object)
    assert cells(segue.from_frame(frame, value="plays")) == {("a", "x"): 1, ("b", "y"): 1 if dtype == "boolean" else 3}
    frame["plays"] = frame["plays"].where([True, False], None)
    with pytest.raises(ValueError, match=rf'"plays" holds 1 missing values \(dtype {dtype}\)\n  fix: give numbers'):
        segue.from_frame(frame, value="plays")


@pytest.mark.parametrize("dtype, ids", [("Int64", [10, 9]), ("UInt8", [10, 9]), ("object", [10, 9]), ("string", ["10", "9"])])
def test_pandas_own_dtypes_are_ids(dtype, ids):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"user": pandas.Series(ids, dtype=dtype), "item": ["x", "y"]})
    assert cells(segue.from_frame(frame)) == {("10", "x"): 1, ("9", "y"): 1}
    frame["user"] = frame["user"].where([True, False], None)
    with pytest.raises(ValueError, match=rf'"user" holds None, which is no id \(dtype {dtype}\)\n  fix: give strings or whole'):
        segue.from_frame(frame)


def test_columns_of_other_types_are_named_with_their_dtype():
    pandas = pytest.importorskip("pandas")
    table = {"user": ["a", "b"], "item": ["x", "y"]}
    dates = pandas.date_range("2020", periods=2)
    for wrong, said in (
        (dates, r"holds neither strings nor numbers \(dtype datetime64\[ns\]\)"),
        (dates.tz_localize("UTC"), r"\(dtype datetime64\[ns, UTC\]\)"),
        ([b"a", b"b"], r"holds b'a' \(dtype object\)"),
        ([1, "b"], r"holds strings and 1 \(dtype object\)"),
        ([["a"], ["b"]], r"holds neither strings nor numbers \(dtype object\)"),
        ([1.5, 2], "holds float64 numbers, which are no ids"),
        ([2**70, 2], r"holds numbers beyond 63 bits \(dtype object\)"),
    ):
        with pytest.raises(ValueError, match=f'the column "user" {said}' if said[0] == "h" else said):
            segue.from_frame(pandas.DataFrame({**table, "user": wrong}))
    with pytest.raises(ValueError, match=r'"plays" holds values that are not finite \(dtype float64\)'):
        segue.from_frame(pandas.DataFrame({**table, "plays": [1, np.nan]}), value="plays")
    with pytest.raises(ValueError, match='"user" has 2 dimensions'):
        segue.from_frame({"user": np.array([["a", "b"]]), "item": ["x", "y"]})


def test_a_dtype_that_the_protocol_cannot_offer_is_told():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"user": ["a"], "item": ["x"], "plays": pandas.array([1], dtype="Int64")})

    class Interchanged:
        def __dataframe__(self):
            return frame.__dataframe__()

    if pandas.__version__.startswith("1."):
        with pytest.raises(ValueError, match='"plays" has a dtype that the table\'s interchange protocol cannot offer'):
            segue.from_frame(Interchanged(), value="plays")
    else:
        assert cells(segue.from_frame(Interchanged(), value="plays")) == {("a", "x"): 1}
