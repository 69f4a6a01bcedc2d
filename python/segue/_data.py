"""Interactions: who played what how often. Read from a log, or made of a matrix or a data frame."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Optional, Sequence

import numpy as np

from . import _engine
from ._checks import MOST_SEED, PathLike, Unpicklable, check_format, number, path_of, text, threads_of, whole
from ._frame import columns
from ._progress import ProgressOption, Reporter
from .errors import InvalidArgumentError, WrongTypeError, in_python

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class Interactions(Unpicklable):
    """Users × items of plays, with ids and titles. Immutable.

    Ids ascend by their bytes, so that the number of an id is its rank, as in pandas' categories.
    """

    _open_by = "read"

    def __init__(self, engine: _engine.Interactions, report: Optional[dict[str, Any]] = None) -> None:
        self._engine = engine
        self._lists: dict[str, list[str]] = {}
        self._matrix: Optional[csr_matrix] = None
        #: What reading a log did: rows read and kept, and why others were not. None where no log was read.
        self.report = report

    @property
    def n_users(self) -> int:
        return self._engine.n_users()

    @property
    def n_items(self) -> int:
        return self._engine.n_items()

    @property
    def nnz(self) -> int:
        """Stored cells."""
        return self._engine.nnz()

    @property
    def source(self) -> str:
        """The name of the log."""
        return self._engine.source()

    @property
    def user_ids(self) -> list[str]:
        return self._list("user_ids")

    @property
    def item_ids(self) -> list[str]:
        return self._list("item_ids")

    @property
    def titles(self) -> list[str]:
        """A title per item; its id where there is none."""
        return self._list("titles")

    def _list(self, name: str) -> list[str]:
        if name not in self._lists:
            self._lists[name] = getattr(self._engine, name)()
        return self._lists[name]

    @property
    def matrix(self) -> csr_matrix:
        """Users × items as scipy.sparse.csr_matrix, float32. Values and columns are read-only views, not copies."""
        if self._matrix is None:
            from scipy.sparse import csr_matrix

            indptr, indices, data = self._engine.csr()
            matrix = csr_matrix((data, indices, indptr), shape=(self.n_users, self.n_items), copy=False)
            matrix.has_sorted_indices = True
            matrix.has_canonical_format = True
            self._matrix = matrix
        return self._matrix

    def find(self, name: str) -> list[int]:
        """Items of this id or title, without regard to case and accents, most listeners first; may be empty."""
        return self._engine.find(text(name, "name"))[0]

    def lookup(self, user: str, item: str) -> float:
        """How often `user` (an id) played `item` (an id or a title); 0.0 for never.

        Raises NotFoundError (a KeyError), AmbiguousError (a LookupError).
        """
        from ._names import item_number, user_number

        row = user_number(self._engine, user, "user_ids")
        return self._engine.at(row, item_number(self._engine, item, self._engine.find(text(item, "item")), "titles"))

    def split(self, held_out: float = 0.2, *, leave_out: int = 0, seed: int = 42) -> tuple[Interactions, Interactions]:
        """(what to train on, what to ask for), of the same users and items: of each user a share of the cells is held
        out, or `leave_out` cells of each user with more. Raises ValueError for a share that is not between 0 and 1."""
        train, test = _engine.split(
            self._engine, number(held_out, "held_out"), whole(leave_out, "leave_out"), whole(seed, "seed", 0, MOST_SEED)
        )
        return Interactions(train), Interactions(test)

    def save(self, path: PathLike) -> None:
        """Writes a .plays file, whole or not at all. Raises OSError."""
        self._engine.save(path_of(path))

    def __repr__(self) -> str:
        return f"<segue.Interactions: {self.n_users:,} users × {self.n_items:,} items, {self.nnz:,} interactions>"

    def _repr_html_(self) -> str:
        rows = [("users", f"{self.n_users:,}"), ("items", f"{self.n_items:,}"), ("interactions", f"{self.nnz:,}")]
        if self.source:
            rows.append(("source", self.source))
        if self.report:
            rows.append(("rows kept", f"{self.report['rows_kept']:,} of {self.report['rows_read']:,}"))
            rows += [(f"rejected: {each['reason']}", f"{each['rows']:,}") for each in self.report["rejections"]]
        return table_html(None, rows)


def table_html(head: Optional[Sequence[object]], rows: Sequence[Sequence[object]]) -> str:
    """A table for notebooks."""

    def line(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(row, "td") for row in rows)
    return "<table>" + (f"<thead>{line(head, 'th')}</thead>" if head else "") + f"<tbody>{body}</tbody></table>"


def read(
    path: PathLike, *, format: str = "auto", delimiter: str = "", header: str = "auto", user: str = "", item: str = "",
    title: str = "", value: str = "", titles: PathLike = "", titles_encoding: str = "auto", item_key: str = "name",
    duplicates: str = "sum", bad_rows: str = "report", zero_values: str = "drop", negative_values: str = "keep",
    reject_date_users: bool = True, min_user_items: int = 0, min_item_users: int = 0, threads: int = 0,
    progress: ProgressOption = None,
) -> Interactions:  # fmt: skip
    """Reads a play log (plain, .gz, .zst, .tar.gz), or opens a .plays or .segue file.

    Format and columns are detected; docs/ingest.md has each option. user, item, title, value are columns, by number
    from "1" or by name in the header; value "none" counts every row 1. titles is a file of item ids and titles.

    Raises FileNotFoundError, OSError for the file; ValueError with line and column where it cannot be read as asked;
    KeyboardInterrupt.
    """
    options = {name: option for name, option in locals().items() if name not in ("path", "threads", "progress")}
    for name, value in options.items():
        if name == "titles":
            options[name] = path_of(value) if value != "" else ""
        elif name in ("min_user_items", "min_item_users"):
            options[name] = whole(value, name)
        elif name != "reject_date_users":
            options[name] = text(value, name)
    name_of_file = path_of(path, "segue.from_frame makes interactions of a table, segue.from_csr of a matrix")
    with Reporter(progress) as told:
        opened, report = _engine.read(name_of_file, options, threads_of(threads), told)
    if report is not None:
        report["detected"] = in_python(report["detected"])
        for each in report["rejections"]:
            each["fix"] = in_python(each["fix"])
    return Interactions(opened, report)


def from_csr(
    matrix: Any, *, users: Optional[Sequence[str]] = None, items: Optional[Sequence[str]] = None,
    titles: Optional[Sequence[str]] = None, source: str = "",
) -> Interactions:  # fmt: skip
    """Interactions of a sparse users × items matrix of SciPy; duplicates are summed, zeros dropped. Copies.

    users, items: an id per row and per column, each once, in any order: rows and columns are sorted by them. Left out,
    rows and columns are numbered, with leading zeros that keep their order. titles: one per column. Ids are strings or whole
    numbers.

    Raises ValueError where lengths differ, an id occurs twice, a value is not finite or the matrix is damaged; TypeError for
    what is no id.
    """
    from scipy.sparse import csr_matrix

    if np.iscomplexobj(matrix):
        raise WrongTypeError("the matrix is complex", "give real values, such as matrix.real")
    matrix = csr_matrix(matrix, dtype=np.float32, copy=True)
    check_format(matrix)
    if not np.isfinite(matrix.data).all():
        raise InvalidArgumentError("the matrix holds values that are not finite", "leave NaN and infinite cells out")
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    n_users, n_items = matrix.shape
    user_ids = _numbered(n_users) if users is None else _strings(_ids(users, "users"), "users", n_users)
    item_ids = _numbered(n_items) if items is None else _strings(_ids(items, "items"), "items", n_items)
    names = [] if titles is None else _strings(titles, "titles", n_items)
    user_order, item_order = _order(user_ids), _order(item_ids)
    if user_order is not None:
        matrix = matrix[user_order]
        user_ids = [user_ids[i] for i in user_order]
    if item_order is not None:
        matrix = matrix[:, item_order]
        item_ids = [item_ids[i] for i in item_order]
        names = [names[i] for i in item_order] if names else []
    matrix.sort_indices()
    return Interactions(
        _engine.interactions(
            _bytes(user_ids), _bytes(item_ids), _bytes(names), matrix.indptr, matrix.indices, matrix.data,
            text(source, "source"),
        )
    )


def from_frame(
    frame: Any, *, user: str = "user", item: str = "item", value: Optional[str] = None, title: Optional[str] = None,
    source: str = "",
) -> Interactions:  # fmt: skip
    """Interactions of a table by columns: of polars, pyarrow, DuckDB and whatever else has the Arrow C stream interface;
    pandas; a dict of arrays; or what has the dataframe interchange protocol.

    user, item: the columns of ids, strings or whole numbers. value: the column of plays, None: each row counts 1.
    title: the column of item titles; an item's last one holds. Rows of one user and item are summed.

    Raises KeyError for a column that is not there, ValueError for ids that are missing or values that are not finite.
    """
    from scipy.sparse import coo_matrix

    wanted = [name for name in (user, item, value, title) if name is not None]
    found = dict(zip(wanted, columns(frame, wanted)))
    user_ids, rows = found[user].ids()
    item_ids, cells = found[item].ids()
    values = np.ones(len(rows)) if value is None else found[value].values()
    if not len(rows) == len(cells) == len(values):
        raise InvalidArgumentError(
            f"the columns have {len(rows)}, {len(cells)} and {len(values)} rows", "give columns of one length"
        )
    names = None
    if title is not None:
        of_item = np.full(len(item_ids), "", dtype=object)
        of_item[cells] = found[title].strings()
        names = [str(name) for name in of_item]
    matrix = coo_matrix((values, (rows, cells)), shape=(len(user_ids), len(item_ids)))
    return from_csr(matrix.tocsr(), users=user_ids, items=item_ids, titles=names, source=source)


def _numbered(count: int) -> list[str]:
    width = len(str(max(count - 1, 0)))
    return [f"{i:0{width}}" for i in range(count)]


def _ids(given: Sequence[Any], what: str) -> Sequence[Any]:
    """What was given, where all of it are strings or whole numbers."""
    for i, each in enumerate(given):
        if isinstance(each, (bool, np.bool_)) or not isinstance(each, (str, int, np.integer)):
            raise WrongTypeError(f"{what}[{i}] is {each!r}, which is no id", "give strings or whole numbers")
    return given


def _strings(given: Sequence[Any], what: str, count: int) -> list[str]:
    strings = [str(each) for each in given]
    if len(strings) != count:
        side = "rows" if what == "users" else "columns"
        raise InvalidArgumentError(
            f"{len(strings):,} {what} were given for a matrix of {count:,} {side}",
            "the matrix is users × items; transpose it if it is the other way round",
        )
    return strings


def _bytes(strings: Sequence[str]) -> list[bytes]:
    return [text(each, "id") for each in strings]


def _order(ids: list[str]) -> Optional[list[int]]:
    """How to sort ids by their bytes; None where they are sorted."""
    keys = _bytes(ids)
    order = sorted(range(len(keys)), key=keys.__getitem__)
    for before, after in zip(order, order[1:]):
        if keys[before] == keys[after]:
            raise InvalidArgumentError(f'the id "{ids[before]}" occurs twice', "give every row and column an id of its own")
    return None if order == list(range(len(keys))) else order
