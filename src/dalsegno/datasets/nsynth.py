"""NSynth (Engel et al. 2017, arXiv 1704.01279): 305,979 notes of 4 s, 1,006 instruments, the authors' own split."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, TextIO

from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import groups, walk
from dalsegno.clips.tree.ids import safe
from dalsegno.pipeline.errors import UserError

EXPECTS = """
<root>/nsynth-train/examples.json   notes by name: {"bass_synthetic_033-022-050": {"instrument_str": …}, …}
<root>/nsynth-train/audio/*.wav     one file per note, its name is its key in examples.json
<root>/nsynth-valid/…, <root>/nsynth-test/…   likewise; one of the three is enough
<root>/groups.csv                   optional, columns path,group: other groups than the instruments
`dataset.target`: instrument_family (the default) or instrument_source
"""
PARTS = ("train", "valid", "test")
TARGETS = ("instrument_family", "instrument_source")
CHUNK = 1 << 20  # characters of examples.json read at a time: the whole training file would take a gigabyte as objects
SPACE = re.compile(r"\s*")
DECODER = json.JSONDecoder()


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """Every note of the parts that are there; group: the instrument. Raises UserError on a malformed examples.json."""
    walk.check(root, EXPECTS)
    yield from groups.stated(root, _notes(root, p), p)


def _notes(root: Path, p: Params) -> Iterator[Clip]:
    target = p.target or TARGETS[0]
    second_target = next(name for name in TARGETS if name != target)
    present = [part for part in PARTS if (root / f"nsynth-{part}" / "examples.json").is_file()]
    if not present:
        raise walk.missing(root, "holds no nsynth-*/examples.json", EXPECTS)
    for part in present:
        part_root = root / f"nsynth-{part}"
        for name, note, where in entries(part_root / "examples.json"):
            label = note.get(f"{target}_str") if isinstance(note, dict) else None
            group = note.get("instrument_str") if label else None
            second_label = note.get(f"{second_target}_str") if label else None
            if second_label is not None and not isinstance(second_label, str):
                raise UserError(f"{where}: expected {name!r} to have text as its {second_target}_str")
            if not isinstance(label, str) or not isinstance(group, str):
                raise UserError(f"{where}: expected {name!r} to have the texts {target}_str and instrument_str")
            yield Clip(name, part_root / "audio" / f"{name}.wav", label, group, part, second_label)


def entries(path: Path) -> Iterator[tuple[str, Any, str]]:
    """Yield (key, value, "file, line n") of a JSON object too large for memory. Raises UserError where it is malformed."""
    with path.open(encoding="utf-8-sig") as file:
        text, keys = _Text(file, path), set()
        text.take("{")
        more = not text.at("}")
        while more:
            key, where = text.value(), f"{path}, line {text.line}"
            if not isinstance(key, str) or not key.isascii() or key != safe(key):
                raise UserError(f"{where}: expected the name of a note, letters, digits and ._-, got {key!r}")
            if key in keys:
                raise UserError(f"{where}: {key!r} is there a second time; names of notes must differ")
            keys.add(key)
            text.take(":")
            yield key, text.value(), where
            more = text.at(",")
            if more:
                text.take(",")
        text.take("}")
        if not text.ends():
            text.refuse("expected nothing more")


class _Text:
    """A window on a long JSON text that moves forward as values are taken from it."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self.file, self.path, self.line, self.window, self.at_char = file, path, 1, "", 0

    def at(self, sign: str) -> bool:
        """Whether the next character that is not a space is `sign`."""
        if len(self.window) - self.at_char < CHUNK:
            try:
                self.window, self.at_char = self.window[self.at_char :] + self.file.read(CHUNK), 0
            except UnicodeDecodeError as error:
                wrong = error.object[error.start]
                raise UserError(
                    f"{self.path}, after line {self.line}: expected UTF-8, got the byte {wrong:#04x}"
                ) from None
        if space := SPACE.match(self.window, self.at_char):
            self._move(space.end())
        return self.window.startswith(sign, self.at_char)

    def take(self, sign: str) -> None:
        """Move past `sign`."""
        if not self.at(sign):
            self.refuse(f"expected {sign!r}")
        self._move(self.at_char + 1)

    def ends(self) -> bool:
        """Whether nothing but space is left."""
        return self.at("") and self.at_char == len(self.window)

    def value(self) -> Any:
        """Move past the next JSON value, of at most CHUNK characters, and return it."""
        self.at("")
        try:
            value, end = DECODER.raw_decode(self.window, self.at_char)
        except json.JSONDecodeError as error:
            self._move(error.pos)
            self.refuse(error.msg)
        except (RecursionError, ValueError):  # a hundred thousand brackets; a number of as many digits
            self.refuse("expected a note")
        self._move(end)
        return value

    def _move(self, to: int) -> None:
        self.line += self.window.count("\n", self.at_char, to)
        self.at_char = to

    def refuse(self, expectation: str) -> NoReturn:
        """Raise UserError with file, line, `expectation`, and what is there instead."""
        got = self.window[self.at_char : self.at_char + 40] or "the end of the file"
        raise UserError(
            f"{self.path}, line {self.line}: {expectation}, got {got!r}. Expected one object of notes by name"
        )
