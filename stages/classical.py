"""Fit a scikit-learn baseline on the features."""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno.artefacts import features_parquet
from dalsegno.artefacts.learning import json_file, predictions_parquet, splits_csv
from dalsegno.families import classical
from dalsegno.pipeline import files, params, progress, stage


def main(key: str, features: str, splits_path: str, run_dir: str) -> None:
    p = params.variant(key, classical=classical.Params)
    splits = splits_csv.read(splits_path)
    table = features_parquet.read(features, keep=set(splits["clip_id"]))
    classes = splits_csv.classes(splits)
    place, clip_ids = pd.factorize(table.clip_ids, sort=True)
    predictions, costs = [], []
    for run in classical.fitted(p, table.x, table.clip_ids, splits):
        began = time.perf_counter()
        of_clip = predictions_parquet.mean_per_clip(run.probabilities(table.x), place, len(clip_ids))
        costs.append((run.train_s, 1000 * (time.perf_counter() - began) / len(clip_ids)))
        predictions.append(predictions_parquet.frame(splits, run.fold, run.seed, list(clip_ids), of_clip, classes))
        progress.say(f"fold {run.fold}  seed {run.seed}  {p.estimator}  val_accuracy {run.val_accuracy:8.4f}")
    train_s, predict_ms = np.mean(costs, axis=0)
    with files.atomic(run_dir) as draft:
        draft.mkdir()
        predictions_parquet.write(Path(draft, "predictions.parquet"), predictions)
        cost = {"train_s": train_s, "predict_ms_per_clip": predict_ms, "device": "cpu"}
        json_file.write(Path(draft, "cost.json"), cost)


if __name__ == "__main__":
    stage.run(main)
