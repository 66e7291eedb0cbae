"""Write what each model calls the unlabelled clips, as one table and as submissions laid out like the sample."""

from pathlib import Path

from dalsegno.artefacts.data_set import clips_csv, sample_submission
from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.pipeline import files, params, progress, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.report import submissions
from dalsegno.scoring import ensembles

import pandas as pd


def main(clips_path: str, splits_path: str, runs_dir: str, accuracy_csv: str, out_dir: str, *families: str) -> None:
    """Fill `out_dir` with predictions.csv and a submission_<family>_<key>.csv of each model; nothing if all are labelled.

    A sample that does not fit leaves a file that says why in place of submissions: no other stage has to wait for it.
    """
    clips, splits = clips_csv.read(clips_path), splits_csv.read(splits_path)
    wanted = set(splits.loc[splits["label"] == "", "clip_id"])
    with files.atomic(out_dir) as draft:
        draft.mkdir()
        if not wanted:
            progress.say("every clip has a label: nothing to submit")
            return
        keys = zip(families, params.names(*families), strict=True)
        names = [f"{family}/{key}" for family, of_family in keys for key in of_family]
        tables = {name: predictions_parquet.read(Path(runs_dir, name, "predictions.parquet")) for name in names}
        tables |= ensembles.means(ensembles.members(params.load(ensembles=ensembles.Entries), names), tables)
        means = {name: submissions.means(rows, wanted) for name, rows in tables.items()}
        best_first = list(pd.read_csv(accuracy_csv)["model"])
        paths = clips.set_index("clip_id")["path"]
        submissions.write_predictions(draft / submissions.PREDICTIONS, paths, means, best_first)
        sample = Path(params.value("dataset.root", str), sample_submission.NAME)
        try:
            form = sample_submission.layout(sample, clips[clips["label"] == ""], splits_csv.classes(splits))
        except UserError as error:
            progress.say(f"no submission: {error}")
            files.write_text(draft / "no_submission.txt", f"{error}\n")
            return
        for name, mean in means.items():
            labels = submissions.called(mean)
            lacking = submissions.write(draft / f"submission_{name.replace('/', '_')}.csv", form, labels)
            note = f"; {lacking} have no prediction and keep the label of the sample, if any" if lacking else ""
            progress.say(f"{name:<24} {len(labels)} clips{note}")


if __name__ == "__main__":
    stage.run(main)
