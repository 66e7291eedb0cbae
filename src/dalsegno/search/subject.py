"""The model whose settings are searched: its entry, and a job for any other settings of it. Data are loaded once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from dalsegno.artefacts import features_parquet
from dalsegno.families import mlp
from dalsegno.families.convolutional import cnn
from dalsegno.families.convolutional.crops import Crops
from dalsegno.families.rows import Rows
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.search import space
from dalsegno.training.job import Job
from dalsegno.transfer.adapting import entry as transfer_entry
from dalsegno.transfer.adapting import fine_tuned, frozen


@dataclass(frozen=True)
class Subject:
    """name: <family>.<key>. entry: as params.yaml has it. job: from an entry with other settings to what to train."""

    name: str
    entry: dict[str, Any]
    job: Callable[[dict[str, Any]], Job]

    def with_values(self, values: dict[str, Any]) -> dict[str, Any]:
        """The entry with these values at their dotted paths."""
        return space.with_values(self.entry, values)


def subject(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Subject:
    """The model `of` in params.yaml, on the table, store or embeddings `source`. Raises UserError if there is none."""
    family, key = of.split(".", 1)
    entries = params.document().get(family) or {}
    if key not in entries:
        raise UserError(f"params.yaml: there is no entry {of}{hint(of, [f'{family}.{k}' for k in entries])}")
    make = {"mlp": _on_features, "cnn": _on_spectrograms, "transfer": _pretrained}[family]
    return Subject(of, entries[key], make(of, source, splits, device))


def _on_features(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict], Job]:
    rows = Rows(features_parquet.read(source, keep=set(splits["clip_id"])), device)
    return lambda entry: mlp.job(_parsed(of, entry, mlp.Params), rows, splits, device)


def _on_spectrograms(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict], Job]:
    def job(entry: dict[str, Any]) -> Job:
        p = _parsed(of, entry, cnn.Params)
        return cnn.job(p, Crops(source, p.view, set(splits["clip_id"]), device), splits, device)

    return job


def _pretrained(of: str, source: str | Path, splits: pd.DataFrame, device: torch.device) -> Callable[[dict], Job]:
    def job(entry: dict[str, Any]) -> Job:
        p = _parsed(of, entry, transfer_entry.Params)
        if isinstance(p, transfer_entry.Frozen):
            return frozen.prepare(p, source, splits, device).job
        return fine_tuned.prepare(p, source, splits, device).job

    return job


def _parsed(of: str, entry: dict[str, Any], cls: type) -> Any:
    value, problems = params.parse(of, entry, cls)
    if problems:
        raise UserError("; ".join(problems))
    return value
