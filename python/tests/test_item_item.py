"""segue.nearest_neighbours' recommenders: implicit 0.7.3's names, shapes and semantics, held against dense products in double."""

import pickle

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix
from segue.nearest_neighbours import (
    BM25Recommender, CosineRecommender, ItemItemRecommender, TFIDFRecommender, all_pairs_knn, bm25_weight, normalize,
    tfidf_weight,
)  # fmt: skip
from segue.utils import ParameterWarning

NO_SCORE = -np.finfo(np.float32).max
WEIGHTS = {
    ItemItemRecommender: lambda matrix: matrix,
    CosineRecommender: lambda matrix: normalize(matrix.T).T,
    TFIDFRecommender: lambda matrix: normalize(tfidf_weight(matrix.T)).T,
    BM25Recommender: lambda matrix: bm25_weight(matrix.T, 1.2, 0.75).T,
}


def fitted(kind, matrix, **options):
    model = kind(**options)
    model.fit(matrix, show_progress=False)
    return model


def products(kind, matrix):
    """All products of columns, in double."""
    weighted = WEIGHTS[kind](matrix.astype(np.float64)).toarray()
    return weighted.T @ weighted


def test_item_item_defaults_are_implicits():
    assert (ItemItemRecommender().K, ItemItemRecommender().num_threads) == (20, 0)
    assert (BM25Recommender().K, BM25Recommender().K1, BM25Recommender().B) == (20, 1.2, 0.75)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_the_k_largest_products_are_kept_with_the_item_itself(kind, random_matrix):
    expected = products(kind, random_matrix)
    similarity = fitted(kind, random_matrix, K=5).similarity.toarray()
    for row, best in zip(similarity, expected):
        order = np.argsort(-best, kind="stable")[:5]
        order = order[best[order] > 0]
        # float32 sums of up to 60 products
        assert np.allclose(np.sort(row[row != 0]), np.sort(best[order]), rtol=1e-5)
        assert np.allclose(row[row != 0], best[row != 0], rtol=1e-5)


def test_all_pairs_knn_is_the_product_of_columns(random_matrix):
    found = all_pairs_knn(random_matrix, K=40, show_progress=False)
    assert isinstance(found, coo_matrix)
    assert np.allclose(found.toarray(), (random_matrix.T @ random_matrix).toarray())
    with pytest.raises(ValueError, match="K is 0"):
        all_pairs_knn(random_matrix, K=0)


def test_what_is_not_above_zero_counts_as_absent(random_matrix):
    negative = random_matrix.copy()
    negative.data[::7] = -1
    positive = negative.copy()
    positive.data[positive.data < 0] = 0
    positive.eliminate_zeros()
    one, other = (fitted(ItemItemRecommender, each).similarity.toarray() for each in (negative, positive))
    assert (one == other).all()


def test_threads_do_not_change_the_neighbours(random_matrix):
    found = [fitted(BM25Recommender, random_matrix, num_threads=threads).similarity.toarray() for threads in (1, 2, 3, 8)]
    assert all((each == found[0]).all() for each in found)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_recommend_is_the_history_times_the_neighbours(kind, random_matrix):
    model = fitted(kind, random_matrix, K=6)
    similarity = model.similarity.toarray()
    for user in range(60):
        ids, scores = model.recommend(user, random_matrix[user], N=7)
        expected = random_matrix[user].toarray()[0].astype(np.float64) @ similarity
        expected[random_matrix[user].indices] = 0
        order = np.argsort(-expected, kind="stable")[:7]
        order = order[expected[order] > 0]
        assert ids.tolist() == order.tolist() and ids.dtype == np.int32 and scores.dtype == np.float64
        assert np.allclose(scores, expected[order])


@pytest.mark.parametrize("kind", WEIGHTS)
def test_similar_items_are_the_neighbours_best_first(kind, random_matrix):
    model = fitted(kind, random_matrix, K=6)
    for item in range(40):
        ids, scores = model.similar_items(item, N=4)
        row = model.similarity.toarray()[item]
        assert scores.tolist() == np.sort(row[row != 0])[::-1][:4].tolist() and (row[ids] == scores).all()
    if kind in (CosineRecommender, TFIDFRecommender):
        ids, scores = model.similar_items(np.arange(40), N=4)
        listened = np.flatnonzero(np.bincount(random_matrix.indices, minlength=40))
        assert (ids[listened, 0] == listened).all() and np.allclose(scores[listened, 0], 1)


def test_filters_leave_n_results(random_matrix):
    model = fitted(CosineRecommender, random_matrix, K=40)
    plain, _ = model.similar_items(2, N=20)
    without, _ = model.similar_items(2, N=5, filter_items=plain[:3])
    assert without.tolist() == plain[3:8].tolist()
    plain, _ = model.recommend(0, random_matrix[0], N=20)
    without, _ = model.recommend(0, random_matrix[0], N=5, filter_items=plain[:3])
    assert without.tolist() == plain[3:8].tolist()


def test_selected_items_without_a_score_come_last(random_matrix):
    model = fitted(CosineRecommender, random_matrix, K=2)
    for found in (model.similar_items(2, items=[5, 9, 2]), model.recommend(0, random_matrix[0], items=[5, 9, 2])):
        ids, scores = found
        assert sorted(ids) == [2, 5, 9] and (np.diff(scores) <= 0).all() and scores[-1] == NO_SCORE
    for wrong in ([40], [-1]):
        with pytest.raises(IndexError, match="not in the model"):
            model.recommend(0, random_matrix[0], items=wrong)
        with pytest.raises(IndexError, match="not in the model"):
            model.similar_items(0, items=wrong)
    with pytest.raises(ValueError, match="both filter_items and items"):
        model.similar_items(0, items=[1], filter_items=[2])


def test_one_query_gives_what_there_is_and_a_batch_is_filled_up(random_matrix):
    model = fitted(ItemItemRecommender, random_matrix, K=3)
    ids, scores = model.recommend(np.arange(60), random_matrix, N=45)
    assert ids.shape == scores.shape == (60, 45)
    for user in range(60):
        alone, their_scores = model.recommend(user, random_matrix[user], N=45)
        assert ids[user, : len(alone)].tolist() == alone.tolist() and (ids[user, len(alone) :] == -1).all()
        assert scores[user, : len(alone)].tolist() == their_scores.tolist() and (scores[user, len(alone) :] == NO_SCORE).all()
    assert len(model.similar_items(0, N=45)[0]) <= 3
    assert [len(each) for each in model.similar_items(10**6)] == [0, 0]
    assert [len(each) for each in model.similar_items(5)] == [0, 0]  # whom nobody played


def test_what_knn_cannot_do_is_said(random_matrix):
    model = ItemItemRecommender()
    with pytest.raises(ValueError, match="call fit"):
        model.similar_items(0)
    with pytest.raises(NotImplementedError, match="callback"):
        model.fit(random_matrix, callback=print)
    model.fit(random_matrix, show_progress=False)
    with pytest.raises(NotImplementedError, match="similar_users"):
        model.similar_users(0)
    with pytest.raises(NotImplementedError, match="recalculate_item"):
        model.similar_items(0, recalculate_item=True)
    with pytest.raises(ValueError, match="1 row for every user"):
        model.recommend([0, 1], random_matrix)
    with pytest.raises(ValueError, match="CSR"):
        model.recommend(0, random_matrix[0].tocsc())
    with pytest.raises(ValueError, match="users × items"):
        model.recommend(0, random_matrix.T.tocsr()[0])
    with pytest.warns(ParameterWarning):
        model.fit(random_matrix.tocoo(), show_progress=False)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_saved_and_pickled_neighbours_answer_the_same(kind, random_matrix, tmp_path):
    model = fitted(kind, random_matrix, K=4)
    model.save(str(tmp_path / "knn.npz"))
    with np.load(tmp_path / "knn.npz") as arrays:
        assert set(arrays) == {"K", "shape", "data", "indptr", "indices"}
    for again in (kind.load(str(tmp_path / "knn")), pickle.loads(pickle.dumps(model))):
        assert again.K == 4 and (again.similarity != model.similarity).nnz == 0
        assert (again.recommend(3, random_matrix[2])[0] == model.recommend(3, random_matrix[2])[0]).all()
    kind().save(str(tmp_path / "empty.npz"))
    assert kind.load(str(tmp_path / "empty.npz")).similarity is None and pickle.loads(pickle.dumps(kind())).K == 20


def test_a_damaged_file_is_refused(random_matrix, tmp_path):
    fitted(CosineRecommender, random_matrix).save(str(tmp_path / "knn.npz"))
    with np.load(tmp_path / "knn.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "knn.npz", **{**arrays, "indices": arrays["indices"] + 1000})
    with pytest.raises(ValueError):
        CosineRecommender.load(str(tmp_path / "knn.npz"))


def test_counts_may_be_a_csr_of_whole_numbers():
    counts = csr_matrix(np.array([[1, 2, 0], [3, 0, 1]]))
    assert fitted(ItemItemRecommender, counts).similarity.toarray()[0].tolist() == [10, 2, 3]
