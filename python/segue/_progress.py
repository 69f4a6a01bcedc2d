"""Progress of long operations: a line on a terminal or in a notebook, or a function of the caller's."""

from __future__ import annotations

import sys
from typing import Any, Callable, NamedTuple, Optional, Union

_BAR = 24  # characters
_CLEAR = "\r\x1b[K"


class Progress(NamedTuple):
    """A sign of life. total is 0 where it is unknown; loss is set by training once it is known."""

    stage: str
    done: int
    total: int
    unit: str
    loss: Optional[float]
    seconds: float


ProgressOption = Union[None, bool, Callable[[Progress], Any]]


def is_notebook() -> bool:
    """Whether a notebook shows what is printed."""
    return "ipykernel" in sys.modules


class Reporter:
    """What the engine calls, for the value of a `progress` option. A context: leaves no half line behind.

    None: a line where standard error is a terminal or a notebook. True, False: always, never. A function: called with
    a Progress some times a second.
    """

    def __init__(self, option: ProgressOption) -> None:
        if option is None:
            option = is_notebook() or sys.stderr.isatty()
        self._drawn = False
        self.callback: Optional[Callable[..., None]] = None
        if callable(option):
            told = option
            self.callback = lambda *fields: told(Progress(*fields))
        elif option:
            self.callback = lambda *fields: self._draw(Progress(*fields))

    def __enter__(self) -> Optional[Callable[..., None]]:
        return self.callback

    def __exit__(self, *error: object) -> None:
        if self._drawn:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def _draw(self, now: Progress) -> None:
        share = now.done / now.total if now.total else 0.0
        full = round(_BAR * min(share, 1.0))
        bar = "█" * full + "░" * (_BAR - full) if now.total else ""
        loss = "" if now.loss is None else f"  loss {now.loss:.6f}"
        sys.stderr.write(f"{_CLEAR}{now.stage}  {bar} {100 * share:3.0f} %{loss}  {now.seconds:.1f} s")
        sys.stderr.flush()
        self._drawn = True
