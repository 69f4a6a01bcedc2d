"""examples/lastfm.py and its notebook: the mission's notebook on Last.fm-2k, where that is there."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LASTFM = Path(os.environ.get("SEGUE_DATA", ROOT.parent / "shared" / "data")) / "hetrec_lastfm2k" / "user_artists.dat"
needs_lastfm = pytest.mark.skipif(not LASTFM.is_file(), reason=f"{LASTFM.name} of Last.fm-2k is not there")


def notebook_cells():
    cells = json.loads((ROOT / "examples/lastfm.ipynb").read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


def check(printed):
    assert "user 2 played Duran Duran 13883 times" in printed
    near = dict(line.split(": ", 1) for line in printed.splitlines() if ": " in line and ", " in line)
    assert {"Yes", "The Clash", "The Smiths", "Pink Floyd", "Blur"} <= set(near)
    assert all(len(near[artist].split(", ")) >= 20 for artist in ("Yes", "The Clash", "The Smiths", "Pink Floyd", "Blur"))
    assert "Morrissey" in near["The Smiths"] and "Oasis" in near["Blur"]
    # After 50 sweeps the last digits of a SIMD target decide which of their kind a forest finds.
    progressive = ("Genesis", "Emerson, Lake & Palmer", "Camel", "Marillion", "Gentle Giant", "Steve Hackett")
    assert sum(artist in near["Yes"] for artist in progressive) >= 2


def test_the_notebook_has_the_cells_of_the_script():
    spec = importlib.util.spec_from_file_location("make_notebook", ROOT / "examples/make_notebook.py")
    make_notebook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_notebook)
    assert notebook_cells() == make_notebook.cells((ROOT / "examples/lastfm.py").read_text(encoding="utf-8"))


@needs_lastfm
def test_the_script_finds_similar_artists():
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples/lastfm.py")], env={**os.environ, "LASTFM": str(LASTFM)}, capture_output=True,
        text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    check(run.stdout)


@needs_lastfm
def test_the_notebook_runs(monkeypatch, capsys):
    monkeypatch.setenv("LASTFM", str(LASTFM))
    names = {}
    for kind, text in notebook_cells():
        if kind == "code":
            exec(compile(text, "lastfm.ipynb", "exec"), names)
    check(capsys.readouterr().out)
