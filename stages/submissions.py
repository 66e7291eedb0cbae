"""Write what each model calls the unlabelled clips, laid out like the data set's sample submission."""

from pathlib import Path

from dalsegno import files, folds, manifest, params, predictions, progress, submissions


def main(root: str, clips_csv: str, splits_csv: str, runs_dir: str, out_dir: str, *families: str) -> None:
    """Fill `out_dir` with a submission_<family>_<key>.csv of each model; with nothing if no clip is unlabelled."""
    clips, splits = manifest.read(clips_csv), folds.read(splits_csv)
    wanted = set(splits.loc[splits["label"] == "", "clip_id"])
    with files.atomic(out_dir) as draft:
        draft.mkdir()
        if not wanted:
            progress.say("every clip has a label: nothing to submit")
            return
        sample = Path(root, submissions.SAMPLE)
        layout = submissions.layout(sample, clips[clips["label"] == ""], folds.classes(splits))
        for family, names in zip(families, params.names(*families), strict=True):
            for key in names:
                rows = predictions.read(Path(runs_dir, family, key, "predictions.parquet"))
                labels = submissions.called(rows, wanted)
                lacking = submissions.write(draft / f"submission_{family}_{key}.csv", layout, labels)
                note = f"; {lacking} have no prediction and keep the label of the sample, if any" if lacking else ""
                progress.say(f"{f'{family}/{key}':<24} {len(labels)} clips{note}")


if __name__ == "__main__":
    params.run(main)
