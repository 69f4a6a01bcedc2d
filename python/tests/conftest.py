"""What the tests share: small matrices, and a log on disk."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix


@pytest.fixture
def checker_board():
    """50 × 50: a user likes the items of the same parity, but for the one of the same number."""
    cells = np.fromfunction(lambda user, item: ((user + item) % 2 == 0) & (user != item), (50, 50))
    return csr_matrix(cells.astype(np.float32))


@pytest.fixture
def log(tmp_path):
    """Twelve listeners in two camps; one row of the log is no row."""
    camps = (["The Clash", "The Jam", "Buzzcocks", "Wire"], ["Yes", "Genesis", "Camel", "Can"])
    lines = ["user\tartist\tplays"]
    for user in range(12):
        liked = camps[user % 2]
        lines += [f"u{user:02}\t{artist}\t{5 + user}" for i, artist in enumerate(liked) if i != (user // 2) % 4]
    lines.append("u00\tWire\tmany")
    path = tmp_path / "plays.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def random_matrix():
    generator = np.random.default_rng(7)
    dense = generator.poisson(0.4, (60, 40)).astype(np.float32)
    dense[3] = 0
    dense[:, 5] = 0
    return csr_matrix(dense)
