"""Give every clip its part in every fold, and prove that nothing leaks."""

import pandas as pd

from dalsegno import files, folds, leaks, manifest, params, progress, splits


def main(clips_csv: str, copies_csv: str, splits_csv: str, metrics_json: str) -> None:
    """Split the usable clips by `splits.protocol`; stop at a leak, unless the protocol is one or a reason is given."""
    p = params.load(splits=splits.Params)
    copies = pd.read_csv(copies_csv, dtype={"clip_id_a": str, "clip_id_b": str, "kind": str}, keep_default_na=False)
    made = splits.split(manifest.usable(manifest.read(clips_csv)), copies, p)
    for line in made.told:
        progress.say(line)
    found = leaks.check(made.rows, copies)
    if p.protocol != "shuffled_segments" and not p.allow_leaks:
        leaks.refuse(found)
    folds.write(splits_csv, made.rows)
    files.write_json(metrics_json, splits.summary(made, found, p))


if __name__ == "__main__":
    params.run(main)
