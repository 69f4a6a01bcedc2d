"""Weightings, splits and metrics, held against the formulas written out cell by cell."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from segue.als import AlternatingLeastSquares
from segue.evaluation import (
    AUC_at_k, leave_k_out_split, mean_average_precision_at_k, ndcg_at_k, precision_at_k, ranking_metrics_at_k,
    train_test_split,
)  # fmt: skip
from segue.nearest_neighbours import bm25_weight, normalize, tfidf_weight
from segue.utils import augment_inner_product_matrix, check_random_state, nonzeros


def test_bm25_is_the_formula(random_matrix):
    dense = random_matrix.toarray().astype(np.float64)
    weighted = bm25_weight(random_matrix, K1=100, B=0.8).toarray()
    mean = dense.sum(axis=1).mean()
    for i, j in zip(*dense.nonzero()):
        idf = math.log(60) - math.log1p((dense[:, j] != 0).sum())
        norm = 0.2 + 0.8 * dense[i].sum() / mean
        assert abs(weighted[i, j] - dense[i, j] * 101 / (100 * norm + dense[i, j]) * idf) < 1e-5


def test_tfidf_and_normalize_are_their_formulas(random_matrix):
    dense = random_matrix.toarray().astype(np.float64)
    weighted = tfidf_weight(random_matrix).toarray()
    idf = np.log(60) - np.log1p((dense != 0).sum(axis=0))
    assert np.allclose(weighted, np.sqrt(dense) * idf, atol=1e-6)
    lengths = np.linalg.norm(normalize(random_matrix).toarray(), axis=1)
    assert np.allclose(lengths, np.where(dense.any(axis=1), 1, 0), atol=1e-6)


def test_weighting_leaves_its_input_alone(random_matrix):
    before = random_matrix.copy()
    for weigh in (bm25_weight, tfidf_weight, normalize):
        for matrix in (random_matrix, random_matrix.tocoo()):
            weigh(matrix)
            assert (matrix.tocsr() != before).nnz == 0


def test_a_split_is_a_partition_by_seed(random_matrix):
    train, test = train_test_split(random_matrix, 0.7, random_state=5)
    assert ((train + test) != random_matrix).nnz == 0 and train.multiply(test).nnz == 0
    assert abs(train.nnz / random_matrix.nnz - 0.7) < 0.1
    assert (train_test_split(random_matrix, 0.7, random_state=5)[0] != train).nnz == 0


@pytest.mark.parametrize("k", [1, 3])
def test_leave_k_out_takes_k_of_each_user_by_seed(random_matrix, k):
    train, test = leave_k_out_split(random_matrix, K=k, random_state=5)
    counts = np.diff(random_matrix.indptr)
    assert np.diff(test.indptr).tolist() == [k if count > k + 1 else 0 for count in counts]
    assert ((train + test) != random_matrix).nnz == 0
    assert (leave_k_out_split(random_matrix, K=k, random_state=5)[1] != test).nnz == 0
    assert (leave_k_out_split(random_matrix, K=k, random_state=6)[1] != test).nnz > 0
    few = leave_k_out_split(random_matrix, K=k, train_only_size=0.5, random_state=5)[1]
    assert 0 < (np.diff(few.indptr) > 0).sum() < (np.diff(test.indptr) > 0).sum()
    with pytest.raises(ValueError, match="K"):
        leave_k_out_split(random_matrix, K=0)
    with pytest.raises(ValueError, match="train_only_size"):
        leave_k_out_split(random_matrix, train_only_size=1.0)


class Fixed:
    """Recommends what it was told."""

    def __init__(self, lists):
        self.lists = np.array(lists)

    def recommend(self, users, user_items, N):
        return self.lists[users, :N], None


def test_metrics_computed_by_hand():
    # User 0: hits at ranks 1 and 3 of 3, three held out. User 1: nothing held out. User 2: a hit at rank 2, one held out.
    test = csr_matrix(np.array([[1, 0, 1, 1, 0, 0], [0] * 6, [0, 0, 0, 0, 1, 0]]))
    model = Fixed([[0, 1, 2], [0, 1, 2], [5, 4, 3]])
    metrics = ranking_metrics_at_k(model, csr_matrix((3, 6)), test, K=3, show_progress=False)
    assert metrics["precision"] == 3 / 4
    assert abs(metrics["map"] - ((1 + 2 / 3) / 3 + 1 / 2) / 2) < 1e-12
    gains = [1, 1 / math.log2(3), 1 / 2]
    assert abs(metrics["ndcg"] - ((gains[0] + gains[2]) / sum(gains) + gains[1]) / 2) < 1e-12
    # Of 9 pairs of user 0: item 1 follows one hit; the two unlisted misses count (2 + 3) / 2 each. Of 5 of user 2: item 5
    # follows none, item 3 one; three unlisted count (1 + 1) / 2.
    assert abs(metrics["auc"] - ((1 + 2.5 * 2) / 9 + (0 + 1 + 3) / 5) / 2) < 1e-12
    arguments = (model, csr_matrix((3, 6)), test, 3)
    assert precision_at_k(*arguments) == metrics["precision"] and ndcg_at_k(*arguments) == metrics["ndcg"]
    assert mean_average_precision_at_k(*arguments) == metrics["map"] and AUC_at_k(*arguments) == metrics["auc"]


def test_a_trained_model_beats_chance(checker_board):
    train, test = train_test_split(checker_board, random_state=1)
    model = AlternatingLeastSquares(factors=4, random_state=1)
    model.fit(train, show_progress=False)
    metrics = ranking_metrics_at_k(model, train, test, K=5, show_progress=False)
    # All held-out items are of the user's parity, half of all: random lists would have an auc of .5.
    assert metrics["auc"] > 0.6 and metrics["precision"] > 0.6
    with pytest.raises(ValueError, match="users × items"):
        ranking_metrics_at_k(model, train, test[:, :10])
    with pytest.raises(ValueError, match="no user has held-out items"):
        ranking_metrics_at_k(model, train, csr_matrix((50, 50)))


def test_utils(random_matrix):
    assert list(nonzeros(random_matrix, 0)) == list(zip(random_matrix[0].indices, random_matrix[0].data))
    assert check_random_state(3).random() == check_random_state(3).random()
    assert isinstance(check_random_state(np.random.RandomState(1)), np.random.Generator)
    table = np.array([[3.0, 4.0], [1.0, 0.0]])
    largest, augmented = augment_inner_product_matrix(table)
    assert largest == 5 and np.allclose(np.linalg.norm(augmented, axis=1), 5) and augmented.shape == (2, 3)
