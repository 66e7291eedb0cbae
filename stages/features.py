"""Compute the feature table: statistics over time of every clip, one decode and one spectrum each."""

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

from dalsegno.artefacts import features_parquet, input_cost
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.features import compute, imported
from dalsegno.pipeline import params, runtime, stage


def main(clips_path: str, table: str, cost_json: str) -> None:
    """Write the features of the clips that `clips_path` lists to `table`, or those that `features.table` has."""
    began = time.perf_counter()
    p, r = params.load(features=compute.Params, runtime=runtime.Runtime)
    clips = clips_csv.with_copies(clips_csv.read(clips_path))
    if p.source == "csv":
        features_parquet.write(table, imported.rows(p.table, clips))
    else:
        root = params.value("dataset.root", str)
        items = [(c.clip_id, Path(root, c.path)) for c in clips.itertuples()]
        rows_of_clips = runtime.map(partial(compute.compute, p=p), items, len(items), r, desc="features")
        by_clip = zip(clips["clip_id"], rows_of_clips, strict=True)
        rows = ((clip_id, k, row) for clip_id, of_clip in by_clip for k, row in enumerate(of_clip))
        features_parquet.write(table, rows, asdict(p))
    input_cost.write(cost_json, time.perf_counter() - began, len(clips))


if __name__ == "__main__":
    stage.run(main)
