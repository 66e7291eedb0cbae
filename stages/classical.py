"""Fit a scikit-learn baseline on the features."""

import time
from pathlib import Path

import numpy as np
import pandas as pd

from dalsegno.artefacts import features_parquet, json_file, predictions_parquet, splits_csv
from dalsegno.families import classical
from dalsegno.pipeline import files, params, progress, stage


def main(key: str, features: str, splits_path: str, run_dir: str) -> None:
    p = params.variant(key, classical=classical.Params)
    splits = splits_csv.read(splits_path)
    table = features_parquet.read(features, keep=set(splits["clip_id"]))
    classes = splits_csv.classes(splits)
    part_of = splits.set_index("clip_id")
    y = part_of["label"][table.clip_ids].map({c: i for i, c in enumerate(classes)}).to_numpy()
    rows, costs = [], []
    for fold in splits_csv.numbers(splits):
        part = part_of[f"fold{fold}"][table.clip_ids].to_numpy()
        train, valid = ((table.x[part == name], y[part == name].astype(int)) for name in ("train", "valid"))
        for seed in p.seeds:
            began = time.perf_counter()
            model = classical.choose(p, seed, train, valid)
            t = classical.temperature(model, *valid)
            trained = time.perf_counter()
            of_row = classical.probabilities(model, t, table.x, len(classes))
            of_clip = pd.DataFrame(of_row).groupby(table.clip_ids).mean()
            rows.append(predictions_parquet.frame(splits, fold, seed, list(of_clip.index), of_clip.to_numpy(), classes))
            costs.append((trained - began, 1000 * (time.perf_counter() - trained) / len(of_clip)))
            progress.say(f"fold {fold}  seed {seed}  {p.estimator}  val_accuracy {model.score(*valid):8.4f}")
    train_s, predict_ms = np.mean(costs, axis=0)
    with files.atomic(run_dir) as draft:
        draft.mkdir()
        predictions_parquet.write(Path(draft, "predictions.parquet"), rows)
        json_file.write(
            Path(draft, "cost.json"), {"train_s": train_s, "predict_ms_per_clip": predict_ms, "device": "cpu"}
        )


if __name__ == "__main__":
    stage.run(main)
