"""curves.csv of a model: the metrics of each epoch of its runs, a run being a fold and a seed.

train_loss is what training minimised, on augmented batches as it went on; losses_comparable says whether that is a
log-loss as val_loss is, without penalty, smoothing, mixup, hinge or weights of classes. train_log_loss and
train_accuracy are of training clips seen as validation clips are. Metrics that `train.curves` names follow, as
train_<name> and val_<name>.
"""

from pathlib import Path

import pandas as pd

from dalsegno.pipeline import files

CURVES = ["train_loss", "val_loss", "train_log_loss", "train_accuracy", "val_accuracy"]
COLUMNS = ["run", "epoch", *CURVES, "losses_comparable"]


def write(path: str | Path, metrics_dir: str | Path, *, losses_comparable: bool) -> None:
    """Write what DVCLive logged in `metrics_dir` as one table of COLUMNS and of whatever else was logged."""
    folder = Path(metrics_dir, "plots", "metrics")
    more = sorted({path.name for path in folder.iterdir()} - set(CURVES))
    logged: dict[str, dict[str, pd.Series]] = {}
    for metric in (*CURVES, *more):
        for file in sorted((folder / metric).glob("*.tsv")):
            logged.setdefault(file.stem, {})[metric] = pd.read_csv(file, sep="\t").set_index("step")[file.stem]
    frames = [
        pd.DataFrame(columns, columns=[*CURVES, *more]).rename_axis("epoch").reset_index().assign(run=run)
        for run, columns in sorted(logged.items())
    ]
    table = pd.concat(frames).assign(losses_comparable=losses_comparable)[[*COLUMNS, *more]]
    with files.atomic(path) as draft:
        table.to_csv(draft, index=False, lineterminator="\n")


def read(path: str | Path) -> pd.DataFrame:
    """The table that `write` wrote; no row where there is none, as of a model without epochs."""
    return pd.read_csv(path, dtype={"run": str}) if Path(path).is_file() else pd.DataFrame(columns=COLUMNS)
