"""segue.als.AlternatingLeastSquares: implicit 0.7.3's names, shapes and semantics. References are written out in double."""

import os
import pickle
import signal
import threading
import warnings

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix
from segue.als import AlternatingLeastSquares, calculate_loss
from segue.recommender_base import ModelFitError
from segue.utils import ParameterWarning

NO_SCORE = -np.finfo(np.float32).max


def fitted(matrix, **options):
    options = {"factors": 8, "regularization": 0.1, "iterations": 10, "random_state": 3, **options}
    model = AlternatingLeastSquares(**options)
    model.fit(matrix, show_progress=False)
    return model


def exact_vector(table, row, regularization):
    """Hu, Koren & Volinsky, equation 4, with the values of the row as confidences; a negative one has p = 0."""
    table = np.asarray(table, dtype=np.float64)
    confidence, preference = np.ones(len(table)), np.zeros(len(table))
    stored = np.flatnonzero(row)
    confidence[stored] = np.abs(row[stored])
    preference[stored] = row[stored] > 0
    system = (table.T * confidence) @ table + regularization * np.eye(table.shape[1])
    return np.linalg.solve(system, table.T @ (confidence * preference))


def test_defaults_are_implicits():
    model = AlternatingLeastSquares()
    assert (model.factors, model.regularization, model.alpha, model.dtype) == (100, 0.01, 1.0, np.float32)
    assert (model.use_native, model.use_cg, model.iterations, model.cg_steps) == (True, True, 15, 3)
    assert (model.calculate_training_loss, model.num_threads, model.random_state) == (False, 0, None)
    assert model.user_factors is None and model.item_factors is None


@pytest.mark.parametrize("use_cg", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_checker_board_recommends_the_withheld_item(checker_board, use_cg, dtype):
    model = fitted(checker_board, factors=4, regularization=0.01, use_cg=use_cg, dtype=dtype)
    assert model.user_factors.dtype == model.item_factors.dtype == dtype
    for user in range(50):
        ids, scores = model.recommend(user, checker_board[user], N=1)
        assert ids.tolist() == [user] and scores.dtype == dtype


@pytest.mark.parametrize("use_cg", [True, False])
def test_item_factors_solve_their_equations(random_matrix, use_cg):
    # Items are solved last, so that they fit the users exactly; conjugate gradient is nearly there.
    model = fitted(random_matrix, use_cg=use_cg, iterations=30)
    columns = random_matrix.T.toarray()
    expected = np.array([exact_vector(model.user_factors, column, 0.1) for column in columns])
    assert np.allclose(model.item_factors, expected, atol=1e-4 if not use_cg else 5e-3)
    assert (model.item_factors[5] == 0).all() and (model.user_factors[3] == 0).all()


def test_alpha_multiplies_the_values(random_matrix):
    a, b = fitted(random_matrix, alpha=2.5), fitted(random_matrix * np.float32(2.5))
    assert (a.user_factors == b.user_factors).all()


def test_the_same_seed_and_any_threads_give_the_same_factors(random_matrix):
    factors = [fitted(random_matrix, num_threads=threads).item_factors for threads in (1, 2, 3, 8)]
    assert all((each == factors[0]).all() for each in factors)
    assert (fitted(random_matrix, random_state=4).item_factors != factors[0]).any()


def test_fit_goes_on_from_what_is_there(random_matrix):
    losses = []
    model = fitted(random_matrix, iterations=2, calculate_training_loss=True)
    model.fit(random_matrix, show_progress=False, callback=lambda i, seconds, loss: losses.append((i, loss)))
    model.fit(random_matrix, show_progress=False, callback=lambda i, seconds, loss: losses.append((i, loss)))
    assert [i for i, _ in losses] == [0, 1, 0, 1]
    assert [loss for _, loss in losses] == sorted((loss for _, loss in losses), reverse=True)


def test_the_loss_is_implicits(random_matrix):
    told = []
    model = AlternatingLeastSquares(factors=4, iterations=3, random_state=1, calculate_training_loss=True)
    model.fit(random_matrix, show_progress=False, callback=lambda *each: told.append(each))
    dense = random_matrix.toarray().astype(np.float64)
    confidence = np.where(dense != 0, dense, 1)
    users, items = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    loss = (confidence * ((dense > 0) - users @ items.T) ** 2).sum() + 0.01 * ((users**2).sum() + (items**2).sum())
    assert abs(told[-1][2] - loss / confidence.sum()) < 1e-5
    model.calculate_training_loss = False
    model.fit(random_matrix, show_progress=False, callback=lambda *each: told.append(each))
    assert told[-1][2] is None


def test_calculate_loss_is_what_fit_tells(random_matrix):
    told = []
    dense = random_matrix.toarray()
    dense[0, np.flatnonzero(dense[0])[0]] = -3
    matrix = csr_matrix(dense)
    model = AlternatingLeastSquares(factors=4, iterations=3, random_state=1, calculate_training_loss=True)
    model.fit(matrix, show_progress=False, callback=lambda *each: told.append(each[2]))
    assert abs(calculate_loss(matrix, model.user_factors, model.item_factors, 0.01) - told[-1]) < 1e-5
    # Factors that are wrong on purpose, one user, one liked item of two: by hand (1 + 1) / 2, and with the ridge (2 + 2) / 2.
    wrong = (csr_matrix([[1.0, 0.0]]), np.array([[1.0]]), np.array([[0.0], [1.0]]))
    assert calculate_loss(*wrong, 0.0) == 1 and calculate_loss(*wrong, 1.0) == 2


@pytest.mark.parametrize("use_cg", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_regularization_few_cells_are_reproduced(use_cg, dtype):
    counts = csr_matrix(np.array(
        [[1, 1, 0, 1, 0], [0, 1, 1, 1, 0], [1, 0, 1, 0, 0], [0, 0, 1, 1, 1], [0, 1, 0, 0, 1], [0, 0, 0, 0, 1]], dtype=np.float32
    ))  # fmt: skip
    model = AlternatingLeastSquares(factors=5, regularization=0, alpha=2.0, dtype=dtype, use_cg=use_cg, random_state=42)
    model.fit(counts, show_progress=False)
    assert np.allclose(model.user_factors @ model.item_factors.T, counts.toarray(), atol=1e-3)


def test_without_regularization_more_factors_than_the_data_has_are_fine(checker_board):
    model = AlternatingLeastSquares(factors=32, regularization=0, random_state=23)
    model.fit(checker_board[:5, :5], show_progress=False)
    model = AlternatingLeastSquares(factors=32, regularization=0, random_state=23)
    model.fit(checker_board, show_progress=False)
    for user in range(50):
        ids, scores = model.recommend(user, checker_board[user], N=1)
        again, their_scores = model.recommend(0, checker_board[user], N=1, recalculate_user=True)
        assert ids.tolist() == again.tolist() == [user] and abs(scores[0] - their_scores[0]) < 1e-3


def test_a_callback_that_raises_leaves_the_model_as_it_was(random_matrix):
    model = fitted(random_matrix)
    before = model.item_factors.copy()

    def stop(*_):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        model.fit(random_matrix, show_progress=False, callback=stop)
    assert (model.item_factors == before).all()


def test_ctrl_c_leaves_the_model_as_it_was(random_matrix):
    model = fitted(random_matrix)
    before = model.item_factors.copy()
    model.iterations = 2**31
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(random_matrix, show_progress=False)
    timer.join()
    assert (model.item_factors == before).all()


def test_input_that_is_not_csr_is_converted_with_a_warning(random_matrix):
    with pytest.warns(ParameterWarning, match="coo_matrix"):
        converted = fitted(coo_matrix(random_matrix))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (fitted(random_matrix).item_factors == converted.item_factors).all()


@pytest.mark.parametrize("change", ["int64", "unsorted", "duplicates", "float64", "strided"])
def test_every_kind_of_csr_gives_the_same(random_matrix, change):
    other = random_matrix.copy()
    if change == "int64":
        other.indices, other.indptr = other.indices.astype(np.int64), other.indptr.astype(np.int64)
    elif change == "unsorted":
        for begin, end in zip(other.indptr, other.indptr[1:]):
            other.indices[begin:end], other.data[begin:end] = other.indices[begin:end][::-1].copy(), other.data[begin:end][::-1].copy()
        other.has_sorted_indices = False
    elif change == "duplicates":
        other = csr_matrix((np.repeat(other.data / 2, 2), np.repeat(other.indices, 2), other.indptr * 2), shape=other.shape)
    elif change == "float64":
        other = other.astype(np.float64)
    else:
        other.data = np.repeat(other.data, 2)[::2]
    before = other.copy()
    assert (fitted(other).item_factors == fitted(random_matrix).item_factors).all()
    assert (other.indices == before.indices).all() and (other.data == before.data).all()


def test_dislikes_push_down(random_matrix):
    dense = random_matrix.toarray()
    liked = int(np.flatnonzero(dense[0])[0])
    dense[0, liked] = -20
    model = fitted(csr_matrix(dense))
    assert model.user_factors[0] @ model.item_factors[liked] < 0.1


def test_values_that_are_no_numbers_fail_the_fit(random_matrix):
    random_matrix.data[0] = np.nan
    with pytest.raises(ModelFitError, match="NaN"):
        fitted(random_matrix)


def test_there_is_no_gpu_and_no_half():
    with pytest.raises(ValueError, match="CPU only"):
        AlternatingLeastSquares(use_gpu=True)
    with pytest.raises(ValueError, match="Invalid dtype float16"):
        AlternatingLeastSquares(dtype=np.float16)


# ---- recommend ----------------------------------------------------------------------------------------------------------
def test_recommend_is_the_inner_product(random_matrix):
    model = fitted(random_matrix)
    ids, scores = model.recommend(7, random_matrix[7], N=10)
    expected = model.item_factors @ model.user_factors[7]
    expected[random_matrix[7].indices] = -np.inf
    assert ids.dtype == np.int32 and scores.dtype == np.float32 and ids.shape == scores.shape == (10,)
    assert ids.tolist() == np.argsort(-expected, kind="stable")[:10].tolist()
    assert np.allclose(scores, expected[ids], atol=1e-6)


def test_a_batch_gives_what_single_calls_give(random_matrix):
    model = fitted(random_matrix)
    users = np.arange(60)
    for options in ({}, {"filter_items": [1, 2]}, {"items": [9, 4, 30]}, {"recalculate_user": True}):
        ids, scores = model.recommend(users, random_matrix, N=5, **options)
        assert ids.shape == (60, 3 if "items" in options else 5)
        for user in users:
            alone = model.recommend(user, random_matrix[user], N=5, **options)
            assert (alone[0] == ids[user]).all() and (alone[1] == scores[user]).all()
    assert model.recommend(users[:0], random_matrix[:0])[0].shape == (0, 10)


def test_a_large_batch_goes_through_the_other_path(random_matrix):
    model = fitted(random_matrix)
    many = np.tile(np.arange(60), 3)
    ids, _ = model.recommend(many, random_matrix[many], N=4)
    assert (ids[:60] == ids[60:120]).all() and (ids[:60] == model.recommend(np.arange(60), random_matrix, N=4)[0]).all()


def test_filters(random_matrix):
    model = fitted(random_matrix)
    everything, _ = model.recommend(0, None, N=40, filter_already_liked_items=False)
    assert sorted(everything) == list(range(40))
    without, _ = model.recommend(0, random_matrix[0], N=3, filter_items=everything[:5].tolist())
    assert not set(without) & set(everything[:5])
    only, scores = model.recommend(0, random_matrix[0], N=10, items=[20, 1, 8], filter_already_liked_items=False)
    assert sorted(only) == [1, 8, 20] and (np.diff(scores) <= 0).all()


def test_what_is_filtered_fills_the_end_with_the_least_score(random_matrix):
    model = fitted(random_matrix)
    ids, scores = model.recommend(1, random_matrix[1], N=45)
    known = random_matrix[1].indices
    live = 40 - len(known)
    assert set(ids[live:40]) == set(known) and (scores[live:] == NO_SCORE).all() and (ids[40:] == -1).all()
    assert (scores[:live] > NO_SCORE).all()


def test_what_cannot_be_is_refused(random_matrix):
    model = fitted(random_matrix)
    with pytest.raises(ValueError, match="CSR"):
        model.recommend(0, random_matrix[0].tocoo())
    with pytest.raises(ValueError, match="1 row for every user"):
        model.recommend([0, 1], random_matrix)
    with pytest.raises(ValueError, match="both items and filter_items"):
        model.recommend(0, random_matrix[0], items=[1], filter_items=[2])
    for wrong in ([40], [-1]):
        with pytest.raises(IndexError, match="not in the model"):
            model.recommend(0, random_matrix[0], items=wrong)
        with pytest.raises(IndexError, match="not in the model"):
            model.similar_items(0, items=wrong)
    with pytest.raises(IndexError):
        model.recommend(60, random_matrix[0])


def test_a_matrix_the_wrong_way_round_is_told(random_matrix):
    model = fitted(random_matrix)
    turned = random_matrix.T.tocsr()
    with pytest.raises(ValueError, match="users × items.*transposed"):
        model.recommend(0, turned[0])
    with pytest.raises(ValueError, match="users × items.*transposed"):
        model.partial_fit_users([0], turned[0])
    with pytest.raises(ValueError, match="items × users"):
        model.partial_fit_items([0], random_matrix[0])
    with pytest.raises(ValueError, match="40 × 60"):
        model.fit(turned, show_progress=False)


# ---- similar ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("side", ["items", "users"])
def test_similar_is_the_cosine_with_itself_first(random_matrix, side):
    model = fitted(random_matrix)
    table = model.item_factors if side == "items" else model.user_factors
    similar = model.similar_items if side == "items" else model.similar_users
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-10)
    for asked in (0, 9):
        ids, scores = similar(asked, N=6)
        assert ids[0] == asked and abs(scores[0] - 1) < 1e-6
        assert np.allclose(scores, (unit @ unit[asked])[ids], atol=1e-6)
        assert np.allclose(scores, np.sort(unit @ unit[asked])[::-1][:6], atol=1e-6)
    ids, scores = similar(np.array([0, 9]), N=6)
    assert ids.shape == (2, 6) and ids[1].tolist() == similar(9, N=6)[0].tolist()
    limited = similar(0, N=3, **{side: [4, 2, 11]})[0]
    assert sorted(limited) == [2, 4, 11]
    assert 0 not in similar(0, N=5, **{f"filter_{side}": [0]})[0]


def test_similar_items_of_new_listeners(random_matrix):
    model = fitted(random_matrix, iterations=30, use_cg=False)
    ids, _ = model.similar_items(2, N=1, recalculate_item=True, item_users=random_matrix.T.tocsr()[2])
    assert ids.tolist() == [2]


# ---- recalculate, partial fit, explain -----------------------------------------------------------------------------------
def test_recalculate_is_exact(random_matrix):
    model = fitted(random_matrix, alpha=2.0)
    dense = 2 * random_matrix.toarray()
    users = np.array([4, 3, 9])
    vectors = model.recalculate_user(users, random_matrix[users])
    expected = [exact_vector(model.item_factors, dense[user], 0.1) for user in users]
    assert vectors.shape == (3, 8) and vectors.dtype == np.float32 and np.allclose(vectors, expected, atol=1e-5)
    assert (vectors[1] == 0).all()  # user 3 has no history
    one = model.recalculate_item(6, random_matrix.T.tocsr()[6])
    assert np.allclose(one, exact_vector(model.user_factors, dense[:, 6], 0.1), atol=1e-5)


def test_partial_fit_stores_and_grows(random_matrix):
    model = fitted(random_matrix)
    before = model.user_factors.copy()
    model.partial_fit_users([2, 62], random_matrix[[9, 10]])
    assert model.user_factors.shape == (63, 8) and (model.user_factors[60:62] == 0).all()
    assert (model.user_factors[2] == model.recalculate_user(0, random_matrix[9])).all()
    assert (model.user_factors[3:60] == before[3:]).all()
    model.partial_fit_items([41], random_matrix.T.tocsr()[1])
    assert model.item_factors.shape == (42, 8)
    assert 41 in model.similar_items(41, N=1)[0]  # also the index knows the new item


def test_partial_fit_after_growth_takes_matrices_of_the_first_fit(random_matrix):
    model = fitted(random_matrix)
    model.partial_fit_items([60], random_matrix.T.tocsr()[1])  # now as many items as the model has users, and one more
    model.partial_fit_users([0], random_matrix[1])
    square = fitted(random_matrix[:40])
    square.partial_fit_users([99], random_matrix[1])
    square.partial_fit_items([3], random_matrix[:40].T.tocsr()[1])  # 40 columns: the users of the fit
    assert len(square.user_factors) == 100
    assert 60 in model.recommend(0, random_matrix[0], N=61)[0]


def test_explain_adds_up_to_the_score(random_matrix):
    model = fitted(random_matrix, alpha=3.0)
    user, item = 8, 17
    total, parts, weights = model.explain(user, random_matrix, item, N=3)
    vector = exact_vector(model.item_factors, 3 * random_matrix[user].toarray()[0], 0.1)
    assert abs(total - vector @ model.item_factors[item]) < 1e-5
    assert len(parts) == 3 and all(i in random_matrix[user].indices for i, _ in parts)
    assert [score for _, score in parts] == sorted((score for _, score in parts), reverse=True)
    every = model.explain(user, random_matrix[user], item, user_weights=weights, N=100)[1]
    assert abs(sum(score for _, score in every) - total) < 1e-5


def test_explain_works_whatever_was_asked_before(random_matrix):
    model = fitted(random_matrix)
    expected = model.explain(8, random_matrix, 17)[0]
    model = fitted(random_matrix)
    model.recommend(8, random_matrix[8])
    model.similar_users(8)
    assert model.explain(8, random_matrix, 17)[0] == expected
    assert model.YtY.shape == model.XtX.shape == (8, 8)


def test_rank_items_is_deprecated_and_works(random_matrix):
    model = fitted(random_matrix)
    with pytest.warns(DeprecationWarning):
        ids, _ = model.rank_items(0, random_matrix[0], [3, 1, 2])
    assert sorted(ids) == [1, 2, 3]


# ---- files --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", ["npz", "pickle"])
def test_saved_models_answer_the_same(random_matrix, tmp_path, way):
    model = fitted(random_matrix, dtype=np.float64, alpha=2.0)
    if way == "npz":
        model.save(str(tmp_path / "model"))
        again = AlternatingLeastSquares.load(str(tmp_path / "model"))
    else:
        again = pickle.loads(pickle.dumps(model))
    assert (again.factors, again.alpha, again.dtype, again.random_state) == (8, 2.0, np.float64, 3)
    assert (again.item_factors == model.item_factors).all()
    assert (again.recommend(0, random_matrix[0])[0] == model.recommend(0, random_matrix[0])[0]).all()


def test_a_model_that_was_never_fitted_can_be_kept(tmp_path):
    AlternatingLeastSquares(factors=7).save(str(tmp_path / "x.npz"))
    assert AlternatingLeastSquares.load(str(tmp_path / "x.npz")).factors == 7
    assert pickle.loads(pickle.dumps(AlternatingLeastSquares(factors=7))).item_factors is None


def test_assigned_factors_are_searched(random_matrix):
    model = fitted(random_matrix)
    model.similar_items(0)
    model.item_factors = np.eye(40, 8, dtype=np.float32)
    assert model.similar_items(3, N=2)[0].tolist() == [3, 0]
    with pytest.raises(ValueError, match="read-only"):
        model.item_factors[0, 0] = 5


def test_threads_may_ask_at_once(random_matrix):
    model = fitted(random_matrix)
    expected = model.recommend(np.arange(60), random_matrix)[0]
    wrong = []

    def ask():
        for _ in range(50):
            if (model.recommend(np.arange(60), random_matrix)[0] != expected).any():
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
