"""How far the predictions of two runs of the same models are apart, in calls and in probabilities.

python bench/gpu/differences.py RUNS OTHER_RUNS
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno.artefacts.learning import predictions_parquet

KEYS = ["clip_id", "fold", "seed"]


def apart(one, other):
    """Number of rows, of different calls, and the median and greatest difference of a probability."""
    columns = [f"p_{label}" for label in predictions_parquet.classes(one)]
    one, other = (rows.set_index(KEYS).sort_index()[columns] for rows in (one, other))
    if not one.index.equals(other.index):
        raise SystemExit("the two runs have predicted different clips, folds or seeds")
    a, b = one.to_numpy(), other.to_numpy()
    gaps = np.abs(a - b).max(axis=1)
    return len(a), int(np.sum(a.argmax(1) != b.argmax(1))), float(np.median(gaps)), float(gaps.max())


def main(folder, other):
    """Print a row for each network of `folder`."""
    print(
        "| model | predictions | calls that differ | median and greatest difference of a probability |\n| --- | --- | --- | --- |"
    )
    for path in sorted(Path(folder).glob("*/*/predictions.parquet")):
        family, key = path.parts[-3:-1]
        if family in ("mlp", "cnn", "transfer"):
            of_other = Path(other, family, key, path.name)
            if not of_other.is_file():
                print(f"| {family}/{key} | not in both | | |")
                continue
            n, calls, median, most = apart(pd.read_parquet(path), pd.read_parquet(of_other))
            print(f"| {family}/{key} | {n:,} | {calls} | {median:.1e}, {most:.1e} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
