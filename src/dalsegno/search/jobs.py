"""From an entry of a family of networks, with whatever settings, to what to train. Data are loaded once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from dalsegno.artefacts import features_parquet
from dalsegno.families import mlp
from dalsegno.families.convolutional import cnn
from dalsegno.families.convolutional.crops import Crops
from dalsegno.families.rows import Rows
from dalsegno.pipeline import params, refusals
from dalsegno.pipeline.errors import UserError
from dalsegno.training.job import Job
from dalsegno.transfer.adapting import entry as transfer_entry
from dalsegno.transfer.adapting import fine_tuned, frozen
from dalsegno.transfer.adapting.prepared import Prepared

ENTRIES = {"mlp": mlp.Params, "cnn": cnn.Params, "transfer": transfer_entry.Params}


def jobs(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict[str, Any]], Job]:
    """From an entry of the family of `of` to what to train on the data `source`. Raises UserError if it cannot be."""
    make = {"mlp": _on_features, "cnn": _on_spectrograms, "transfer": _pretrained}[of.split(".")[0]]
    return make(of, source, splits, device)


def _on_features(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict], Job]:
    rows = Rows(features_parquet.read(source, keep=set(splits["clip_id"])), device)
    return lambda entry: mlp.job(parsed(of, entry, mlp.Params), rows, splits, device)


def _on_spectrograms(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict], Job]:
    def job(entry: dict[str, Any]) -> Job:
        p = parsed(of, entry, cnn.Params)
        return cnn.job(p, Crops(source, p.view, set(splits["clip_id"]), device), splits, device)

    return job


def _pretrained(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict], Job]:
    return lambda entry: _prepared(parsed(of, entry, transfer_entry.Params), source, splits, device).job


def _prepared(p: Any, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Prepared:
    if isinstance(p, transfer_entry.Frozen):
        return frozen.prepare(p, source, splits, device)
    return fine_tuned.prepare(p, source, splits, device)


def train(
    of: str, source: str | Path, splits: pd.DataFrame, device: torch.device, entry: dict[str, Any], run_dir: Path,
    metrics_dir: Path,
) -> None:  # fmt: skip
    """Train an entry on every fold and seed and keep all that its stage keeps. Raises UserError if it cannot be."""
    family = of.split(".")[0]
    p = parsed(of, entry, ENTRIES[family])
    if family == "transfer":
        _prepared(p, source, splits, device).train(run_dir, metrics_dir)
    else:
        train_all = mlp.train_all if family == "mlp" else cnn.train_all
        train_all(of, p, source, splits, device, run_dir, metrics_dir)


def reads(of: str, entry: dict[str, Any]) -> str:
    """What an entry of the family of `of` is trained on, below data/, as its stage in dvc.yaml has it."""
    family = of.split(".")[0]
    return {"mlp": "features.parquet", "cnn": f"spectrograms/{entry.get('spectrogram')}"}.get(
        family, str(entry.get("input"))
    )


def problems(of: str, entry: dict[str, Any]) -> list[str]:
    """What is wrong in an entry of the family of `of`, each with its path below `of`."""
    return params.parse(of, entry, ENTRIES[of.split(".")[0]])[1]


def unread(of: str, entry: dict[str, Any], path: str) -> str:
    """Why nothing reads the setting at `path` of an entry; empty if something does, or something in the entry is wrong."""
    value, wrong = params.parse(of, entry, ENTRIES[of.split(".")[0]])
    found = () if wrong else refusals.unread(value)
    return next((why for place, why in found if f"{path}.".startswith(f"{place}.")), "")


def parsed(of: str, entry: dict[str, Any], cls: Any) -> Any:
    """The entry as `cls`. Raises UserError with all that is wrong in it."""
    value, found = params.parse(of, entry, cls)
    if found:
        raise UserError("; ".join(found))
    return value
