"""NSynth (Engel et al. 2017, arXiv 1704.01279): 305,979 notes of 4 s, 1,006 instruments, the authors' own split."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.tree import groups, walk
from dalsegno.clips.tree.ids import safe
from dalsegno.pipeline.errors import UserError, gist

EXPECTS = """
<root>/nsynth-train/examples.json   notes by name: {"bass_synthetic_033-022-050": {"instrument_str": …}, …}
<root>/nsynth-train/audio/*.wav     one file per note, its name is its key in examples.json
<root>/nsynth-valid/…, <root>/nsynth-test/…   likewise; one of the three is enough
<root>/groups.csv                   optional, columns path,group: other groups than the instruments
`dataset.target`: instrument_family (the default) or instrument_source
"""
PARTS = ("train", "valid", "test")
TARGETS = ("instrument_family", "instrument_source")


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
        where = part_root / "examples.json"
        for name, note in entries(where).items():
            label = note.get(f"{target}_str") if isinstance(note, dict) else None
            group = note.get("instrument_str") if label else None
            second_label = note.get(f"{second_target}_str") if label else None
            if second_label is not None and not isinstance(second_label, str):
                raise UserError(f"{where}: expected {name!r} to have text as its {second_target}_str")
            if not isinstance(label, str) or not isinstance(group, str):
                raise UserError(f"{where}: expected {name!r} to have the texts {target}_str and instrument_str")
            yield Clip(name, part_root / "audio" / f"{name}.wav", label, group, part, second_label)


def entries(path: Path) -> dict[str, Any]:
    """What examples.json says of each note in words, by its name. Raises UserError where it is malformed."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            notes = json.load(file, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:  # a hundred thousand brackets; a number of as many digits
        raise UserError(f"{path}: expected one object of notes by name: {gist(error)}") from None
    if not isinstance(notes, dict):
        raise UserError(f"{path}: expected one object of notes by name, got a {type(notes).__name__}")
    for name in notes:
        if not name.isascii() or name != safe(name):
            raise UserError(f"{path}: expected the name of a note, letters, digits and ._-, got {name!r}")
    return notes


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """All notes, or of a note what it says in words: numbers and lists of 289,205 notes would take a gigabyte."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"{twice!r} is there a second time; names must differ")
    return {name: found[name] for name in found if name.endswith("_str")} if "instrument_str" in found else found
