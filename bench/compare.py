"""Seconds and memory of the comparison: all metrics with their intervals, and all pairs, of models that were made up.

    python bench/compare.py [MODELS] [CLIPS] [SEEDS] [DRAWS] [GROUPS]

Aimed at: 10 models, 4,096 clips, 3 seeds and 10,000 draws in under 3 s and 500 MB on two cores, with every clip a unit of
its own (the default) or in groups.
"""

import resource
import sys
import time

import numpy as np
import pandas as pd

from dalsegno.scoring import compare, held_out, intervals, pairs
from dalsegno.scoring.held_out import Scored

N_CLASSES = 10


def world(n_models, n_clips, n_seeds, n_groups):
    """Scored clips, and the predictions of each model, more and more often right."""
    rng = np.random.default_rng(0)
    labels = rng.integers(N_CLASSES, size=n_clips)
    ids = [f"c{i:06d}" for i in range(n_clips)]
    units = pd.factorize(rng.integers(n_groups, size=n_clips) if n_groups else np.arange(n_clips), sort=True)[0]
    rows = pd.DataFrame({"clip_id": ids, "fold": 0, "label": labels, "unit": units, "repeat": 0})
    classes = [f"k{i}" for i in range(N_CLASSES)]
    tables = {}
    for m in range(n_models):
        frames = []
        for seed in range(n_seeds):
            logits = rng.normal(0, 1, (n_clips, N_CLASSES))
            logits[np.arange(n_clips), labels] += 1.5 + 0.05 * m
            p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
            frame = pd.DataFrame(p.astype(np.float32), columns=[f"p_{c}" for c in classes])
            frames.append(frame.assign(clip_id=ids, fold=0, seed=seed))
        tables[f"m{m}"] = pd.concat(frames)
    return Scored("test", classes, rows, bool(n_groups)), tables


def main(n_models=10, n_clips=4096, n_seeds=3, n_draws=10_000, n_groups=0):
    """Print what the metrics and the pairs take."""
    s, tables = world(n_models, n_clips, n_seeds, n_groups)
    models = {name: held_out.runs(s, table) for name, table in tables.items()}
    p = intervals.Params(confidence=0.95, resamples=n_draws)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    compare.scores(s, models, p)
    scored = time.perf_counter()
    n_pairs = len(pairs.table(s, models, tables, p))
    end = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{n_models} models, {n_clips} clips, {n_seeds} seeds, {n_draws} draws, {n_groups or n_clips} units")
    print(f"metrics {scored - start:.2f} s, {n_pairs} pairs {end - scored:.2f} s, together {end - start:.2f} s")
    print(f"peak {peak / 1024:.0f} MB, of which {before / 1024:.0f} MB before the comparison")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
