"""The examples of the documents run."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def examples(page):
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page, least", [("README.md", 1), ("docs/python.md", 7)])
def test_examples_run(page, least, log, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # where the log is, as plays.tsv
    blocks = examples(page)
    assert len(blocks) >= least
    names = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    if page == "docs/python.md":
        assert 'did you mean "The Clash"' in capsys.readouterr().out


def test_every_test_that_the_compatibility_page_names_exists():
    here = Path(__file__).parent
    tests = set(re.findall(r"^def (test_\w+)", "".join(path.read_text() for path in here.glob("test_*.py")), re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/python-compatibility.md").read_text(encoding="utf-8")))
    assert named and named <= tests
