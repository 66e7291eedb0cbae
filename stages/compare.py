"""Score every model on the same test clips, with intervals."""

import json
from pathlib import Path

from dalsegno.artefacts.learning import json_file, splits_csv
from dalsegno.pipeline import files, params, stage
from dalsegno.report import markdown
from dalsegno.scoring import compare, ensembles, held_out, intervals, paired, pairs, segment_accuracy, tables


def main(
    splits_path: str, splits_json: str, clips_json: str, runs_dir: str,
    compare_json: str, table_md: str, confusion_csv: str, curves_csv: str, pairs_csv: str, *families: str,
) -> None:  # fmt: skip
    """Compare the models that params.yaml names under the sections `families`."""
    p, joined = params.load(compare=intervals.Params, ensembles=ensembles.Entries)
    keys = dict(zip(families, params.names(*families), strict=True))
    folders = compare.folders(keys, runs_dir)
    s = held_out.held_out(splits_csv.read(splits_path))
    predicted = {name: held_out.predicted(name, run / "predictions.parquet", s) for name, run in folders.items()}
    members = ensembles.members(joined, list(predicted))
    predicted |= {name: ensembles.mean(name, {m: predicted[m] for m in models}) for name, models in members.items()}
    left_out = held_out.without_clips(predicted)
    s = held_out.shared(s, [table for name, table in predicted.items() if name not in left_out])
    models = {name: held_out.runs(s, table) for name, table in predicted.items() if name not in left_out}

    splits, clips = (json.loads(Path(path).read_text()) for path in (splits_json, clips_json))
    comparison = compare.setting(s, models, left_out, splits, clips, p)
    known = {name: compare.cost(run / "cost.json") | compare.known(run / "leaks.json") for name, run in folders.items()}
    known |= {name: ensembles.together([known[m] for m in models]) for name, models in members.items()}
    comparison["models"] = {
        name: scores
        | (
            segment_accuracy.scores(name, folders[name] / "segments.parquet", s, p.confidence)
            if name in folders
            else {}
        )
        | known[name]
        for name, scores in compare.scores(s, models, p).items()
    }
    comparison["gains"] = paired.gains(s, models, p)
    of_pairs = pairs.table(s, models, predicted, p)
    honest = {name: runs for name, runs in models.items() if not comparison["models"][name].get("leaks")} or models
    comparison["verdict"] = pairs.summary(s, honest, of_pairs, p)
    confusions = [tables.confusion_rows(name, compare.confusion(s, m), s.classes) for name, m in models.items()]
    tables.write_csv(confusion_csv, confusions)
    tables.write_csv(curves_csv, [tables.curves(name, run) for name, run in folders.items()])
    tables.write_csv(pairs_csv, [of_pairs])
    files.write_text(table_md, markdown.table(comparison, of_pairs))
    json_file.write(compare_json, comparison)


if __name__ == "__main__":
    stage.run(main)
