"""segue.bpr and segue.lmf: implicit 0.7.3's parameters, layouts and start. What holds for all models is in test_all_models.py."""

import math

import numpy as np
import pytest
from segue.bpr import BayesianPersonalizedRanking
from segue.lmf import LogisticMatrixFactorization
from segue.recommender_base import ModelFitError


def test_bpr_defaults_are_implicits():
    model = BayesianPersonalizedRanking()
    assert (model.factors, model.learning_rate, model.regularization, model.dtype) == (100, 0.01, 0.01, np.float32)
    assert (model.iterations, model.num_threads, model.verify_negative_samples, model.random_state) == (100, 0, True, None)
    with pytest.raises(ValueError, match="CPU only"):
        BayesianPersonalizedRanking(use_gpu=True)


def test_lmf_defaults_are_implicits():
    model = LogisticMatrixFactorization()
    assert (model.factors, model.learning_rate, model.regularization, model.dtype) == (30, 1.0, 0.6, np.float32)
    assert (model.iterations, model.neg_prop, model.num_threads, model.random_state) == (30, 30, 0, None)
    # By position, as implicit has them.
    model = LogisticMatrixFactorization(3, 0.5, 0.1, np.float64, 7, 5, False, 2, 11)
    assert (model.dtype, model.iterations, model.neg_prop, model.num_threads, model.random_state) == (np.float64, 7, 5, 2, 11)
    with pytest.raises(ValueError, match="CPU only"):
        LogisticMatrixFactorization(use_gpu=True)


def test_bpr_has_one_more_column_with_the_bias_of_items(random_matrix):
    model = BayesianPersonalizedRanking(factors=5, iterations=30, random_state=1)
    model.fit(random_matrix, show_progress=False)
    assert model.user_factors.shape == (60, 6) and model.item_factors.shape == (40, 6)
    listened = np.diff(random_matrix.indptr) > 0
    assert (model.user_factors[listened, 5] == 1).all() and (model.user_factors[~listened] == 0).all()
    assert len(np.unique(model.item_factors[:, 5])) > 10


def test_bpr_starts_where_implicit_starts(random_matrix):
    model = BayesianPersonalizedRanking(factors=5, iterations=0, random_state=1)
    model.fit(random_matrix, show_progress=False)
    generator = np.random.default_rng(1)
    items = (generator.random((40, 6), dtype=np.float32) - 0.5) / 5
    users = (generator.random((60, 6), dtype=np.float32) - 0.5) / 5
    played = np.bincount(random_matrix.indices, minlength=40) > 0
    listened = np.diff(random_matrix.indptr) > 0
    assert np.allclose(model.item_factors[played], items[played])
    assert np.allclose(model.user_factors[listened, :5], users[listened, :5])


def test_bpr_ignores_weights(random_matrix):
    other = random_matrix.copy()
    other.data = other.data * 7 - 100
    models = [BayesianPersonalizedRanking(factors=3, iterations=5, random_state=1) for _ in range(2)]
    for model, matrix in zip(models, (random_matrix, other)):
        model.fit(matrix, show_progress=False)
    assert (models[0].item_factors == models[1].item_factors).all()


def test_bpr_calls_back_with_four_values(random_matrix):
    told = []
    model = BayesianPersonalizedRanking(factors=3, iterations=2, random_state=1)
    model.fit(random_matrix, show_progress=False, callback=lambda *each: told.append(each))
    assert [len(each) for each in told] == [4, 4] and math.isnan(told[0][2]) and told[0][3] == 0


def test_lmf_has_two_more_columns_with_the_biases(random_matrix):
    model = LogisticMatrixFactorization(factors=4, iterations=5, random_state=1)
    model.fit(random_matrix, show_progress=False)
    assert model.user_factors.shape == (60, 6) and model.item_factors.shape == (40, 6)
    played = np.bincount(random_matrix.indices, minlength=40) > 0
    listened = np.diff(random_matrix.indptr) > 0
    assert (model.user_factors[listened, -2] == 1).all() and (model.item_factors[played, -1] == 1).all()
    assert len(np.unique(model.user_factors[listened, -1])) > 10 and len(np.unique(model.item_factors[played, -2])) > 10


def test_lmf_starts_where_implicit_starts(random_matrix):
    model = LogisticMatrixFactorization(factors=4, iterations=0, random_state=1)
    model.fit(random_matrix, show_progress=False)
    generator = np.random.default_rng(1)
    items = generator.standard_normal((40, 6), dtype=np.float32)
    items[:, -1] = 1
    played = np.bincount(random_matrix.indices, minlength=40) > 0
    assert np.allclose(model.item_factors[played], items[played])


def test_lmf_counts_weights_and_calls_back_with_two_values(random_matrix):
    told, models = [], []
    for scale in (1, 5):
        models.append(LogisticMatrixFactorization(factors=3, iterations=2, random_state=1))
        models[-1].fit(random_matrix * np.float32(scale), show_progress=False, callback=lambda *each: told.append(each))
    assert (models[0].item_factors != models[1].item_factors).any() and [len(each) for each in told] == [2] * 4


@pytest.mark.parametrize("kind", [BayesianPersonalizedRanking, LogisticMatrixFactorization])
def test_what_gradient_models_cannot_do_is_said(kind, random_matrix):
    model = kind(factors=3, iterations=1)
    model.fit(random_matrix, show_progress=False)
    for ask in (lambda: model.recalculate_user(0, random_matrix[0]), lambda: model.recommend(0, random_matrix[0], recalculate_user=True)):
        with pytest.raises(NotImplementedError, match="recalculate_user"):
            ask()
    with pytest.raises(NotImplementedError, match="recalculate_item"):
        model.recalculate_item(0, random_matrix.T.tocsr()[0])
    with pytest.raises(ValueError, match="Invalid dtype float16"):
        kind(dtype=np.float16)
    with pytest.raises(ValueError):
        kind(factors=3, learning_rate=-1).fit(random_matrix, show_progress=False)
    wild = kind(factors=3, iterations=50, learning_rate=1e30)
    with pytest.raises(ModelFitError, match="NaN"):
        wild.fit(random_matrix, show_progress=False)
    assert wild.user_factors is None
