"""segue: from a log of who played what to similar items and "for you".

    import segue
    data = segue.read("plays.tsv")
    model = segue.fit(data, factors=64)
    model.similar("the clash")
    model.recommend(likes={"The Smiths": 1, "Blur": 300})
    model.save("plays.segue")

Code written for implicit or Annoy runs with the imports changed: segue.als, segue.nearest_neighbours, segue.evaluation,
segue.utils and segue.annoy have their names, parameters and results (docs/python.md).
"""

from . import errors
from ._data import Interactions, from_csr, from_frame, read
from ._evaluation import Evaluation, Measured
from ._implicit import install_as_implicit
from ._model import Answer, Model, Reason, Recall, Result, fit, load
from ._progress import Progress
from .errors import Error

__version__ = "0.1.0"
__all__ = [
    "Answer", "Error", "Evaluation", "Interactions", "Measured", "Model", "Progress", "Reason", "Recall", "Result", "errors",
    "fit", "from_csr", "from_frame", "install_as_implicit", "load", "read",
]  # fmt: skip
