"""Times the library implicit, where python3 can import it (PYTHONPATH, or pip), on a matrix in the yardsticks' format:

    implicit_peer.py bpr|lmf|cosine|tfidf|bm25 plays.csr FACTORS_OR_NEIGHBOURS ITERATIONS

With its own defaults, all cores, and OPENBLAS_NUM_THREADS=1 as its documentation advises. Prints the seconds of each iteration,
or of the fit of neighbours, one a line; nothing but a reason, and status 3, where it is not there.
"""

import sys
import time


def read_csr(path):
    import numpy
    from scipy.sparse import csr_matrix

    with open(path, "rb") as file:
        rows, cols, nnz = numpy.fromfile(file, numpy.int64, 3)
        row_ptr = numpy.fromfile(file, numpy.int64, rows + 1)
        columns = numpy.fromfile(file, numpy.int32, nnz)
        values = numpy.fromfile(file, numpy.float32, nnz)
    return csr_matrix((values, columns, row_ptr.astype(numpy.int32)), shape=(rows, cols))


def main():
    model, path, size, iterations = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    try:
        import implicit.nearest_neighbours as neighbours
        from implicit.cpu.bpr import BayesianPersonalizedRanking
        from implicit.cpu.lmf import LogisticMatrixFactorization
    except ImportError as error:
        print(error)
        sys.exit(3)
    plays = read_csr(path)
    if model in ("bpr", "lmf"):
        trainer = BayesianPersonalizedRanking if model == "bpr" else LogisticMatrixFactorization
        # The callback gets the iteration, its seconds, and of BPR what it did.
        trainer(factors=size, iterations=iterations).fit(
            plays, show_progress=False, callback=lambda iteration, seconds, *rest: print(f"{seconds:.2f}", flush=True)
        )
        return
    recommender = {
        "cosine": neighbours.CosineRecommender,
        "tfidf": neighbours.TFIDFRecommender,
        "bm25": neighbours.BM25Recommender,
    }[model]
    for _ in range(iterations):
        begin = time.perf_counter()
        recommender(K=size).fit(plays, show_progress=False)
        print(f"{time.perf_counter() - begin:.2f}", flush=True)


if __name__ == "__main__":
    main()
