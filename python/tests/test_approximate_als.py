"""segue.approximate_als and what stands in for NMSLib and Faiss."""

import numpy as np
import pytest
from segue.als import AlternatingLeastSquares
from segue.ann.annoy import AnnoyModel
from segue.ann.faiss import FaissModel
from segue.ann.nmslib import NMSLibModel
from segue.approximate_als import (
    AnnoyAlternatingLeastSquares, FaissAlternatingLeastSquares, NMSLibAlternatingLeastSquares,
)  # fmt: skip

MAKERS = {
    AnnoyModel: AnnoyAlternatingLeastSquares, NMSLibModel: NMSLibAlternatingLeastSquares,
    FaissModel: FaissAlternatingLeastSquares,
}  # fmt: skip


@pytest.mark.parametrize("kind", MAKERS)
def test_approximate_als_answers_as_als_does(kind, checker_board):
    model = MAKERS[kind](factors=4, random_state=3)
    assert type(model) is kind and isinstance(model.model, AlternatingLeastSquares) and model.model.factors == 4
    model.fit(checker_board, show_progress=False)
    exact = AlternatingLeastSquares(factors=4, random_state=3)
    exact.fit(checker_board, show_progress=False)
    for user in range(50):
        assert model.recommend(user, checker_board[user], N=1)[0].tolist() == [user]
        ids, scores = model.similar_items(user, N=5)
        assert (ids % 2 == user % 2).all() and np.allclose(scores, exact.similar_items(user, N=5)[1], atol=1e-3)
    batch, _ = model.recommend(np.arange(50), checker_board, N=1)
    assert batch[:, 0].tolist() == list(range(50))


def test_parameters_of_the_libraries_are_taken():
    model = NMSLibAlternatingLeastSquares(8, method="hnsw", index_params={"M": 8})
    assert (model.method, model.index_params, model.query_params) == ("hnsw", {"M": 8}, {"ef": 90})
    model = FaissAlternatingLeastSquares(nlist=9, nprobe=3)
    assert (model.nlist, model.nprobe) == (9, 3)
    model = AnnoyAlternatingLeastSquares(n_trees=7, search_k=99)
    assert (model.n_trees, model.search_k) == (7, 99)
    for maker in MAKERS.values():
        with pytest.raises(ValueError, match="CPU only"):
            maker(use_gpu=True)


@pytest.mark.parametrize("kind", [NMSLibModel, FaissModel])
def test_exact_stand_ins_say_how_to_save(kind):
    with pytest.raises(NotImplementedError, match="save the model itself"):
        kind(AlternatingLeastSquares()).save("x.npz")
    with pytest.raises(NotImplementedError, match="load the model itself"):
        kind.load("x.npz")
