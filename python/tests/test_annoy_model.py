"""segue.ann.annoy.AnnoyModel, held against the exact answers of the model inside."""

import numpy as np
import pytest
from segue.als import AlternatingLeastSquares
from segue.ann.annoy import AnnoyModel

EVERYTHING = 10**6  # search_k: all of these small forests


@pytest.fixture
def model(random_matrix):
    inner = AlternatingLeastSquares(factors=8, regularization=0.1, random_state=3)
    model = AnnoyModel(inner, n_trees=10, search_k=EVERYTHING)
    model.fit(random_matrix, show_progress=False)
    return model


def test_recommend_is_the_exact_one_where_all_is_searched(model, random_matrix):
    for options in ({}, {"filter_already_liked_items": False}, {"filter_items": [1, 7]}, {"recalculate_user": True}):
        for user in (0, 9):
            ids, scores = model.recommend(user, random_matrix[user], N=6, **options)
            expected = model.model.recommend(user, random_matrix[user], N=6, **options)
            # Scores come back through an angle: float32's 1e-7, rooted and squared, times norms of a few units.
            assert ids.tolist() == expected[0].tolist() and np.allclose(scores, expected[1], atol=1e-4)


def test_similar_items_is_the_exact_one_where_all_is_searched(model):
    ids, scores = model.similar_items(4, N=6)
    expected = model.model.similar_items(4, N=6)
    assert ids.tolist() == expected[0].tolist() and np.allclose(scores, expected[1], atol=1e-5)
    assert 4 not in model.similar_items(4, N=6, filter_items=[4])[0]


def test_batches_are_what_single_calls_give(model, random_matrix):
    users = np.array([1, 5, 9])
    ids, scores = model.recommend(users, random_matrix[users], N=45)
    for row, user in enumerate(users):
        alone = model.recommend(user, random_matrix[user], N=45)
        count = len(alone[0])
        assert count == 40 - random_matrix[user].nnz and ids[row, :count].tolist() == alone[0].tolist()
        assert (ids[row, count:] == -1).all() and (scores[row, count:] == -np.finfo(np.float32).max).all()
    assert model.similar_items(np.array([2, 4]), N=3)[0].shape == (2, 3)


def test_what_forests_cannot_do_is_said(model, random_matrix):
    with pytest.raises(NotImplementedError):
        model.recommend(0, random_matrix[0], items=[1])
    with pytest.raises(NotImplementedError):
        model.similar_items(0, items=[1])
    with pytest.raises(NotImplementedError):
        model.similar_users(0)
    with pytest.raises(ValueError, match="CSR"):
        model.recommend(0, None)
    exact = AnnoyModel(model.model, approximate_similar_items=False, approximate_recommend=False)
    assert exact.similar_items(4, items=[1, 2])[0].shape == (10,)
    assert sorted(exact.recommend(0, random_matrix[0], items=[1, 2])[0]) == [1, 2]
