"""Makes lastfm.ipynb of lastfm.py: runs its cells (# %%) in order and keeps what they print and show.

    LASTFM=user_artists.dat PYTHONPATH=build/release/python python3 examples/make_notebook.py

So there is one text to edit, and a notebook whose outputs are of the code beside them. A test compares the two. Needs no
Jupyter: a notebook is JSON (nbformat 4.5), and a cell's last expression is what it shows.
"""

import ast
import contextlib
import io
import json
import re
from pathlib import Path

SCRIPT = Path(__file__).with_name("lastfm.py")
NOTEBOOK = SCRIPT.with_suffix(".ipynb")


def cells(script):
    """[(kind, text)] of a script in percent format; kind is "code" or "markdown"."""
    found = []
    for part in re.split(r"^# %%", script, flags=re.MULTILINE)[1:]:
        head, text = part.split("\n", 1)
        if "[markdown]" in head:
            found.append(("markdown", re.sub(r"^# ?", "", text, flags=re.MULTILINE).strip()))
        else:
            found.append(("code", text.strip()))
    return found


def run(code, names):
    """Outputs of a cell, as a notebook keeps them."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    value = None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, SCRIPT.name, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), SCRIPT.name, "eval"), names)
    outputs = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": lines(printed.getvalue())})
    if value is not None:
        data = {"text/plain": lines(repr(value))}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = lines(value._repr_html_())
        outputs.append({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None})
    return outputs


def lines(text):
    return text.splitlines(keepends=True)


def main():
    notebook = {"nbformat": 4, "nbformat_minor": 5, "cells": []}
    notebook["metadata"] = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    names = {"__name__": "__main__"}
    count = 0
    for number, (kind, text) in enumerate(cells(SCRIPT.read_text(encoding="utf-8"))):
        cell = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}, "source": lines(text)}
        if kind == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = run(text, names)
            for output in cell["outputs"]:
                if "execution_count" in output:
                    output["execution_count"] = count
        notebook["cells"].append(cell)
    NOTEBOOK.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
