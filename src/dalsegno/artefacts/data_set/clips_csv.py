"""data/clips.csv: one row per file, the list that every stage joins by `clip_id`."""

import re
from pathlib import Path

import pandas as pd

from dalsegno.pipeline import files

TEXT = ["clip_id", "path", "label", "group", "split", "sha256", "excluded"]
COLUMNS = [
    "clip_id", "path", "label", "group", "split", "duration_s", "sample_rate_hz", "channels", "sha256", "excluded"
]  # fmt: skip
EXACT_COPY = "exact copy"  # the kind of exclusion of a clip whose samples another clip has as well
FORMATS = {
    ".wav": ("WAV", "WAVEX", "RF64", "W64"), ".wave": ("WAV", "WAVEX"), ".bwf": ("WAV", "WAVEX", "RF64"),
    ".w64": ("W64",), ".rf64": ("RF64",), ".au": ("AU",), ".snd": ("AU",), ".flac": ("FLAC",), ".caf": ("CAF",),
    ".mp3": ("MP3", "MPEG"), ".mp2": ("MP3", "MPEG"), ".mpga": ("MP3", "MPEG"), ".ogg": ("OGG",),
    ".oga": ("OGG", "FLAC"), ".opus": ("OGG",), ".aiff": ("AIFF",), ".aif": ("AIFF",), ".aifc": ("AIFF",),
    ".voc": ("VOC",), ".sph": ("NIST",), ".nist": ("NIST",), ".avr": ("AVR",), ".ircam": ("IRCAM",), ".sf": ("IRCAM",),
    ".paf": ("PAF",), ".pvf": ("PVF",), ".svx": ("SVX",), ".8svx": ("SVX",), ".iff": ("SVX",), ".wve": ("WVE",),
    ".sds": ("SDS",),
}  # fmt: skip
"""By suffix, what libsndfile may call the format of such a file."""
AUDIO = frozenset(FORMATS)
PICTURE = frozenset({
    ".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".tif", ".tiff", ".webp", ".gif",
})  # fmt: skip
_SUFFIX = re.compile(rf"({'|'.join(map(re.escape, sorted(AUDIO | PICTURE)))})$", re.IGNORECASE)


def write(path: str | Path, clips: pd.DataFrame) -> None:
    """Write the rows of `clips`, whose columns include COLUMNS, in order of clip_id."""
    with files.atomic(path) as draft:
        clips[COLUMNS].sort_values("clip_id").to_csv(draft, index=False, lineterminator="\n")


def read(path: str | Path) -> pd.DataFrame:
    """Every file of the data set, excluded ones too; an empty text cell is the empty string."""
    return pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), keep_default_na=False, na_values={
        c: [""] for c in COLUMNS if c not in TEXT
    })  # fmt: skip


def usable(clips: pd.DataFrame) -> pd.DataFrame:
    """The rows that nothing excluded, labelled or not, in order of clip_id."""
    return clips[clips["excluded"] == ""].reset_index(drop=True)


def with_copies(clips: pd.DataFrame) -> pd.DataFrame:
    """The usable rows and the exact copies that were excluded for being such, in order of clip_id.

    The sound of these is as good as their originals', and a split that is given may test them.
    """
    kept = (clips["excluded"] == "") | clips["excluded"].str.startswith(f"{EXACT_COPY}:")
    return clips[kept].reset_index(drop=True)


def bare(name: str) -> str:
    """The name or path of a file without a suffix of audio or pictures; any other suffix may be part of the name."""
    return _SUFFIX.sub("", name)
