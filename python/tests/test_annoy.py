"""segue.annoy.AnnoyIndex: Annoy's calls, results and exceptions."""

import pickle
import struct
import threading

import numpy as np
import pytest
from segue.annoy import AnnoyIndex

METRICS = ["angular", "euclidean", "manhattan", "hamming", "dot"]


def built(metric="angular", f=8, count=200, trees=10, seed=1):
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(count, f)).astype(np.float32)
    index = AnnoyIndex(f, metric)
    for i, vector in enumerate(vectors):
        index.add_item(i, vector)
    index.build(trees)
    return index, vectors


def truth(metric, vectors, query):
    """(order, distances), slow and obvious."""
    if metric == "dot":
        distances = vectors @ query
        return np.argsort(-distances, kind="stable"), distances
    if metric == "angular":
        cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
        distances = np.sqrt(np.maximum(2 - 2 * cosines, 0))
    elif metric == "euclidean":
        distances = np.linalg.norm(vectors - query, axis=1)
    elif metric == "manhattan":
        distances = np.abs(vectors - query).sum(axis=1)
    else:
        distances = ((vectors > 0.5) != (query > 0.5)).sum(axis=1)
    return np.argsort(distances, kind="stable"), distances


@pytest.mark.parametrize("metric", METRICS)
def test_asked_for_everything_it_gives_the_truth(metric):
    index, vectors = built(metric)
    _, expected = truth(metric, vectors, vectors[5])
    items, distances = index.get_nns_by_item(5, 200, search_k=100000, include_distances=True)
    assert sorted(items) == list(range(200))
    # float32 sums of 8 terms; near 0 the root of 2 - 2 cos takes the root of their error.
    assert np.allclose(distances, expected[items], atol=2e-3)
    assert np.allclose(sorted(distances, reverse=metric == "dot"), distances, atol=1e-6)
    assert index.get_nns_by_vector(list(vectors[5]), 20, 100000) == index.get_nns_by_item(5, 20, 100000)
    assert abs(index.get_distance(5, 9) - expected[9]) < 2e-3


def test_results_have_annoys_types():
    index, vectors = built()
    ids = index.get_nns_by_item(0, 3)
    assert type(ids) is list and type(ids[0]) is int
    pair = index.get_nns_by_vector(vectors[0], 3, include_distances=True)
    assert type(pair) is tuple and type(pair[1][0]) is float
    assert type(index.get_item_vector(0)) is list and np.allclose(index.get_item_vector(0), vectors[0])
    assert type(index.get_distance(0, 1)) is float
    assert (index.get_n_items(), index.get_n_trees(), index.f) == (200, 10, 8)


def test_calls_return_what_annoy_returns(tmp_path):
    index = AnnoyIndex(2, "euclidean")
    assert index.add_item(0, [1, 2]) is None
    assert index.set_seed(3) is None
    assert index.verbose(True) is True
    assert index.build(2, n_jobs=1) is True
    assert index.unbuild() is True
    assert index.build(2) is True
    assert index.save(str(tmp_path / "x.ann")) is True
    assert index.load(str(tmp_path / "x.ann"), prefault=True) is True
    assert index.unload() is True
    assert index.get_n_items() == 0


@pytest.mark.parametrize("metric", METRICS)
def test_a_saved_file_gives_the_same_neighbours(metric, tmp_path):
    index, vectors = built(metric)
    before = index.get_nns_by_item(7, 10, include_distances=True)
    index.save(str(tmp_path / "x.ann"))
    again = AnnoyIndex(8, metric)
    again.load(str(tmp_path / "x.ann"))
    assert again.get_nns_by_item(7, 10, include_distances=True) == before
    assert again.get_n_items() == 200 and again.get_n_trees() == 10


def test_the_file_has_annoys_layout(tmp_path):
    index = AnnoyIndex(3, "euclidean")
    for i in range(2):
        index.add_item(i, [i, 2, 3])
    index.build(1)
    index.save(str(tmp_path / "x.ann"))
    data = (tmp_path / "x.ann").read_bytes()
    size = 16 + 4 * 3
    assert len(data) % size == 0
    assert struct.unpack_from("<i", data, size)[0] == 1  # an item has one descendant
    assert struct.unpack_from("<3f", data, size + 16) == (1.0, 2.0, 3.0)
    assert struct.unpack_from("<i", data, len(data) - size)[0] == 2  # the root's copy: the number of items


def test_on_disk_build_makes_the_file(tmp_path):
    path = tmp_path / "disk.ann"
    index = AnnoyIndex(4, "angular")
    assert index.on_disk_build(str(path)) is True
    for i in range(50):
        index.add_item(i, [i + 1, 1, 2, -i])
    index.build(5)
    assert index.save("/nowhere/at/all") is True  # it is saved already
    again = AnnoyIndex(4, "angular")
    again.load(str(path))
    assert again.get_nns_by_item(3, 10) == index.get_nns_by_item(3, 10)
    with pytest.raises(IOError):
        AnnoyIndex(4, "angular").on_disk_build(str(tmp_path / "no" / "such" / "folder"))


@pytest.mark.parametrize("state", ["added", "built", "loaded"])
def test_pickles_in_every_state(state, tmp_path):
    index = AnnoyIndex(2, "manhattan")
    index.add_item(0, [1, 2])
    index.add_item(3, [3, 4])
    if state != "added":
        index.build(3)
    if state == "loaded":
        index.save(str(tmp_path / "x.ann"))
    again = pickle.loads(pickle.dumps(index))
    assert (again.f, again.get_n_items(), again.get_item_vector(3)) == (2, 4, [3.0, 4.0])
    assert again.get_nns_by_item(0, 2) == index.get_nns_by_item(0, 2)
    if state == "added":
        again.build(2)
        assert again.get_nns_by_item(3, 1) == [3]


def test_without_a_metric_it_is_angular_with_a_warning():
    with pytest.warns(FutureWarning, match="metric='angular'"):
        index = AnnoyIndex(2)
    index.add_item(0, [1, 0])
    index.add_item(1, [0, 1])
    assert abs(index.get_distance(0, 1) - 2**0.5) < 1e-6


def test_before_there_are_trees_nothing_is_near():
    index = AnnoyIndex(2, "dot")
    index.add_item(0, [1, 0])
    assert index.get_nns_by_item(0, 5) == [] and index.get_nns_by_vector([1, 1], 5, include_distances=True) == ([], [])
    assert index.get_n_trees() == 0


def test_gaps_are_zeros():
    index = AnnoyIndex(2, "euclidean")
    index.add_item(2, [3, 4])
    assert index.get_n_items() == 3 and index.get_item_vector(0) == [0, 0]
    index.build(1)
    assert index.get_item_vector(0) == [0, 0] and index.get_nns_by_item(2, 9) == [2]


def test_the_same_seed_gives_the_same_file(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        index, _ = built(trees=1)
        index.unbuild()
        index.set_seed(seed)
        index.build(3)
        index.save(str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()


def test_exceptions_are_annoys(tmp_path):
    with pytest.raises(ValueError, match="No such metric"):
        AnnoyIndex(2, "cosine")
    index = AnnoyIndex(3, "angular")
    with pytest.raises(IndexError, match="Item index can not be negative"):
        index.add_item(-1, [1, 2, 3])
    with pytest.raises(IndexError, match=r"Vector has wrong length \(expected 3, got 2\)"):
        index.add_item(0, [1, 2])
    with pytest.raises(OSError, match="hasn't been built"):
        index.save(str(tmp_path / "x"))
    index.add_item(0, [1, 2, 3])
    index.build(1)
    for wrong in (1, 100):
        with pytest.raises(IndexError, match="larger than the largest item index"):
            index.get_nns_by_item(wrong, 1)
        with pytest.raises(IndexError, match="larger than the largest item index"):
            index.get_distance(0, wrong)
    with pytest.raises(IndexError, match="can not be negative"):
        index.get_item_vector(-1)
    with pytest.raises(IndexError, match="wrong length"):
        index.get_nns_by_vector([1.0], 1)
    with pytest.raises(Exception, match="can't build a built index"):
        index.build(1)
    with pytest.raises(Exception, match="can't add an item"):
        index.add_item(1, [1, 2, 3])
    index.save(str(tmp_path / "x.ann"))
    with pytest.raises(Exception, match="can't add an item to a loaded index"):
        index.add_item(1, [1, 2, 3])
    with pytest.raises(Exception, match="can't unbuild a loaded index"):
        index.unbuild()
    with pytest.raises(Exception, match="can't build a loaded index"):
        index.build(1)


def test_vectors_are_read_as_annoy_reads_them():
    index = AnnoyIndex(3, "angular")
    for i, kind in enumerate((np.float64, np.float32, np.uint8, np.int16, list, tuple)):
        index.add_item(i, kind([1, 2, 3]) if kind in (list, tuple) else np.array([1, 2, 3], dtype=kind))
        assert index.get_item_vector(i) == [1, 2, 3]

    class Sized:
        def __len__(self):
            return 3

    class Short(Sized):
        def __getitem__(self, i):
            raise IndexError

    for wrong, said in ((object(), "has no len"), (Sized(), "not subscriptable"), (["1", "2", "3"], "must be real number, not str")):
        with pytest.raises(TypeError, match=said):
            index.add_item(9, wrong)
    with pytest.raises(IndexError):
        index.add_item(9, Short())


def test_files_that_do_not_fit_are_io_errors(tmp_path):
    with pytest.raises(IOError):
        AnnoyIndex(3, "angular").load(str(tmp_path / "nowhere.ann"))
    (tmp_path / "odd.ann").write_bytes(b"x" * 25)
    with pytest.raises(IOError):
        AnnoyIndex(3, "angular").load(str(tmp_path / "odd.ann"))
    index, _ = built(f=8)
    index.save(str(tmp_path / "eight.ann"))
    with pytest.raises(IOError):
        AnnoyIndex(9, "angular").load(str(tmp_path / "eight.ann"))
    kept, _ = built(f=8, count=20)
    with pytest.raises(IOError):
        kept.load(str(tmp_path / "odd.ann"))
    assert kept.get_n_items() == 20  # what could not be loaded has changed nothing


def test_what_changes_an_index_waits_for_what_else_changes_it():
    vectors = np.random.default_rng(1).normal(size=(4000, 8)).tolist()
    index = AnnoyIndex(8, "angular")
    for i in range(0, 4000, 2):
        index.add_item(i, vectors[i])
    refused, began = [], threading.Event()

    def add():
        began.wait()
        for i in range(1, 4000, 2):
            try:
                index.add_item(i, vectors[i])
            except Exception as error:
                refused.append(str(error))

    adding = threading.Thread(target=add)
    adding.start()
    began.set()
    index.build(100)
    adding.join()
    assert set(refused) <= {"You can't add an item to a built index: unbuild() it first"}
    index.unbuild()
    index.build(2)
    assert sorted(index.get_nns_by_item(0, 4000, search_k=10**6))[:1] == [0] and index.get_n_trees() == 2


def test_building_twice_at_once_is_refused_once():
    index, _ = built(count=3000, trees=1)
    index.unbuild()
    said = []

    def build():
        try:
            index.build(30)
        except Exception as error:
            said.append(str(error))

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["You can't build a built index"] and index.get_n_trees() == 30


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_queries_that_are_not_finite_are_refused(value):
    index, _ = built()
    with pytest.raises(ValueError, match="the vector holds a value that is not finite"):
        index.get_nns_by_vector([value] * 8, 2)


@pytest.mark.parametrize(
    "ask, kind, said",
    [
        (lambda i: AnnoyIndex("x", "dot"), TypeError, "f is 'x'\n  fix: give a whole number from 1 to 16777216"),
        (lambda i: AnnoyIndex(8.5, "dot"), TypeError, "f is 8.5"),
        (lambda i: AnnoyIndex(-1, "dot"), ValueError, "f is -1"),
        (lambda i: i.get_nns_by_item(0, -1), ValueError, "n is -1\n  fix: give a whole number, at least 0"),
        (lambda i: i.get_nns_by_item(0, None), TypeError, "n is None"),
        (lambda i: i.get_nns_by_vector([0.0] * 8, 2, 1.5), TypeError, "search_k is 1.5"),
        (lambda i: i.get_nns_by_item(0, 2, -2), ValueError, "search_k is -2"),
        (lambda i: i.get_nns_by_item("0", 2), TypeError, "the item is '0'\n  fix: give a whole number"),
        (lambda i: i.get_item_vector(1.0), TypeError, "the item is 1.0"),
        (lambda i: i.get_distance(0, None), TypeError, "the item is None"),
        (lambda i: i.add_item(2**40, [0.0] * 8), IndexError, "Item index can not be above 2147483646"),
        (lambda i: AnnoyIndex(8, "dot").build("x"), TypeError, "n_trees is 'x'"),
        (lambda i: AnnoyIndex(8, "dot").build(2, n_jobs=-7), ValueError, "n_jobs is -7"),
        (lambda i: i.set_seed("x"), TypeError, "the seed is 'x'"),
    ],
)
def test_wrong_arguments_are_named(ask, kind, said):
    index, _ = built()
    with pytest.raises(kind) as error:
        ask(index)
    assert said in str(error.value)


def test_whole_numbers_of_every_kind_are_items():
    index, _ = built()
    assert index.get_nns_by_item(np.int64(3), 2) == index.get_nns_by_item(3, 2)
    assert index.get_item_vector(True) == index.get_item_vector(1)
    assert len(index.get_nns_by_item(0, 2**62)) == 200
