"""Score every model on the same test clips, with intervals."""

from pathlib import Path

from dalsegno.artefacts import kaggle_csv
from dalsegno.artefacts.learning import json_file, splits_csv
from dalsegno.pipeline import files, params, stage
from dalsegno.report import markdown
from dalsegno.report.tables import grids
from dalsegno.scoring import compare, ensembles, gathered, intervals, paired, pairs, tables
from dalsegno.scoring.made import inputs, one_setting
from dalsegno.scoring.per_model import classes, described

import pandas as pd


def main(
    splits_path: str, splits_json: str, clips_json: str, runs_dir: str, costs_dir: str,
    compare_json: str, table_md: str, plots_dir: str, scores_csv: str, *families: str,
) -> None:  # fmt: skip
    """Compare the models that params.yaml names under the sections `families`."""
    p, joined = params.load(compare=intervals.Params, ensembles=ensembles.Entries)
    keys = dict(zip(families, params.names(*families), strict=True))
    g = gathered.gather(splits_csv.read(splits_path), keys, runs_dir, joined)
    splits, clips = map(json_file.read, (splits_json, clips_json))
    reliability = described.Reliability.of(g)
    comparison = compare.setting(g.s, g.runs, g.left_out, splits, clips, p)
    comparison["models"] = described.scores(g, reliability, p, clips["synthetic"])
    of_models = inputs.read(g.folders, g.members)
    comparison["inputs"] = inputs.costs(of_models, costs_dir)
    for name, model in comparison["models"].items():
        model |= inputs.ms_per_clip(of_models[name], comparison["inputs"])
    comparison["gains"] = paired.gains(g.s, g.runs, p)
    comparison["alone"] = one_setting.groups(
        {name: g.folders[name] for name in comparison["models"] if name in g.folders}
    )
    of_pairs = pairs.table(g.s, g.runs, g.predicted, p)
    honest = {name: runs for name, runs in g.runs.items() if not comparison["models"][name].get("leaks")} or g.runs
    comparison["verdict"] = pairs.summary(g.s, honest, of_pairs, p)

    confusions = {name: compare.confusion(g.s, runs) for name, runs in g.runs.items()}
    cells = [tables.confusion_rows(name, counts, g.s.classes) for name, counts in confusions.items()]
    for name, rows in {
        "accuracy": [tables.accuracies(comparison["models"], comparison["protocol"]["leaky"])],
        "confusion": cells,
        "classes": [classes.table(g.s, g.runs, confusions, p.confidence)],
        "curves": [tables.curves(name, run) for name, run in g.folders.items()],
        "pairs": [of_pairs],
        "reliability": reliability.bin_rows(),
        "coverage": reliability.coverage_rows(),
    }.items():
        tables.write_csv(Path(plots_dir, f"{name}.csv"), rows)
    json_file.write(compare_json, comparison)
    written = json_file.read(compare_json)  # rounded, so that all reports round alike
    chosen = grids.read(runs_dir, list(g.folders))
    files.write_text(table_md, markdown.table(written, of_pairs, pd.concat(cells), chosen, kaggle_csv.read(scores_csv)))


if __name__ == "__main__":
    stage.run(main)
