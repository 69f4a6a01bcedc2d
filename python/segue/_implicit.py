"""segue under implicit's name, for programs that are to run as they are.

    import segue
    segue.install_as_implicit()
    from implicit.als import AlternatingLeastSquares        # segue's
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

#: The release whose faces segue has.
_VERSION = "0.7.3"
_MODULES = (
    "als", "ann", "ann.annoy", "ann.faiss", "ann.nmslib", "approximate_als", "bpr", "evaluation", "lmf",
    "nearest_neighbours", "recommender_base", "utils",
)  # fmt: skip


def install_as_implicit() -> None:
    """From here on `import implicit` gives segue's classes, in this process. Say it before the first such import.

    Twice is once. Raises ImportError where implicit itself has been imported: its classes are in use then. What segue does
    not have (implicit.datasets, GPU code) is a ModuleNotFoundError when it is imported.
    """
    there = sys.modules.get("implicit")
    if there is not None and not getattr(there, "is_segue", False):
        raise ImportError("implicit itself has been imported already: call segue.install_as_implicit() before that")
    package = _package("implicit", {"__version__": _VERSION, "is_segue": True})
    modules = {"implicit": package, "implicit.cpu": _package("implicit.cpu", {})}
    modules["implicit.gpu"] = _package("implicit.gpu", {"HAS_CUDA": False})
    for name in _MODULES:
        modules[f"implicit.{name}"] = importlib.import_module(f"segue.{name}")
    for name in ("als", "bpr", "lmf"):
        modules[f"implicit.cpu.{name}"] = modules[f"implicit.{name}"]
    for name, module in modules.items():
        parent, _, child = name.rpartition(".")
        if parent in ("implicit", "implicit.cpu"):
            setattr(modules[parent], child, module)
    sys.modules.update(modules)


def _package(name: str, contents: dict[str, object]) -> ModuleType:
    package = ModuleType(name, "segue under implicit's name.")
    package.__path__ = []  # a package, with no files: what is not in sys.modules is not found
    package.__dict__.update(contents)
    return package
