"""A Kaggle competition: labelled training clips, test clips to predict, and what a submission must look like."""

from collections.abc import Iterator
from pathlib import Path

from dalsegno.clips import folder, gtzan_csv
from dalsegno.clips.dataset import Clip, Params
from dalsegno.pipeline.errors import UserError

EXPECTS = """
<root>/train/<label>/**.wav      one folder per class; also au, flac, ogg, opus, mp3, aiff
<root>/test/**.wav               clips to predict, without labels
<root>/sample_submission.csv     optional: its columns, ids and order are those of the submissions that a run writes
Training clips named as GTZAN's are grouped by its published artists.
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """The training clips, labelled with their folder, then the test clips. Raises UserError if either is missing."""
    folder.check(root, EXPECTS)
    listed = []
    for part in ("train", "test"):
        if not (root / part).is_dir():
            raise UserError(folder.missing(root, f"has no folder {part!r}", EXPECTS))
        paths = folder.walk(root / part, folder.AUDIO)
        if not paths:
            raise UserError(folder.missing(root, f"holds no audio file in {part}", EXPECTS))
        listed += [(part, path, path.relative_to(root / part)) for path in paths]
    for name, (part, path, relative) in zip(folder.ids([r for _, _, r in listed]), listed, strict=True):
        label = relative.parts[0] if part == "train" and len(relative.parts) > 1 else None
        fault = "no label: lies in no class folder" if part == "train" and label is None else None
        yield Clip(name, path, label, (label and gtzan_csv.artist(path)) or None, fault=fault)
