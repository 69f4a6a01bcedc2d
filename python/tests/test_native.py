"""The native face: reading, fitting, answering by name."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import segue
from scipy.sparse import coo_matrix, csr_matrix


def model_of(log, **options):
    return segue.fit(segue.read(log), **{"factors": 4, "progress": False, **options})


def test_read_gives_ids_titles_and_the_report(log):
    data = segue.read(log)
    assert (data.n_users, data.n_items, data.nnz) == (12, 8, 36)
    assert data.user_ids[:2] == ["u00", "u01"]
    assert data.item_ids == data.titles == ["Buzzcocks", "Camel", "Can", "Genesis", "The Clash", "The Jam", "Wire", "Yes"]
    assert data.report["rows_read"] == 37 and data.report["rows_kept"] == 36
    assert [each["rows"] for each in data.report["rejections"]] == [1]
    assert "12 users × 8 items" in repr(data) and "<td>8</td>" in data._repr_html_()


def test_lookup_finds_a_cell_by_names(log):
    data = segue.read(log)
    assert data.lookup("u03", "genesis") == 0
    assert data.lookup("u03", "YES") == 8
    with pytest.raises(KeyError, match='no user "u99"'):
        data.lookup("u99", "yes")


def test_matrix_shares_memory_and_cannot_be_written(log):
    matrix = segue.read(log).matrix
    assert isinstance(matrix, csr_matrix) and matrix.dtype == np.float32 and matrix.shape == (12, 8)
    assert not matrix.data.flags.owndata and not matrix.indices.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        matrix.data[0] = 1
    assert matrix.sum() == sum(3 * (5 + user) for user in range(12))


def test_matrix_outlives_its_interactions(log):
    matrix = segue.read(log).matrix
    values = matrix.data.copy()
    assert (matrix.data == values).all() and (matrix @ np.ones(8)).sum() == values.sum()


def test_saved_plays_are_read_again(log, tmp_path):
    data = segue.read(log)
    data.save(tmp_path / "x.plays")
    again = segue.read(tmp_path / "x.plays")
    assert again.item_ids == data.item_ids and (again.matrix != data.matrix).nnz == 0 and again.report is None


@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_from_csr_sorts_rows_and_columns_by_id(index):
    matrix = csr_matrix(np.array([[1, 0, 2], [0, 3, 0]], dtype=np.float64))
    matrix.indices, matrix.indptr = matrix.indices.astype(index), matrix.indptr.astype(index)
    data = segue.from_csr(matrix, users=["b", "a"], items=["z", "é", "x"], titles=["Z", "E", "X"])
    assert data.user_ids == ["a", "b"] and data.item_ids == ["x", "z", "é"] and data.titles == ["X", "Z", "E"]
    assert data.matrix.toarray().tolist() == [[0, 0, 3], [2, 1, 0]]


def test_from_csr_sums_duplicates_and_drops_zeros():
    unsorted = csr_matrix((np.array([1.0, 2, 4, 0]), np.array([2, 0, 2, 1]), np.array([0, 4])), shape=(1, 3))
    assert segue.from_csr(unsorted).matrix.toarray().tolist() == [[2, 0, 5]]
    assert segue.from_csr(unsorted).nnz == 2
    assert unsorted.nnz == 4  # the caller's is as it was


def test_from_csr_numbers_ids_so_that_they_keep_their_order():
    data = segue.from_csr(csr_matrix(np.eye(11)))
    assert data.item_ids[:2] == ["00", "01"] and (data.matrix.toarray() == np.eye(11)).all()


@pytest.mark.parametrize(
    "options, said",
    [
        ({"users": ["a"]}, "1 users were given for a matrix of 2 rows"),
        ({"items": ["a", "b", "a"]}, 'the id "a" occurs twice'),
        ({"titles": ["a"]}, "1 titles"),
    ],
)
def test_from_csr_refuses_ids_that_do_not_fit(options, said):
    with pytest.raises(ValueError, match=said):
        segue.from_csr(csr_matrix(np.ones((2, 3))), **options)


@pytest.mark.parametrize(
    "options",
    [
        {"factors": 1.5}, {"factors": "x"}, {"factors": True}, {"seed": None}, {"seed": 2**64}, {"iterations": -1},
        {"cg_steps": 2**32}, {"tolerance": "a"}, {"solver": 3}, {"weighting": None}, {"threads": -1}, {"threads": 1.0},
    ],
)  # fmt: skip
def test_fit_names_the_option_that_is_wrong(log, options):
    with pytest.raises(ValueError, match=f"{next(iter(options))} is .*"):
        segue.fit(segue.read(log, progress=False), progress=False, **options)


def test_fit_tells_paths_from_what_they_hold(log, tmp_path):
    with pytest.raises(ValueError, match=r"segue\.read\(path\)"):
        segue.fit(log)
    with pytest.raises(ValueError, match=r"segue\.load\(path\)"):
        segue.fit(segue.read(log, progress=False), init=tmp_path / "x.segue")


def test_fit_refuses_a_log_that_tells_nobodys_taste():
    everybody = segue.from_csr(csr_matrix(np.ones((3, 2))))
    with pytest.raises(segue.errors.BadInputError, match="too even for weighting bm25"):
        segue.fit(everybody, progress=False)
    assert segue.fit(everybody, weighting="linear", factors=2, progress=False).item_factors.any()
    with pytest.raises(segue.errors.BadInputError, match="no value above 0"):
        segue.fit(csr_matrix(-np.ones((3, 2))), progress=False)
    with pytest.raises(segue.errors.BadInputError, match="no value above 0"):
        segue.fit(csr_matrix((3, 2)), progress=False)


def test_seeds_have_64_bits(log):
    seeds = (0, 2**32, 2**64 - 1)
    assert len({model_of(log, seed=seed, iterations=1).card["factors_checksum"] for seed in seeds}) == 3


def test_init_gives_the_number_of_factors(log):
    before = model_of(log, factors=6)
    assert segue.fit(segue.read(log), init=before, progress=False).item_factors.shape[1] == 6
    with pytest.raises(ValueError, match="init has 6 factors, and 5 are asked for\n  fix: set factors=6, or leave it out"):
        segue.fit(segue.read(log), init=before, factors=5, progress=False)


@pytest.mark.parametrize(
    "ask, said",
    [
        (lambda m: m.similar(3), 'the name of an item is 3\n  fix: give a string, such as "3"'),
        (lambda m: m.similar("Wire", n=1.5), "n is 1.5"),
        (lambda m: m.similar("Wire", n=0), "n is 0"),
        (lambda m: m.similar("Wire", min_listeners="a"), "min_listeners is 'a'"),
        (lambda m: m.similar("Wire", exclude="Yes"), "exclude is 'Yes'"),
        (lambda m: m.recommend(user=0), "user is 0"),
        (lambda m: m.recommend(likes="Wire"), "likes is 'Wire'"),
        (lambda m: m.recommend(likes={"Wire": "many"}), "the plays of 'Wire' is 'many'"),
        (lambda m: m.recommend(likes={"Wire": 0}), "likes holds nothing that is liked"),
        (lambda m: m.recommend(likes=[]), "likes holds nothing that is liked"),
        (lambda m: m.find(None), "name is None"),
        (lambda m: m.save(b"x"), "the path is b'x'"),
        (lambda m: m.evaluate(m.interactions, [3]), "a measure is 3"),
        (lambda m: m.interactions.split("a"), "held_out is 'a'"),
        (lambda m: m.interactions.lookup(1, "Wire"), "user is 1"),
        (lambda m: m.similar("Wire", n=-1), "n is -1\n  fix: give a whole number, at least 1"),
        (lambda m: m.similar("Wire", n=2**70), f"n is {2**70}\n  fix: give a whole number from 1 to {2**63}"),
        (lambda m: m.similar("Wire", only=3), "only is 3\n  fix: give a list of names"),
        (lambda m: m.recommend(user="u00", explain=-1), "explain is -1\n  fix: give a whole number, at least 0"),
        (lambda m: m.recommend(user="u00", explain="all"), "explain is 'all'"),
        (lambda m: m.evaluate(None), "test is of the type NoneType, and neither interactions nor a matrix\n  fix: make"),
    ],
)
def test_wrong_arguments_are_named(log, ask, said):
    with pytest.raises(ValueError) as error:
        ask(model_of(log))
    assert said in str(error.value)


def test_a_wrong_type_is_a_type_error_too(log):
    with pytest.raises(TypeError):
        model_of(log).similar(3)


@pytest.mark.parametrize("data", [None, 3, [[1, 2]], {"user": ["a"]}, np.ones(3), np.array([["a", "b"]])])
def test_fit_takes_interactions_and_matrices_only(data):
    kind = type(data).__name__
    with pytest.raises(TypeError, match=rf"data is of the type {kind}, and neither .*\n.*segue\.from_frame.*segue\.from_csr"):
        segue.fit(data, progress=False)


def test_fit_takes_no_data_frame():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"data is of the type DataFrame.*\n  fix: .*segue\.from_frame\(table\)"):
        segue.fit(pandas.DataFrame({"user": ["a"], "item": ["x"]}), progress=False)


def test_fit_takes_a_table_of_numbers():
    assert segue.fit(np.eye(3, 4) + np.eye(3, 4, k=1), weighting="linear", factors=2, progress=False).card["items"] == 4


@pytest.mark.parametrize("given", [None, 3, {"user": ["a"]}])
def test_read_takes_paths_only(given):
    with pytest.raises(TypeError, match=r"the path is of the type \w+\n  fix: segue\.from_frame .* segue\.from_csr"):
        segue.read(given)
    with pytest.raises(TypeError, match=r"the path is of the type \w+\n  fix: give a string or a pathlib\.Path"):
        segue.load(given)


def test_names_that_are_no_unicode_are_asked_for_as_they_came():
    data = segue.from_csr(csr_matrix(np.eye(3) + np.eye(3, k=1)), items=["a", "caf\udce9", "z"])
    model = segue.fit(data, factors=2, weighting="linear", progress=False)
    assert model.interactions.item_ids == ["a", "caf\udce9", "z"]
    assert model.similar("caf\udce9")[0].id == "caf\udce9"
    assert model.recommend(likes=["caf\udce9"], explain=True)
    with pytest.raises(ValueError, match="surrogates not allowed"):
        model.similar("\ud800")


@pytest.mark.parametrize(
    "options",
    [{"index": "zz"}, {"recall": 2}, {"recall": float("nan")}, {"recall": 0}, {"recall": -1}, {"index": 3},
     {"index": "annoy", "trees": -1}, {"trees": 5}, {"trees": 25}, {"recall": 0.9, "trees": 5}, {"index": "ivf", "trees": 5}],
)  # fmt: skip
def test_load_refuses_an_index_that_cannot_be(log, tmp_path, options):
    model_of(log).save(tmp_path / "x.segue")
    with pytest.raises(ValueError):
        segue.load(tmp_path / "x.segue", **options)


def test_paths_that_name_nothing():
    for open_it in (segue.read, segue.load):
        with pytest.raises(FileNotFoundError, match="the path is empty"):
            open_it("")
        with pytest.raises(ValueError, match="null character"):
            open_it("a\0b")


def test_from_csr_refuses_a_damaged_matrix():
    matrix = csr_matrix(np.eye(3))
    matrix.indptr[1] = 99
    with pytest.raises(ValueError, match="non-decreasing"):
        segue.from_csr(matrix)


def test_from_csr_refuses_what_is_not_finite():
    with pytest.raises(ValueError, match="the matrix holds values that are not finite"):
        segue.from_csr(csr_matrix(np.array([[1, np.nan]])))
    with pytest.raises(TypeError, match="the matrix is complex"):
        segue.from_csr(csr_matrix(np.array([[1j]])))


def test_damaged_csr_is_refused_before_it_is_used():
    with pytest.raises(ValueError):
        segue._engine.interactions(["a"], ["x"], [], np.array([0, 1]), np.array([7]), np.array([1.0]), "")
    with pytest.raises(ValueError):
        segue._engine.interactions(["a"], ["x"], [], np.array([0, 1]), np.array([-1]), np.array([1.0]), "")
    with pytest.raises(ValueError):
        segue._engine.interactions(["a"], ["x"], [], np.array([0, 9]), np.array([0]), np.array([1.0]), "")


@pytest.mark.parametrize("wrong", [None, float("nan"), b"b", 1.0, (1, 2), True])
def test_ids_are_strings_and_whole_numbers(wrong):
    matrix = csr_matrix(np.eye(2))
    for options in ({"users": ["a", wrong]}, {"items": ["a", wrong]}):
        with pytest.raises(TypeError) as error:
            segue.from_csr(matrix, **options)
        assert f"{next(iter(options))}[1] is {wrong!r}, which is no id\n  fix: give strings or whole" in str(error.value)
    data = segue.from_csr(matrix, users=np.array([10, 9]), items=np.array(["b", "a"]))
    assert data.user_ids == ["10", "9"] and data.item_ids == ["a", "b"]


def test_from_frame_takes_columns_of_any_table():
    frame = {"user": np.array(["b", "a", "b"]), "item": np.array([10, 9, 10]), "plays": [1, 2, 3], "name": ["X", "Y", "Z"]}
    data = segue.from_frame(frame, value="plays", title="name")
    assert data.user_ids == ["a", "b"] and data.item_ids == ["10", "9"] and data.titles == ["Z", "Y"]
    assert data.matrix.toarray().tolist() == [[0, 2], [4, 0]]
    assert segue.from_frame(frame).matrix.toarray().tolist() == [[0, 1], [2, 0]]


def test_from_frame_says_which_column_is_wrong():
    with pytest.raises(KeyError, match='no column "item"\n  fix: its columns: user'):
        segue.from_frame({"user": ["a"]})
    with pytest.raises(ValueError, match='"user" holds None, which is no id'):
        segue.from_frame({"user": np.array(["a", None], dtype=object), "item": ["x", "y"]})


def test_similar_finds_the_camp(log):
    answer = model_of(log).similar("the clash", n=4)
    assert answer[0].title == "The Clash" and answer[0].score == 1 and answer[0].listeners == 4
    assert set(answer.titles) == {"The Clash", "The Jam", "Buzzcocks", "Wire"}
    assert "The Jam" in repr(answer) and "<td>The Jam</td>" in answer._repr_html_()
    assert "The Clash" not in model_of(log).similar("the clash", include_self=False).titles


def test_recommend_gives_what_is_missing(log):
    model = model_of(log)
    assert model.recommend(user="u00", n=1).titles == ["The Clash"]
    assert model.recommend(likes=["the jam", "Wire"], n=1)[0].title in ("The Clash", "Buzzcocks")
    assert set(model.recommend(likes={"Yes": 30, "Can": 2}, n=2).titles) == {"Genesis", "Camel"}
    assert model.recommend(likes=["Yes"], only=["wire"]).titles == ["Wire"]
    assert "Camel" not in model.recommend(likes=["Yes"], exclude=["Camel"]).titles
    assert len(model.recommend(user="u00", n=10**12, include_seen=True)) == 8


def test_only_nothing_allows_nothing(log):
    model = model_of(log)
    for nothing in ([], ()):
        assert model.similar("Yes", only=nothing) == []
        assert model.recommend(user="u00", only=nothing) == [] == model.recommend(likes=["Yes"], only=nothing, explain=True)
    assert model.similar("Yes", n=3, only=None) == model.similar("Yes", n=3)


def test_questions_that_make_no_sense_say_so(log):
    model = model_of(log)
    with pytest.raises(KeyError, match='did you mean "The Clash"'):
        model.similar("the clahs")
    with pytest.raises(KeyError, match=r"no item called \"zzzzzzzzzzzz\"\n  fix: see interactions\.titles"):
        model.similar("zzzzzzzzzzzz")
    with pytest.raises(KeyError, match=r"fix: ids are taken to the letter; see interactions\.user_ids"):
        model.recommend(user="U00")
    with pytest.raises(KeyError, match="; see user_ids"):
        model.interactions.lookup("U00", "Yes")
    with pytest.raises(ValueError, match="either a user or likes"):
        model.recommend()
    with pytest.raises(ValueError, match="nothing that is liked"):
        model.recommend(likes={})
    with pytest.raises(ValueError, match="n is 0"):
        model.similar("Yes", n=0)
    with pytest.raises(ValueError, match="list of names"):
        model.similar("Yes", exclude="Wire")


def test_ambiguous_names_list_the_ids():
    data = segue.from_csr(csr_matrix(np.ones((2, 2))), items=["i1", "i2"], titles=["Nirvana", "Nirvana"])
    model = segue.fit(data, factors=2, weighting="linear", progress=False)
    with pytest.raises(LookupError, match='"nirvana" stands for 2 items\n  fix: .*"i1", "i2"'):
        model.similar("nirvana")
    assert model.similar("i2")[0].id == "i2"


def test_factors_are_views_that_cannot_be_written_and_outlive_the_model(log):
    model = model_of(log)
    items = model.item_factors
    assert items.shape == (8, 4) and items.dtype == np.float32 and not items.flags.owndata
    assert np.shares_memory(items, model.item_factors)
    with pytest.raises(ValueError, match="read-only"):
        items[0, 0] = 1
    before = items.copy()
    del model
    assert (items == before).all()


def test_saved_model_answers_the_same(log, tmp_path):
    model = model_of(log)
    model.save(tmp_path / "x.segue")
    again = segue.load(tmp_path / "x.segue")
    assert again.similar("yes") == model.similar("yes") and (again.user_factors == model.user_factors).all()
    assert again.card == model.card and again.losses == model.losses and len(model.losses) == 15
    assert model.card["rows_read"] == 37 and model.card["source"] == "plays.tsv"
    assert "factors_checksum" in model._repr_html_() and "<svg" in model._repr_html_()


def test_threads_do_not_change_the_factors(log):
    checksums = {model_of(log, threads=threads).card["factors_checksum"] for threads in (1, 2, 3, 8)}
    assert len(checksums) == 1


def test_fit_goes_on_from_an_older_model(log):
    first = model_of(log, iterations=2)
    assert model_of(log, iterations=1, init=first).losses[0] < first.losses[-1]
    with pytest.raises(ValueError, match="set factors=4"):
        model_of(log, factors=5, init=first)


def test_files_that_are_not_there_or_damaged_say_so(log, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.tsv: there is no such file"):
        segue.read(tmp_path / "nowhere.tsv")
    model_of(log).save(tmp_path / "x.segue")
    damaged = bytearray((tmp_path / "x.segue").read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 64] = bytes(byte ^ 1 for byte in damaged[middle : middle + 64])  # more than any padding
    (tmp_path / "x.segue").write_bytes(damaged)
    with pytest.raises(OSError) as error:
        segue.load(tmp_path / "x.segue")
    assert isinstance(error.value, segue.Error) and error.value.code == "corrupt_file"


def test_errors_have_place_problem_and_fix(log):
    with pytest.raises(segue.Error) as error:
        segue.read(log, bad_rows="fail")
    assert isinstance(error.value, ValueError)
    assert error.value.line == 38 and error.value.column == 10 and error.value.problem and error.value.fix
    again = pickle.loads(pickle.dumps(error.value))
    assert str(again) == str(error.value) and again.line == 38


def test_models_and_interactions_are_saved_and_not_pickled(log):
    model = model_of(log)
    for thing, opens in ((model, "load"), (model.interactions, "read")):
        for take in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError, match=rf"pickled or copied deeply\n  fix: save\(\) it and {opens}\(\) the path"):
                take(thing)
        assert copy.copy(thing) is thing


def test_titles_are_shown_without_control_characters():
    titles = ["a\x1b[31m\nb", "\u202ec\udce9", "日本\u3000語"]
    data = segue.from_csr(csr_matrix(np.ones((2, 3))), items=["x", "y", "z"], titles=titles)
    model = segue.fit(data, factors=2, weighting="linear", progress=False)
    shown = repr(model.recommend(likes=["x"], include_seen=True, explain=1))
    assert len(shown.split("\n")) == 3 and r"a\x1b[31m\nb" in shown and r"\u202ec\udce9" in shown and "日本\u3000語" in shown


def test_the_engines_options_are_called_as_in_python(log):
    with pytest.raises(ValueError) as error:
        segue.read(log, bad_rows="fail")
    assert error.value.fix.endswith('or count rows with value="none", or leave bad rows out with bad_rows="report"')
    assert error.value.fix in str(error.value)
    with pytest.raises(ValueError, match="fix: set alpha, for example 1 or 40"):
        model_of(log, alpha=-1.0)
    report = segue.read(log).report
    assert "(change with format, delimiter, header, user, item, title, value)" in report["detected"]
    assert report["rejections"][0]["fix"] == 'name the right column with value, or count rows with value="none"'


@pytest.mark.parametrize(
    "said, expected",
    [
        ("set --min-user-items lower", "set min_user_items lower"),
        ("name them with --user-column and --item-column", "name them with user and item"),
        ("name it with --title-column, or --value", "name it with title, or value"),
        ("keep such users with --date-users=keep", "keep such users with reject_date_users=False"),
        ("say --titles-encoding=latin-1, or auto", 'say titles_encoding="latin-1", or auto'),
        ("such as --delimiter=, or --delimiter=::", 'such as delimiter="," or delimiter="::"'),
        ("check it with `segue inspect --verify`", "check it with `segue inspect --verify`"),
        ("ask a model that does: segue fit --model knn", "ask a model that does: segue fit --model knn"),
        ('my--file.tsv:1: plays "--x" is no number', 'my--file.tsv:1: plays "--x" is no number'),
    ],
)
def test_options_of_the_command_line_become_keywords(said, expected):
    error = segue.errors.from_engine("bad_input", said, said, said, "", 0, 0)
    assert (error.problem, error.fix, str(error)) == (expected, expected, expected)


@pytest.mark.parametrize("options", [{"factors": 0}, {"factors": -1}, {"iterations": -1}, {"solver": "magic"}, {"weighting": "no"}])
def test_options_out_of_range_are_value_errors(log, options):
    with pytest.raises(ValueError):
        model_of(log, **options)


def test_sweeps_and_progress_are_told_in_order(log):
    sweeps, reports = [], []
    model = model_of(log, on_sweep=lambda *sweep: sweeps.append(sweep), progress=reports.append)
    assert [number for number, _, _ in sweeps] == list(range(1, 16))
    assert [loss for _, _, loss in sweeps] == model.losses
    assert all(isinstance(each, segue.Progress) for each in reports)


def test_what_a_callback_raises_ends_the_training(log):
    class Stop(Exception):
        pass

    def stop(sweep, seconds, loss):
        raise Stop

    with pytest.raises(Stop):
        model_of(log, iterations=10**6, on_sweep=stop)


def test_ctrl_c_stops_the_making_of_an_index(tmp_path):
    items = np.random.default_rng(1).integers(0, 20000, (4000, 10))
    cells = csr_matrix((np.ones(items.size), items.ravel(), np.arange(0, items.size + 1, 10)), shape=(4000, 20000))
    segue.fit(cells, factors=16, iterations=1, weighting="linear", progress=False).save(tmp_path / "x.segue")
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        segue.load(tmp_path / "x.segue", index="annoy", trees=20000, threads=1)
    timer.join()


def test_an_index_is_made_by_load_which_tells_its_progress(log, tmp_path):
    model_of(log).save(tmp_path / "x.segue")
    reports = []
    segue.load(tmp_path / "x.segue", index="annoy", trees=20000, progress=reports.append).similar("wire")
    assert reports and all(isinstance(each, segue.Progress) for each in reports)


def test_ctrl_c_stops_a_training(log):
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model_of(log, iterations=2**31)
    timer.join()


def test_other_threads_run_while_a_model_is_trained(log):
    counted = []
    stop = threading.Event()

    def count():
        while not stop.wait(0.001):
            counted.append(1)

    other = threading.Thread(target=count)
    other.start()
    model_of(log, iterations=20000)
    stop.set()
    other.join()
    assert len(counted) > 10


def test_many_threads_may_ask_one_model(log):
    model = model_of(log)
    expected = model.similar("yes")
    wrong = []

    def ask():
        for _ in range(200):
            if model.similar("yes") != expected:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_import_loads_no_scipy():
    code = "import sys, segue; sys.exit(any(name.startswith('scipy') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.skipif("ASAN_OPTIONS" in os.environ, reason="the sanitizer keeps what was freed for a while")
def test_rounds_of_fit_save_and_load_leak_nothing(log, tmp_path):
    def rounds(count):
        for _ in range(count):
            model = model_of(log, iterations=1, on_sweep=lambda *_: None)
            model.save(tmp_path / "x.segue")
            segue.load(tmp_path / "x.segue").similar("yes")
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = rounds(20)  # allocators settle
    # A model kept by mistake would be 10 kB of file and half a dozen pages of heap: 2 MB and more in 100 rounds.
    assert rounds(100) - before < 1 << 20


def test_coo_is_taken_too():
    assert segue.from_csr(coo_matrix(np.eye(3))).nnz == 3


@pytest.mark.parametrize("name", ["bpr", "knn", "ease", "popularity"])
def test_files_of_other_models_answer(name):
    golden = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", f"v2-{name}.segue")
    model = segue.load(golden)
    assert model.card["model"] == name and isinstance(model.card["settings"], dict)
    assert (model.item_factors.shape == (4, 3)) == (name == "bpr")
    assert ("3 factors" if name == "bpr" else name) in repr(model)
    model._repr_html_()
    if name != "bpr":  # a made-up file, whose vectors are not those of its settings
        assert model.recommend(likes=["a1"], n=2)
        with pytest.raises(ValueError, match="cannot be explained"):
            model.recommend("ada", explain=True)
    held_out = csr_matrix((np.ones(1, np.float32), ([1], [0])), shape=(3, 4))
    assert model.evaluate(held_out, ["ndcg@2"], resamples=0).n_users == 1
    if name == "popularity":
        with pytest.raises(ValueError, match="does not tell which items are alike"):
            model.similar("a1")
    else:
        assert model.similar("a1", include_self=True)[0].id == "a1"


def test_approximate_indexes_say_how_many_they_find(log, tmp_path):
    exact = model_of(log)
    exact.save(tmp_path / "x.segue")
    assert exact.similar("wire").recall is None and "finds" not in repr(exact.similar("wire"))
    forest = segue.load(tmp_path / "x.segue", index="annoy", trees=25)
    answer = forest.similar("wire", n=3)
    assert answer == exact.similar("wire", n=3)
    assert answer.recall == ("annoy", 1.0, 1.0, 8)
    assert repr(answer).endswith("annoy finds 100.0 % of the true 10 nearest and 100.0 % of 20, of 8 items asked")
    assert "<p>annoy finds 100.0 %" in answer._repr_html_()
    # Of so few items the exact index is the fastest: nothing has to be said.
    assert segue.load(tmp_path / "x.segue", recall=0.9).similar("wire").recall is None
    lists = segue.load(tmp_path / "x.segue", index="ivf", recall=1).similar("wire")
    assert lists.recall is not None and lists.recall.kind == "ivf" and lists.recall.at_10 == 1
    with pytest.raises(ValueError, match='there is no index "magic"'):
        segue.load(tmp_path / "x.segue", index="magic").similar("wire")
    with pytest.raises(ValueError, match="a recall of 2"):
        segue.load(tmp_path / "x.segue", index="ivf", recall=2).similar("wire")


def test_recall_is_never_rounded_up_to_all():
    assert str(segue.Recall("ivf", 0.9998, 1.0, 500)) == (
        "ivf finds 99.9 % of the true 10 nearest and 100.0 % of 20, of 500 items asked"
    )


def test_models_without_factors_have_no_index_to_choose():
    golden = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "v2-knn.segue")
    for options in ({"index": "ivf"}, {"recall": 0.9}):
        with pytest.raises(ValueError, match="is of model knn, which has no factors to make an index of"):
            segue.load(golden, **options)


@pytest.mark.parametrize("plays", [float("nan"), float("inf"), np.float32("nan")])
def test_plays_that_are_no_number_are_named(log, plays):
    with pytest.raises(ValueError, match="the plays of 'Wire' are .*\n  fix: give a finite number"):
        model_of(log).recommend(likes={"Wire": plays})


def test_recommendations_say_how_many_an_approximate_index_finds(log, tmp_path):
    """Of a file whose index for recommendations is a forest, as `segue index build --metric inner-product` makes it."""
    model_of(log).save(tmp_path / "x.segue")
    assert segue.load(tmp_path / "x.segue").recommend("u00").recall is None
    program = os.path.join(os.path.dirname(segue.__file__), "..", "..", "apps", "cli", "segue")
    if not os.path.exists(program):
        pytest.skip("there is no segue program beside the package")
    asked = ["index", "build", str(tmp_path / "x.segue"), "--index", "annoy", "--trees", "10", "--metric", "inner-product"]
    subprocess.run([program, *asked], check=True, capture_output=True)
    model = segue.load(tmp_path / "x.segue")
    for answer in (model.recommend("u00"), model.recommend(likes=["wire"], explain=True)):
        assert answer.recall is not None and answer.recall.kind == "annoy" and answer.recall.sample > 0
        assert "annoy finds" in repr(answer)
    assert model.similar("wire").recall is None
