"""One model trained on all labelled clips, as model.pt holds it, for a network and for an estimator."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import splits_csv
from dalsegno.families import classical, estimators
from dalsegno.final.recipe import Recipe, all_trained
from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import counted
from dalsegno.pipeline.refusals import shown
from dalsegno.search import jobs
from dalsegno.training import precision, runs, together, train
from dalsegno.training.job import Run
from dalsegno.training.trained import enough_memory, ready


def content(of: Recipe, data: str | Path, splits: pd.DataFrame, device: torch.device) -> dict[str, Any]:
    """What model.pt is to hold: as that of the run, with one set of weights; `final` says how it came about.

    data: the folder that holds the input of `of`. Raises UserError if the model cannot be trained.
    """
    splits, source = all_trained(splits), Path(data, of.source)
    estimator = of.name.startswith("classical/")
    run, found, dtype = _estimator(of, source, splits) if estimator else _network(of, source, splits, device)
    about = {"model": of.name, "clips": len(splits), "runs": len(of.content["runs"]), "temperature": run["temperature"]}
    made_on = precision.made_on(device, dtype)
    return of.content | {"runs": [run], "made_on": made_on, "final": about | found}


def _network(
    of: Recipe, source: Path, splits: pd.DataFrame, device: torch.device
) -> tuple[dict[str, Any], dict[str, Any], torch.dtype]:
    """Train for the epochs that validation found, with the learning rate of those epochs; of its schedule no more is seen."""
    job, n = jobs.jobs(of.name.replace("/", "."), source, splits, device)(of.entry), of.n_epochs
    ids = sorted(set(splits["clip_id"]) & set(job.source.clip_ids))
    run = Run(job, 0, of.seed, job.source.for_training(ids), ids, [])
    progress.say(
        f"{counted(len(ids), 'clip')}, {counted(n, 'epoch')}, the median of {of.best_epochs}, which were best by validation"
    )
    with together.joined(device), enough_memory(run):
        built, batches, weights = ready(run)
        how = {"groups": built.groups, "class_weights": weights, "dtype": job.dtype}
        for epoch, loss, _ in train.epochs(built.model, batches, job.train, **how):
            progress.say(f"epoch {epoch + 1:>3}/{n}  train_loss {loss:8.4f}")
            if epoch + 1 == n:
                break
    return runs.checkpoint(run, built, of.temperature, n - 1), {"epochs": n, "best_epochs": of.best_epochs}, job.dtype


def _estimator(of: Recipe, source: Path, splits: pd.DataFrame) -> tuple[dict[str, Any], dict[str, Any], torch.dtype]:
    """Fit with the entry of the grid that most folds and seeds chose."""
    p = jobs.parsed(of.name.replace("/", "."), of.entry, classical.Params)
    table, classes = features_parquet.read(source, keep=set(splits["clip_id"])), splits_csv.classes(splits)
    y = pd.Index(classes).get_indexer(splits.set_index("clip_id").loc[table.clip_ids, "label"])
    rows = classical.Part(table.x, y, pd.factorize(table.clip_ids)[0])
    progress.say(
        f"{rows.n_clips} clips, {p.estimator} with {shown(of.options) if of.options else 'its defaults'}, chosen by most folds and seeds"
    )
    model = classical.pipeline(p, of.seed, of.options, rows)
    fitted = classical.Calibrated(model, of.temperature, len(classes), of.options)
    run = {"fold": 0, "seed": of.seed, "clips": splits_csv.met(splits, 0), "scaling": of.scaling}
    return run | estimators.numbers(fitted), {"options": of.options}, torch.float32
