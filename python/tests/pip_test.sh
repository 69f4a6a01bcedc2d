#!/usr/bin/env bash
# Makes a wheel of this tree without a network, installs it into a fresh environment, and asks a model there.
#   pip_test.sh PYTHON BUILD_FOLDER
set -euo pipefail
python=$1
tree=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -c 'import numpy, scipy, pip, ensurepip' 2> /dev/null || {
  echo "skipped: $python lacks NumPy, SciPy, pip or venv"
  exit 77
}
export SEGUE_BUILD_DIR=$2
export PYTHONDONTWRITEBYTECODE=1
"$python" -m pip wheel -q --no-index --no-deps -w "$work" "$tree"
"$python" -m venv --system-site-packages "$work/venv"
"$work/venv/bin/pip" install -q --no-index "$work"/segue-*.whl
cd "$work"  # away from the tree, so that what was installed is imported
"$work/venv/bin/python" - << 'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import segue
from scipy.sparse import csr_matrix

assert segue.__file__.startswith(sys.prefix), segue.__file__
assert version("segue") == segue.__version__
model = segue.fit(csr_matrix(np.eye(6) + np.eye(6, k=1)), factors=2, weighting="linear", progress=False)
assert model.similar("3")[0].id == "3"
PYTHON
echo "the wheel works"
