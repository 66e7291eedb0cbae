"""The files below a root, to be found by what a table calls them."""

import posixpath
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.artefacts.data_set.clip_names import agree, plain
from dalsegno.pipeline.errors import UserError, hint


@dataclass(frozen=True)
class Files:
    """The sound files below `root`, each by its path relative to it."""

    root: Path
    paths: dict[str, Path]  # by the relative path in Unicode's form NFC

    def find(self, name: str, folder: str, where: str) -> str | None:
        """The key in `paths` of the file that a table in `folder` (below the root, or empty) calls `name`; None if there is none.

        It is the file at that path below the folder of the table, or the root; or else the one file of that name, suffix or
        not, in folders that do not contradict: `rock/1.wav` may be `audio/rock/1.wav`, and so may `/home/ann/audio/rock/1.wav`,
        but not `jazz/1.wav`. Raises UserError if there are several.
        """
        whole = plain(name)
        for path in (plain(f"{folder}/{whole}") if folder else whole, whole):
            if path in self.paths:
                return path
        alike = self._by_name.get(posixpath.basename(whole)) or self._by_name.get(_bare(whole)) or []
        alike = [path for path in alike if agree(posixpath.dirname(path), posixpath.dirname(whole))]
        if len(alike) > 1:
            several = ", ".join(map(repr, alike[:3]))
            raise UserError(f"{where}: {name!r} may be any of {len(alike)} files ({several}); write the path")
        return alike[0] if alike else None

    def nearest(self, name: str) -> str:
        """The end of a message about a file that is not there."""
        return hint(plain(name), sorted(self.paths))

    def but_for_case(self, path: str) -> str:
        """What a message adds about a path that is there in other letters; empty if it is not."""
        there = self._by_letters.get(path.casefold())
        return f"; {there!r} is" if there else ""

    @cached_property
    def _by_letters(self) -> dict[str, str]:
        return {path.casefold(): path for path in self.paths}

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.paths:
            for name in {posixpath.basename(path), _bare(path)}:
                found.setdefault(name, []).append(path)
        return found


def files(root: Path, paths: list[Path]) -> Files:
    """Those of `paths`, which lie below `root`."""
    above = len(str(root / "x")) - 1
    return Files(root, {plain(str(path)[above:]): path for path in paths})


def _bare(path: str) -> str:
    return clips_csv.bare(posixpath.basename(path))
