"""Which clip somebody means by a name: its id, its path, or as much of its path as tells it from the others."""

import posixpath
import unicodedata

import pandas as pd

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.pipeline.errors import UserError


class ClipNames:
    """The names of `clips`, rows with clip_id and path."""

    def __init__(self, clips: pd.DataFrame) -> None:
        self._paths = clips["path"].tolist()
        self._exact: dict[str, int] = {}
        self._by_file: dict[str, list[tuple[str, int]]] = {}  # without suffix: the folder and the row of each
        for row, (clip_id, path) in enumerate(zip(clips["clip_id"], clips["path"], strict=True)):
            self._exact[plain(clip_id)] = self._exact[plain(path)] = row
            folder, file = posixpath.split(clips_csv.bare(plain(path)))
            self._by_file.setdefault(file, []).append((folder, row))

    def rows(self, name: str) -> list[int]:
        """The rows of the clips that `name` may mean, of which there are several if it is too short, or none.

        It is a clip_id or a path, without suffix perhaps, its accents composed or not; or the file's name in folders that do
        not contradict: `rock/1.wav` may be `1` or `C:\\audio\\rock\\1.wav`, but not `jazz/1.wav`; or a clip_id in whatever folder,
        unless it is the file's name of several clips.
        """
        whole = plain(name)
        bare = clips_csv.bare(whole)
        for exact in (whole, bare):
            if exact in self._exact:
                return [self._exact[exact]]
        folder, file = posixpath.split(bare)
        alike = self._by_file.get(file, [])
        hits = [row for other, row in alike if agree(folder.casefold(), other.casefold())]
        return hits or ([self._exact[file]] if file in self._exact and len(alike) < 2 else [])

    def refuse_several(self, name: str, rows: list[int], where: str) -> None:
        """Raise UserError if `name`, which stands at `where`, file and line, may mean several clips, as `rows` gave them."""
        if len(rows) > 1:
            several = ", ".join(self._paths[row] for row in rows[:3])
            raise UserError(f"{where}: {name!r} fits {len(rows)} clips ({several}); write the path")


def agree(one: str, other: str) -> bool:
    """Whether of two folders one is the end of the other."""
    shorter, longer = sorted((one, other), key=len)
    return not shorter or f"/{longer}".endswith(f"/{shorter.removeprefix('/')}")


def plain(name: str) -> str:
    """A name or relative path as it is compared: with slashes, without dots and blanks around it, and in Unicode's form NFC.

    A Mac writes é as two characters, and Windows writes backslashes.
    """
    return unicodedata.normalize("NFC", posixpath.normpath(name.strip().replace("\\", "/")))
