"""Give every clip its part in every fold, and prove that nothing leaks."""

from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.artefacts.learning import json_file, splits_csv
from dalsegno.pipeline import params, progress, stage
from dalsegno.splits import assign, leaks, protocol


def main(clips_path: str, copies_path: str, segments: str, splits_path: str, metrics_json: str) -> None:
    """Split the clips by `splits.protocol`; stop at a leak, unless the protocol is one or a reason is given.

    segments: the number of pieces per clip that `features.segments` asks for.
    """
    p = params.load(splits=protocol.Params)
    copies, lists = copies_csv.read(copies_path), p.file if p.protocol == "file" else None
    split = assign.split(clips_csv.read(clips_path), copies, p, int(segments), lists, p.allow_missing)
    for line in split.messages:
        progress.say(line)
    crossings = leaks.check(split.rows, copies)
    if p.protocol != "shuffled_segments" and not p.allow_leaks:
        leaks.refuse(crossings)
    splits_csv.write(splits_path, split.rows)
    json_file.write(metrics_json, assign.summary(split, crossings, p))


if __name__ == "__main__":
    stage.run(main)
