"""Model.evaluate and recommend(explain=True), held against sums written out here."""

import numpy as np
import pytest
import segue
from scipy.sparse import csr_matrix


def camps(users=60, items=40):
    """Two camps of listeners, each with its half of the items."""
    generator = np.random.default_rng(4)
    plays = generator.poisson(1.0, (users, items)) * ((np.arange(users)[:, None] + np.arange(items)) % 2 == 0)
    return segue.from_csr(csr_matrix(plays.astype(np.float32)))


def test_split_parts_the_cells_by_seed():
    data = camps()
    train, test = data.split(0.25, seed=3)
    assert (train.matrix + test.matrix != data.matrix).nnz == 0 and train.matrix.multiply(test.matrix).nnz == 0
    assert 0.2 < test.nnz / data.nnz < 0.3 and test.item_ids == data.item_ids
    assert (data.split(0.25, seed=3)[1].matrix != test.matrix).nnz == 0
    assert (data.split(0.25, seed=4)[1].matrix != test.matrix).nnz > 0
    _, one = data.split(leave_out=1)
    assert set(np.diff(one.matrix.indptr)) <= {0, 1}
    with pytest.raises(ValueError):
        data.split(1.5)


def test_evaluate_finds_what_was_held_out():
    train, test = camps().split()
    model = segue.fit(train, factors=4, progress=False)
    found = model.evaluate(test, ["recall@10", "hit_rate@1", "auc"], resamples=100)
    assert list(found) == ["recall@10", "hit_rate@1", "auc"] and len(found) == 3
    hits, users = 0.0, 0
    for user in range(60):
        wanted = set(test.matrix[user].indices.tolist())
        if wanted:
            scores = model.item_factors @ model.user_factors[user]
            scores[train.matrix[user].indices] = -np.inf
            hits += len(wanted & set(np.argsort(-scores)[:10].tolist())) / len(wanted)
            users += 1
    assert found.n_users == users and abs(found["recall@10"].mean - hits / users) < 1e-9
    assert found["recall@10"].low < found["recall@10"].mean < found["recall@10"].high
    assert found["auc"].mean > 0.7 and found.left_out == 0
    assert "recall@10" in repr(found) and "<td>recall@10</td>" in found._repr_html_()


def test_evaluate_matches_ids_and_takes_matrices():
    train, test = camps().split()
    model = segue.fit(train, factors=4, progress=False)
    by_ids = model.evaluate(test, ["ndcg@10"])["ndcg@10"]
    assert model.evaluate(test.matrix, ["ndcg@10"])["ndcg@10"] == by_ids
    rows, columns = test.matrix.nonzero()
    strangers = segue.from_frame({
        "user": [test.user_ids[row] for row in rows] + ["nobody"], "item": [test.item_ids[column] for column in columns] + ["00"],
    })  # fmt: skip
    found = model.evaluate(strangers, ["ndcg@10"])
    assert found.left_out == 1 and abs(found["ndcg@10"].mean - by_ids.mean) < 1e-12


def test_evaluate_refuses_what_makes_no_sense():
    data = camps()
    model = segue.fit(data, factors=4, progress=False)
    with pytest.raises(ValueError, match="split first"):
        model.evaluate(data)
    with pytest.raises(ValueError, match="is 3 × 3"):
        model.evaluate(csr_matrix(np.eye(3)))
    train, test = data.split()
    model = segue.fit(train, factors=4, progress=False)
    with pytest.raises(ValueError, match="is no measure"):
        model.evaluate(test, ["magic@10"])
    with pytest.raises(ValueError, match="list of names"):
        model.evaluate(test, "ndcg@10")


@pytest.mark.parametrize(
    "options", [{}, {"weighting": "linear"}, {"unobserved_weight": 0.1, "regularization_exponent": 1.0, "regularization": 0.002}]
)
def test_reasons_add_up_to_the_score(options):
    data = camps()
    model = segue.fit(data, factors=6, progress=False, **options)
    titles = data.titles
    likes = {titles[0]: 3, titles[2]: 1, titles[8]: 5, titles[5]: -2}
    for each in model.recommend(likes=likes, n=5, explain=10):
        assert {reason.title for reason in each.reasons} <= {titles[0], titles[2], titles[8]}
        parts = [reason.part for reason in each.reasons]
        assert parts == sorted(parts, reverse=True)
    # Without dislikes, and with every part listed (none is below 0 here), their sum is the score.
    everything = model.recommend(likes={titles[0]: 3, titles[2]: 1, titles[8]: 5}, n=3, explain=10)
    for each in everything:
        if len(each.reasons) == 3:
            assert abs(sum(reason.part for reason in each.reasons) - each.score) < 1e-5
    assert any(len(each.reasons) == 3 for each in everything)


def test_a_users_reasons_are_of_what_they_played():
    data = camps()
    model = segue.fit(data, factors=4, progress=False)
    known = {data.titles[item] for item in data.matrix[7].indices}
    answer = model.recommend(user=data.user_ids[7], n=4, explain=True)
    assert all(1 <= len(each.reasons) <= 3 and {reason.title for reason in each.reasons} <= known for each in answer)
    assert answer[0].reasons[0].title in repr(answer) and "because of" in answer._repr_html_()
    plain = model.recommend(user=data.user_ids[7], n=4)
    assert [each[:4] for each in answer] == [each[:4] for each in plain] and plain[0].reasons == ()
    assert "because of" not in plain._repr_html_()
    assert model.recommend(user=data.user_ids[7], only=[data.titles[data.matrix[7].indices[0]]], explain=True) == []
