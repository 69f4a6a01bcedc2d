"""From what people type to numbers of items and users."""

from __future__ import annotations

from . import _engine
from ._checks import text
from .errors import AmbiguousError, NotFoundError

_SHOWN = 5


def item_number(data: _engine.Interactions, name: str, found: tuple[list[int], list[int]], listed_in: str) -> int:
    """The one item that `name` stands for.

    found: items and suggestions, as find() gives them. listed_in: the attribute of what was asked that lists all titles.
    """
    items, suggestions = found
    if len(items) == 1:
        return items[0]
    if not items:
        near = ", ".join(f'"{data.title(item)}"' for item in suggestions)
        raise NotFoundError(f'there is no item called "{name}"', f"did you mean {near}?" if near else f"see {listed_in}")
    listed = ", ".join(f'"{data.item_id(item)}"' for item in items[:_SHOWN])
    raise AmbiguousError(f'"{name}" stands for {len(items)} items', f"give the id of the one you mean: {listed}")


def user_number(data: _engine.Interactions, user: str, listed_in: str) -> int:
    number = data.user(text(user, "user"))
    if number is None:
        raise NotFoundError(f'there is no user "{user}"', f"ids are taken to the letter; see {listed_in}")
    return number
