"""A first groups.csv for people to correct, from the files' tags and the folders that they lie in."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import soundfile as sf

from dalsegno.clips import decoding
from dalsegno.clips.dataset import Clip
from dalsegno.clips.groups import source, tags

COLUMNS = ["path", "group", "from"]


def draft(root: Path, listed: Sequence[Clip]) -> pd.DataFrame:
    """A row per clip that is a file, columns COLUMNS: its path below `root`, a guess at its group, what the guess is from.

    Tags come first (the artist, or else the album), then the folder below that of the class. Nothing is decoded.
    """
    files = [clip for clip in listed if clip.path.is_file()]
    tagged = tags.groups([_names(clip.path) for clip in files])
    rows = [_row(clip.path.relative_to(root), clip.label, name) for clip, name in zip(files, tagged, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(inside: Path, label: str | None, tagged: str) -> tuple[str, str, str]:
    folder = tags.spelt(source.folder(inside, label)) if label in inside.parts else ""
    return inside.as_posix(), tagged or folder, "tags" if tagged else "folder" if folder else ""


def _names(path: Path) -> tags.Names:
    """The names in a file's tags, none in a file that cannot be opened."""
    try:
        with decoding.quiet(), sf.SoundFile(path) as sound:
            return tags.names(sound.copy_metadata())
    except (sf.SoundFileError, OSError, ValueError):
        return tags.Names()
