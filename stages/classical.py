"""Fit a scikit-learn baseline on the features."""

import time
from dataclasses import asdict
from pathlib import Path

from dalsegno.artefacts import features_parquet, grid_json, model_name, model_npz, settings_json
from dalsegno.artefacts.learning import json_file, predictions_parquet, splits_csv
from dalsegno.families import classical, estimators
from dalsegno.pipeline import environment, files, params, progress, stage
from dalsegno.pipeline.errors import about

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_info


def main(key: str, features: str, splits_path: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, classical=classical.Params)
    splits = splits_csv.read(splits_path)
    table = features_parquet.read(features, keep=set(splits["clip_id"]))
    classes = splits_csv.classes(splits)
    place, clip_ids = pd.factorize(table.clip_ids, sort=True)
    predictions, costs, runs, chosen = [], [], [], []
    clock = progress.Runs(len(splits_csv.numbers(splits)) * len(p.seeds), most=1)
    with about(f"classical.{key}"):
        for run in classical.fitted(p, table.x, table.clip_ids, splits):
            began = time.perf_counter()
            of_row = run.estimator.probabilities(table.x)
            of_clip = predictions_parquet.mean_per_clip(of_row, place, len(clip_ids))
            costs.append((run.train_s, 1000 * (time.perf_counter() - began) / len(clip_ids)))
            predictions.append(predictions_parquet.frame(splits, run.fold, run.seed, list(clip_ids), of_clip, classes))
            learnt = {"clips": splits_csv.met(splits, run.fold), "scaling": classical.scaling(predictions[-1], classes)}
            runs.append({"fold": run.fold, "seed": run.seed} | learnt | estimators.numbers(run.estimator))
            chosen.append(grid_json.of_run(run.fold, run.seed, p.grid, run.accuracies))
            which = f"{clock}  fold {run.fold}  seed {run.seed}"
            progress.say(f"{which}  {p.estimator}  val_accuracy {run.val_accuracy:8.4f}  {clock.left(1)}")
            clock.end(1)
    train_s, predict_ms = np.mean(costs, axis=0)
    threads = max((pool["num_threads"] for pool in threadpool_info()), default=1)
    made_on = {"device": "cpu", "threads": threads, "dtype": str(table.x.dtype), "versions": environment.versions()}
    with files.atomic(run_dir) as draft:
        draft.mkdir()
        predictions_parquet.write(Path(draft, "predictions.parquet"), predictions)
        stored = {"format": model_name.FORMAT, "estimator": p.estimator, "labels": classes, "runs": runs}
        stored |= {"features": table.names, "settings": table.settings, "made_on": made_on}
        model_npz.save(Path(draft, "model.npz"), stored)
        settings_json.write(draft, asdict(p), table.settings, None)
        cost = {"train_s": train_s, "predict_ms_per_clip": predict_ms} | environment.peak_memory_mb()
        json_file.write(Path(draft, "cost.json"), cost | made_on | environment.machine())
        grid_json.write(Path(draft, grid_json.OF_RUN), chosen)
    grid_json.write(Path(metrics_dir, grid_json.METRICS), chosen)


if __name__ == "__main__":
    stage.run(main)
