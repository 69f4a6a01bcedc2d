"""Programs that say `import implicit` run on segue. Each in a process of its own: modules are shared by a process."""

import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
from scipy.sparse import csr_matrix

import implicit
import implicit.cpu.als
from implicit.als import AlternatingLeastSquares
from implicit.ann.annoy import AnnoyModel
from implicit.evaluation import precision_at_k, train_test_split
from implicit.gpu import HAS_CUDA
from implicit.nearest_neighbours import BM25Recommender, bm25_weight
from implicit.utils import nonzeros

plays = csr_matrix(np.random.default_rng(1).poisson(0.5, (40, 30)).astype(np.float32))
model = implicit.als.AlternatingLeastSquares(factors=8, random_state=0, use_gpu=HAS_CUDA)
model.fit(bm25_weight(plays.T, K1=100, B=0.8).T.tocsr(), show_progress=False)
ids, scores = model.recommend(0, plays[0])
assert model.__class__.__module__ == "segue.als" and len(ids) == 10
assert implicit.cpu.als is implicit.als and implicit.__version__ == "0.7.3"
print("ran")
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_a_program_for_implicit_runs_unchanged():
    done = run("import segue\nsegue.install_as_implicit()\nsegue.install_as_implicit()\n" + PROGRAM)
    assert done.stdout == "ran\n", done.stderr


@pytest.mark.parametrize("missing", ["implicit.datasets.lastfm", "implicit.gpu.als"])
def test_what_segue_has_not_is_not_found(missing):
    done = run(f"import segue\nsegue.install_as_implicit()\nimport {missing}")
    assert "ModuleNotFoundError: No module named 'implicit." in done.stderr


def test_implicit_itself_is_not_replaced_once_it_is_there(tmp_path):
    (tmp_path / "implicit.py").write_text("")
    done = run(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport implicit, segue\nsegue.install_as_implicit()")
    assert "ImportError: implicit itself has been imported already" in done.stderr
