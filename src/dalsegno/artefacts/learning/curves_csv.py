"""curves.csv of a model: the metrics of each epoch of its runs, a run being a fold and a seed."""

from pathlib import Path

import pandas as pd

from dalsegno.pipeline import files

CURVES = ["train_loss", "val_loss", "val_accuracy"]
COLUMNS = ["run", "epoch", *CURVES]


def write(path: str | Path, metrics_dir: str | Path) -> None:
    """Write what DVCLive logged in `metrics_dir` as one table of COLUMNS."""
    logged: dict[str, dict[str, pd.Series]] = {}
    for metric in CURVES:
        for file in sorted(Path(metrics_dir, "plots", "metrics", metric).glob("*.tsv")):
            logged.setdefault(file.stem, {})[metric] = pd.read_csv(file, sep="\t").set_index("step")[file.stem]
    frames = [
        pd.DataFrame(columns, columns=CURVES).rename_axis("epoch").reset_index().assign(run=run)[COLUMNS]
        for run, columns in sorted(logged.items())
    ]
    with files.atomic(path) as draft:
        pd.concat(frames).to_csv(draft, index=False, lineterminator="\n")


def read(path: str | Path) -> pd.DataFrame:
    """The table that `write` wrote; no row where there is none, as of a model without epochs."""
    return pd.read_csv(path, dtype={"run": str}) if Path(path).is_file() else pd.DataFrame(columns=COLUMNS)
