"""Compute the feature table: statistics over time of every clip, one decode and one spectrum each."""

from functools import partial
from pathlib import Path

from dalsegno import feature_csv, feature_file, features, manifest, params, runtime


def main(root: str, clips_csv: str, source: str, table: str) -> None:
    """Write the features of the clips below `root` that `clips_csv` lists to `table`, or those that `source` has."""
    p, r = params.load(features=features.Params, runtime=runtime.Runtime)
    clips = manifest.usable(manifest.read(clips_csv))
    if p.source == "csv":
        feature_file.write(table, feature_csv.rows(source, clips))
        return
    items = [(c.clip_id, Path(root, c.path)) for c in clips.itertuples()]
    figures = runtime.map(partial(features.compute, p=p), items, len(items), r, desc="features")
    of_clips = zip(clips["clip_id"], figures, strict=True)
    feature_file.write(table, ((clip_id, k, row) for clip_id, some in of_clips for k, row in enumerate(some)))


if __name__ == "__main__":
    params.run(main)
