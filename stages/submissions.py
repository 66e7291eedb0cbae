"""Write what each model calls the unlabelled clips, laid out like the data set's sample submission."""

from pathlib import Path

from dalsegno.artefacts.data_set import clips_csv, sample_submission
from dalsegno.artefacts.learning import predictions_parquet, splits_csv
from dalsegno.pipeline import files, params, progress, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.report import submissions
from dalsegno.scoring import ensembles


def main(clips_path: str, splits_path: str, runs_dir: str, out_dir: str, *families: str) -> None:
    """Fill `out_dir` with a submission_<family>_<key>.csv of each model; with nothing if no clip is unlabelled.

    A sample that does not fit leaves a file that says why in their place: no other stage has to wait for it.
    """
    clips, splits = clips_csv.read(clips_path), splits_csv.read(splits_path)
    wanted = set(splits.loc[splits["label"] == "", "clip_id"])
    with files.atomic(out_dir) as draft:
        draft.mkdir()
        if not wanted:
            progress.say("every clip has a label: nothing to submit")
            return
        sample = Path(params.value("dataset.root", str), sample_submission.NAME)
        try:
            form = sample_submission.layout(sample, clips[clips["label"] == ""], splits_csv.classes(splits))
        except UserError as error:
            progress.say(f"no submission: {error}")
            files.write_text(draft / "no_submission.txt", f"{error}\n")
            return
        keys = zip(families, params.names(*families), strict=True)
        names = [f"{family}/{key}" for family, of_family in keys for key in of_family]
        tables = {name: predictions_parquet.read(Path(runs_dir, name, "predictions.parquet")) for name in names}
        tables |= ensembles.means(ensembles.members(params.load(ensembles=ensembles.Entries), names), tables)
        for name, rows in tables.items():
            labels = submissions.called(rows, wanted)
            lacking = submissions.write(draft / f"submission_{name.replace('/', '_')}.csv", form, labels)
            note = f"; {lacking} have no prediction and keep the label of the sample, if any" if lacking else ""
            progress.say(f"{name:<24} {len(labels)} clips{note}")


if __name__ == "__main__":
    stage.run(main)
