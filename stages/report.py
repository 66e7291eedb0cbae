"""Render the comparison as one HTML page."""

import json
from pathlib import Path

import pandas as pd

from dalsegno.pipeline import files, stage
from dalsegno.report import page


def main(
    compare_json: str, pairs_csv: str, confusion_csv: str, curves_csv: str, clips_json: str, splits_json: str, protocols_json: str,
    report_html: str,
) -> None:  # fmt: skip
    jsons = (compare_json, clips_json, splits_json, protocols_json)
    compare, clips, splits, protocols = (json.loads(Path(path).read_text()) for path in jsons)
    names = dict.fromkeys(["model", "actual", "predicted", "run"], str)
    confusion, curves = (
        pd.read_csv(path, dtype=names, keep_default_na=False, na_values={c: [""] for c in numbers})
        for path, numbers in [(confusion_csv, ["share"]), (curves_csv, ["train_loss", "val_loss", "val_accuracy"])]
    )
    pairs = pd.read_csv(pairs_csv, dtype=dict.fromkeys(["model", "other"], str))
    files.write_text(
        report_html, page.render(page.Sources(compare, pairs, confusion, curves, clips, splits, protocols))
    )


if __name__ == "__main__":
    stage.run(main)
