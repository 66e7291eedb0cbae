"""Compute the feature table: statistics over time of every clip, one decode and one spectrum each."""

from functools import partial
from pathlib import Path

from dalsegno import feature_file, features, manifest, params, runtime


def main(root: str, clips_csv: str, table: str) -> None:
    """Read the clips below `root` that `clips_csv` lists, write their features to `table`."""
    p, r = params.load(features=features.Params, runtime=runtime.Runtime)
    clips = manifest.usable(manifest.read(clips_csv))
    items = [(c.clip_id, Path(root, c.path)) for c in clips.itertuples()]
    rows = runtime.map(partial(features.compute, p=p), items, len(items), r, desc="features")
    feature_file.write(table, zip(clips["clip_id"], rows, strict=True))


if __name__ == "__main__":
    params.run(main)
