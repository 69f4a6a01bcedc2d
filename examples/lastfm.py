# %% [markdown]
# # Similar artists from Last.fm's plays
#
# The well-known notebook on Last.fm-360K, turned to segue: read the log, weigh the plays by BM25, factorize them by implicit
# ALS, put the artists into a forest of random-projection trees, and ask for the artists most like five. Only the imports
# differ from a program for implicit and Annoy, and one line: **matrices are users × items**.
#
# It asks for `usersha1-artmbid-artname-plays.tsv` in the working folder. `LASTFM` names another log, for instance Last.fm-2k's
# `user_artists.dat`, beside which its `artists.dat` is found.

# %%
import os
import time
from pathlib import Path

import numpy as np
import segue
from scipy.sparse import csr_matrix
from segue.als import AlternatingLeastSquares
from segue.annoy import AnnoyIndex
from segue.nearest_neighbours import bm25_weight

LOG = Path(os.environ.get("LASTFM", "usersha1-artmbid-artname-plays.tsv"))
FACTORS, SWEEPS, TREES, SHOWN = 50, 50, 25, 20
ARTISTS = ["yes", "the clash", "the smiths", "pink floyd", "blur"]
# A cell that is known: how often a user played an artist, in the log of this name.
CELLS = {
    "usersha1-artmbid-artname-plays.tsv": ("00000c289a1829a808ac09c00daf10bc3c4e223b", "red hot chili peppers", 691),
    "user_artists.dat": ("2", "Duran Duran", 13883),
}


class Clock:
    """Says how long each step took."""

    def __init__(self):
        self.begin = time.perf_counter()

    def lap(self, step):
        now = time.perf_counter()
        print(f"{step:<28} {now - self.begin:8.2f} s")
        self.begin = time.perf_counter()


clock = Clock()

# %% [markdown]
# ## Load
#
# Rows become ids, titles and a matrix of users × artists; what is rejected is counted by reason in `data.report`. There is
# no data frame in between, and no categories to make.

# %%
titles = LOG.with_name("artists.dat")
data = segue.read(LOG, titles=titles if LOG.name == "user_artists.dat" else "")
plays = data.matrix
clock.lap("read")
data

# %% [markdown]
# One cell, to see that ids and matrix belong together.

# %%
if LOG.name in CELLS:
    user, artist, expected = CELLS[LOG.name]
    print(f"user {user} played {artist} {data.lookup(user, artist):.0f} times")
    assert data.lookup(user, artist) == expected

# %% [markdown]
# ## Two formulas of confidence
#
# Hu, Koren and Volinsky weigh a cell with `r` plays by `c = 1 + alpha r`. implicit, and this class, take the value as it is:
# `c = alpha r`. Cells without plays weigh 1 in both. So the paper's formula is a matrix whose stored values are
# `1 + alpha r`. Here both are held against equation 4 of the paper, written out in double on six users.


# %%
def textbook(confidence, preference, items, regularization, sweeps):
    """(X, Y): every row solved exactly, users first."""

    def solve(other, c, p):
        ridge = regularization * np.eye(other.shape[1])
        return np.array([np.linalg.solve((other.T * row) @ other + ridge, other.T @ (row * p[i])) for i, row in enumerate(c)])

    for _ in range(sweeps):
        users = solve(items, confidence, preference)
        items = solve(users, confidence.T, preference.T)
    return users, items


few = np.random.default_rng(1).poisson(1.0, (6, 5)).astype(np.float32)
start = np.random.default_rng(2).random((5, 2)).astype(np.float32)
alpha = 2.0
for name, values in (("1 + alpha r", np.where(few > 0, 1 + alpha * few, 0)), ("alpha r", alpha * few)):
    model = AlternatingLeastSquares(factors=2, regularization=0.1, iterations=10, use_cg=False)
    model.user_factors, model.item_factors = np.zeros((6, 2), np.float32), start
    model.fit(csr_matrix(values), show_progress=False)
    users, items = textbook(np.where(few > 0, values, 1.0), (few > 0).astype(float), start.astype(float), 0.1, 10)
    gap = abs(model.user_factors @ model.item_factors.T - users @ items.T).max()
    print(f"c = {name:<12} differs from the textbook by {gap:.1e}")
    assert gap < 1e-3
clock.lap("two formulas")

# %% [markdown]
# ## Weigh
#
# BM25 looks at artists as documents and at listeners as words, so it is given artists × users: the rarer a listener's
# plays, the more one counts. `fit` then takes users × artists: the transpose of what was weighed. (Before implicit 0.5 its
# `fit` took artists × users; a notebook of that time has no `.T` here.)

# %%
weighted = bm25_weight(plays.T, K1=100, B=0.8)
clock.lap("bm25")
user_items = weighted.T.tocsr()
clock.lap("transpose")

# %% [markdown]
# ## Factorize

# %%
losses = []
als = AlternatingLeastSquares(
    factors=FACTORS, regularization=0.01, iterations=SWEEPS, calculate_training_loss=True, random_state=42
)
als.fit(user_items, callback=lambda sweep, seconds, loss: losses.append(loss))
clock.lap(f"{SWEEPS} sweeps of ALS")
print(f"loss {losses[0]:.6f} after the first sweep, {losses[-1]:.6f} after the last")

# %% [markdown]
# ## Index
#
# Annoy's class over the artists' factors. (`als.similar_items` needs none: it is exact, and quick.)

# %%
forest = AnnoyIndex(FACTORS, "angular")
forest.set_seed(42)
for number, vector in enumerate(als.item_factors):
    forest.add_item(number, vector)
clock.lap("vectors into the forest")
forest.build(TREES)
clock.lap(f"{TREES} trees")

# %% [markdown]
# ## Ask

# %%
asked = [found[0] for found in map(data.find, ARTISTS) if found]
if not asked:  # a made-up log has none of the five: the five with the most listeners
    asked = np.argsort(-np.bincount(plays.indices, minlength=data.n_items), kind="stable")[: len(ARTISTS)].tolist()
clock.lap("names found")
answers = {artist: forest.get_nns_by_item(artist, SHOWN + 1)[1:] for artist in asked}
clock.lap(f"{len(asked)} answers")
for artist, near in answers.items():
    print(f"\n{data.titles[artist]}: " + ", ".join(data.titles[each] for each in near))

# %% [markdown]
# The exact answers, to see what the forest missed.

# %%
for artist, near in answers.items():
    exact, _ = als.similar_items(artist, N=SHOWN + 1)
    print(f"{data.titles[artist]}: {len(set(near) & set(exact.tolist()))} of {SHOWN}")
clock.lap("exact answers")
