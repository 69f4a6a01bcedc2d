"""What holds for every model with implicit's face, on a checkerboard and on random matrices."""

import pickle
import threading

import numpy as np
import pytest
import segue
from scipy.sparse import coo_matrix, csr_matrix
from segue.als import AlternatingLeastSquares
from segue.approximate_als import (
    AnnoyAlternatingLeastSquares, FaissAlternatingLeastSquares, NMSLibAlternatingLeastSquares,
)  # fmt: skip
from segue.bpr import BayesianPersonalizedRanking
from segue.evaluation import precision_at_k
from segue.lmf import LogisticMatrixFactorization
from segue.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from segue.utils import ParameterWarning

FACTORIZATIONS = {
    "als": lambda: AlternatingLeastSquares(factors=4, random_state=3),
    "als exact": lambda: AlternatingLeastSquares(factors=4, use_cg=False, random_state=3),
    "als float64": lambda: AlternatingLeastSquares(factors=4, dtype=np.float64, random_state=3),
    "bpr": lambda: BayesianPersonalizedRanking(factors=3, regularization=0, learning_rate=0.05, iterations=200, random_state=42),
    "lmf": lambda: LogisticMatrixFactorization(factors=3, regularization=0.1, random_state=43),
}
NEIGHBOURS = {
    "cosine": lambda: CosineRecommender(K=50), "tfidf": lambda: TFIDFRecommender(K=50), "bm25": lambda: BM25Recommender(K=50),
}  # fmt: skip
AROUND = {
    "annoy": lambda: AnnoyAlternatingLeastSquares(factors=4, random_state=3, search_k=10**6),
    "nmslib": lambda: NMSLibAlternatingLeastSquares(factors=4, random_state=3),
    "faiss": lambda: FaissAlternatingLeastSquares(factors=4, random_state=3),
}
ALL = {**FACTORIZATIONS, **NEIGHBOURS, **AROUND}


def fitted(name, matrix):
    model = ALL[name]()
    model.fit(matrix, show_progress=False)
    return model


def inner(model):
    return getattr(model, "model", model)


def state(model):
    """All numbers that training made."""
    model = inner(model)
    return model.similarity.toarray() if hasattr(model, "similarity") else np.vstack([model.user_factors, model.item_factors])


@pytest.mark.parametrize("name", ALL)
def test_every_model_finds_the_withheld_item_of_a_checkerboard(name, checker_board):
    model = fitted(name, checker_board)
    for user in range(50):
        ids, scores = model.recommend(user, checker_board[user], N=1)
        assert ids.tolist() == [user] and len(scores) == 1
    assert precision_at_k(model, checker_board, csr_matrix(np.eye(50)), K=1, show_progress=False) == 1


@pytest.mark.parametrize("name", ALL)
def test_every_model_finds_items_of_the_same_colour(name, checker_board):
    model = fitted(name, checker_board)
    ids, scores = model.similar_items(np.arange(50), N=10)
    assert ids.shape == scores.shape == (50, 10) and (ids % 2 == np.arange(50)[:, None] % 2).all()
    if name != "bm25":  # whose products are no cosines
        assert (ids[:, 0] == np.arange(50)).all() and np.allclose(scores[:, 0], 1, atol=1e-4)


@pytest.mark.parametrize("name", ALL)
def test_every_models_batch_is_its_single_answers(name, random_matrix):
    model = fitted(name, random_matrix)
    users = np.arange(60)
    for options in ({}, {"filter_already_liked_items": False}, {"filter_items": [1, 2]}):
        ids, scores = model.recommend(users, random_matrix, N=7, **options)
        for user in users:
            alone, their_scores = model.recommend(user, random_matrix[user], N=7, **options)
            assert ids[user, : len(alone)].tolist() == alone.tolist()
            assert scores[user, : len(alone)].tolist() == their_scores.tolist() and (np.diff(scores[user]) <= 0).all()
    ids, scores = model.similar_items(np.arange(40), N=7)
    for item in range(40):
        alone, their_scores = model.similar_items(item, N=7)
        assert ids[item, : len(alone)].tolist() == alone.tolist() and scores[item, : len(alone)].tolist() == their_scores.tolist()


@pytest.mark.parametrize("name", ALL)
def test_every_model_leaves_out_what_it_is_told_to(name, random_matrix):
    model = fitted(name, random_matrix)
    for user in range(0, 60, 7):
        known = set(random_matrix[user].indices.tolist())
        ids, _ = model.recommend(user, random_matrix[user], N=5)
        assert not known & set(ids.tolist())
        ids, _ = model.recommend(user, random_matrix[user], N=5, filter_items=list(range(0, 40, 2)))
        assert not (known | set(range(0, 40, 2))) & set(ids.tolist())
    ids, _ = model.similar_items(np.arange(40), N=5, filter_items=list(range(0, 40, 2)))
    assert ((ids % 2 == 1) | (ids == -1)).all()


@pytest.mark.parametrize("name", ALL)
def test_every_model_may_be_asked_for_more_than_there_is(name, random_matrix):
    model = fitted(name, random_matrix)
    ids, scores = model.recommend(np.arange(60), random_matrix, N=45)
    assert ids.shape == (60, 45)
    for row, user in zip(ids, range(60)):
        live = row[row != -1].tolist()
        assert len(live) == len(set(live)) and all(0 <= item < 40 for item in live)
    assert len(model.similar_items(0, N=45)[0]) <= 45


@pytest.mark.parametrize("name", ALL)
def test_every_model_takes_empty_users_and_items(name, random_matrix):
    model = fitted(name, random_matrix)  # user 3 and item 5 have nothing
    assert len(model.recommend(3, random_matrix[3], N=4)[0]) in (0, 4)
    assert np.isfinite(state(model)).all()
    if name not in AROUND:  # a vector of length 0 is like nothing
        ids, scores = model.similar_items(0, N=10)
        assert 5 not in ids[scores > 0]
    top, _ = model.recommend(np.arange(60), random_matrix, N=3)
    assert 5 not in top


def changed(matrix, how):
    other = matrix.copy()
    if how == "int64 indices":
        other.indices, other.indptr = other.indices.astype(np.int64), other.indptr.astype(np.int64)
    elif how == "unsorted":
        for begin, end in zip(other.indptr, other.indptr[1:]):
            other.indices[begin:end], other.data[begin:end] = other.indices[begin:end][::-1].copy(), other.data[begin:end][::-1].copy()
        other.has_sorted_indices = False
    elif how == "duplicates":
        other = csr_matrix((np.repeat(other.data / 2, 2), np.repeat(other.indices, 2), other.indptr * 2), shape=other.shape)
    elif how == "non-contiguous":
        other.data, other.indices = np.repeat(other.data, 2)[::2], np.repeat(other.indices, 2)[::2]
    else:
        other = other.astype(how)
    return other


@pytest.mark.parametrize("how", ["int64 indices", "unsorted", "duplicates", "non-contiguous", "float64", "int32", "uint8"])
@pytest.mark.parametrize("name", ALL)
def test_every_model_takes_every_kind_of_csr(name, how, random_matrix):
    other = changed(random_matrix, how)
    before = (other.indptr.copy(), other.indices.copy(), other.data.copy())
    model, plain = fitted(name, other), fitted(name, random_matrix)
    # Of float64 some weights are rounded once and not twice.
    assert np.allclose(state(model), state(plain), rtol=1e-5, atol=1e-6)
    assert all((a == b).all() for a, b in zip(before, (other.indptr, other.indices, other.data)))
    ids, _ = model.recommend(np.arange(60), other, N=3)
    assert all(not set(row) & set(random_matrix[user].indices) for user, row in enumerate(ids))


@pytest.mark.parametrize("name", ALL)
def test_every_model_warns_of_what_is_not_csr(name, random_matrix):
    with pytest.warns(ParameterWarning):
        fitted(name, coo_matrix(random_matrix))
    model = fitted(name, random_matrix)
    for wrong in (random_matrix.tocsc(), random_matrix.tocoo()):
        with pytest.raises(ValueError):
            model.recommend(0, wrong)


@pytest.mark.parametrize("name", ALL)
def test_every_model_gives_the_same_on_any_number_of_threads(name, random_matrix):
    found = []
    for threads in (1, 2, 3, 8):
        model = ALL[name]()
        inner(model).num_threads = threads
        model.fit(random_matrix, show_progress=False)
        found.append(state(model))
    assert all((each == found[0]).all() for each in found)


@pytest.mark.parametrize("name", ALL)
def test_every_model_may_be_asked_by_several_threads(name, random_matrix):
    model = fitted(name, random_matrix)
    expected = [model.recommend(user, random_matrix[user])[0].tolist() for user in range(20)]
    expected_near = model.similar_items(1)[0].tolist()
    model = fitted(name, random_matrix)  # whose indexes are not made yet
    wrong = []

    def ask():
        for user in range(20):
            if model.recommend(user, random_matrix[user])[0].tolist() != expected[user]:
                wrong.append(user)
            if model.similar_items(1)[0].tolist() != expected_near:
                wrong.append("similar")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("name", {**FACTORIZATIONS, **NEIGHBOURS})
def test_every_model_is_saved_and_pickled(name, random_matrix, tmp_path):
    model = fitted(name, random_matrix)
    model.save(str(tmp_path / "model.npz"))
    with open(tmp_path / "model.npz", "rb") as file:
        from_file = type(model).load(file)
    for again in (type(model).load(str(tmp_path / "model")), from_file, pickle.loads(pickle.dumps(model))):
        assert (state(again) == state(model)).all()
        assert (again.recommend(0, random_matrix[0])[0] == model.recommend(0, random_matrix[0])[0]).all()
    pickle.loads(pickle.dumps(ALL[name]()))


@pytest.mark.parametrize("name", FACTORIZATIONS)
def test_every_factorization_goes_on_and_calls_back(name, random_matrix):
    model = ALL[name]()
    model.iterations = 3
    told = []
    model.fit(random_matrix, show_progress=False, callback=lambda *each: told.append(each))
    before = state(model)
    model.fit(random_matrix, show_progress=False, callback=lambda *each: told.append(each))
    assert [each[0] for each in told] == [0, 1, 2, 0, 1, 2] and all(each[1] >= 0 for each in told)
    assert (state(model) != before).any() and model.user_factors.dtype == model.dtype
    with pytest.raises(ValueError, match="of the first fit"):
        model.fit(random_matrix[:30], show_progress=False)

    def stop(*_):
        raise RuntimeError("enough")

    before = state(model)
    with pytest.raises(RuntimeError, match="enough"):
        model.fit(random_matrix, show_progress=False, callback=stop)
    assert (state(model) == before).all()


@pytest.mark.parametrize("name", FACTORIZATIONS)
def test_every_factorization_ranks_selected_items_and_users(name, random_matrix):
    model = fitted(name, random_matrix)
    ids, _ = model.recommend(0, random_matrix[0], items=[9, 4, 30], N=10, filter_already_liked_items=False)
    assert sorted(ids) == [4, 9, 30]
    for wrong in ([40], [-1]):
        with pytest.raises(IndexError):
            model.recommend(0, random_matrix[0], items=wrong)
    ids, scores = model.similar_users(np.arange(3), N=5)
    assert ids.shape == (3, 5) and (ids[:, 0] == np.arange(3)).all() and np.allclose(scores[:, 0], 1, atol=1e-4)
    with pytest.warns(DeprecationWarning):
        everything = model.recommend_all(random_matrix, N=4)
    assert (everything == model.recommend(np.arange(60), random_matrix, N=4)[0]).all()
    with pytest.warns(DeprecationWarning):
        assert (model.recommend_all(random_matrix[20:], N=4, users_items_offset=20) == everything[20:]).all()
    with pytest.raises(ValueError, match="CPU only"):
        model.to_gpu()


def damaged(where):
    """A matrix whose row pointers or columns lead out of it."""
    matrix = csr_matrix(np.ones((6, 5), dtype=np.float32))
    (matrix.indptr if where == "indptr" else matrix.indices)[3] = 10**6
    return matrix


@pytest.mark.parametrize("where", ["indptr", "indices"])
@pytest.mark.parametrize("name", ALL)
def test_a_damaged_matrix_is_refused(name, where):
    with pytest.raises(ValueError):
        fitted(name, damaged(where))
    model = fitted(name, csr_matrix(np.eye(6, 5, dtype=np.float32)))
    with pytest.raises(ValueError):
        model.recommend(np.arange(6), damaged(where))


@pytest.mark.parametrize("name", ["als", "bpr", "lmf"])
def test_no_fewer_than_no_answers(name, random_matrix):
    with pytest.raises(ValueError, match="N is -1"):
        fitted(name, random_matrix).similar_items(0, N=-1)


@pytest.mark.parametrize("name", sorted({*FACTORIZATIONS, "annoy", "faiss"}))
def test_every_factorization_is_fitted_before_it_is_asked(name, random_matrix):
    model = ALL[name]()
    asked = [
        lambda: model.recommend(0, random_matrix[0]),
        lambda: model.recommend([0, 1], random_matrix[[0, 1]], filter_already_liked_items=False),
        lambda: model.similar_items(0),
    ]
    if name != "annoy":
        asked.append(lambda: model.similar_users(0))
    if name.startswith("als"):
        asked.append(lambda: model.explain(0, random_matrix, 0))
        asked.append(lambda: model.recalculate_user(0, random_matrix[0]))
        asked.append(lambda: model.partial_fit_items([0], random_matrix.T.tocsr()[0]))
    for ask in asked:
        with pytest.raises(ValueError, match="yet: call fit\\(\\) first"):
            ask()


@pytest.mark.parametrize("name", ALL)
def test_every_model_names_the_matrix_it_needs(name, random_matrix):
    for wrong in (random_matrix.toarray(), [[1, 2]], None):
        kind = type(wrong).__name__
        with pytest.raises(TypeError, match=f"the matrix is of the type {kind}\n  fix: give a scipy.sparse.csr_matrix"):
            ALL[name]().fit(wrong, show_progress=False)
    with pytest.raises(TypeError, match="the matrix is of the type Interactions\n  fix: give its matrix, such as data.matrix"):
        ALL[name]().fit(segue.from_csr(random_matrix), show_progress=False)


@pytest.mark.parametrize("name", FACTORIZATIONS)
def test_every_factorization_refuses_numbers_that_cannot_be_before_it_draws(name):
    huge = csr_matrix((10**6, 10**6), dtype=np.float32)
    most = 1024 if name.startswith("als") else 1008
    for factors in (0, -1, 10**7, most + 1):
        model = ALL[name]()
        model.factors = factors
        with pytest.raises(ValueError, match=f"factors is {factors}\n  fix: give a whole number from 1 to {most}"):
            model.fit(huge, show_progress=False)
    model = ALL[name]()
    model.iterations = -1
    with pytest.raises(ValueError, match="iterations is -1\n  fix: give a whole number, at least 0"):
        model.fit(huge, show_progress=False)
