"""Give every clip its part in every fold, and prove that nothing leaks."""

from dalsegno.artefacts import clips_csv, copies_csv, json_file, splits_csv
from dalsegno.pipeline import params, progress, stage
from dalsegno.splits import assign, leaks


def main(clips_path: str, copies_path: str, splits_path: str, metrics_json: str) -> None:
    """Split the usable clips by `splits.protocol`; stop at a leak, unless the protocol is one or a reason is given."""
    p = params.load(splits=assign.Params)
    copies = copies_csv.read(copies_path)
    made = assign.split(clips_csv.usable(clips_csv.read(clips_path)), copies, p)
    for line in made.told:
        progress.say(line)
    found = leaks.check(made.rows, copies)
    if p.protocol != "shuffled_segments" and not p.allow_leaks:
        leaks.refuse(found)
    splits_csv.write(splits_path, made.rows)
    json_file.write(metrics_json, assign.summary(made, found, p))


if __name__ == "__main__":
    stage.run(main)
