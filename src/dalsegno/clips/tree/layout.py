"""Whether the folders below a root look like classes, or like something else that stands where classes should."""

import re
import unicodedata
from pathlib import Path
from typing import NoReturn

from dalsegno.pipeline.errors import UserError, joined, listed

N_NAMED = 8  # folders that a message names
PARTS = {
    "training part": "train training trainset trainingset",
    "test part": "test testing testset tests eval evaluation holdout",
    "validation part": "val valid validation validate validset valset dev devset devel development",
}
PART_OF = {word: part for part, words in PARTS.items() for word in words.split()}
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")  # suffixes of files that may name the classes instead
FOLD = re.compile(r"(fold|kfold|split|cvfold|cv)\d*")


def refuse(root: Path, paths: list[Path], noun: str, more: list[str]) -> None:
    """Raise UserError unless the first folders of `paths`, which are relative to `root`, are two or more classes.

    It names the folders one level down, where the classes may be, and adds the lines `more`.
    """
    inner: dict[str, set[str]] = {}
    for path in paths:
        inner.setdefault(path.parts[0], set()).update(path.parts[1:-1][:1])
    parts = {name: part for name in inner if (part := part_of(name))}
    more = [*more, *_tables(root)]
    if not inner:
        _refuse(root, f"there is no class folder, every {noun} lies outside of one", inner, [_ABOVE, *more])
    if len(inner) == 1:
        state = f"there is a single class, {next(iter(inner))!r}, and so nothing to tell apart"
        _refuse(root, state, inner, [_BELOW, *more] if any(inner.values()) else more)
    if set(parts) - set(_lone_train(inner, parts)) or all(_mentions_part(name) for name in inner):
        named = ", ".join(
            f"{name!r} looks like {parts.get(name, 'a part')}" for name in sorted(parts or inner)[:N_NAMED]
        )
        _refuse(root, f"these folders are parts of a data set and no classes: {named}", inner, [_PARTS])


def part_of(name: str) -> str:
    """The part of a data set that a folder's name says it is, `the test part`, `a fold`; empty if it says nothing so."""
    word = bare(name)
    if FOLD.fullmatch(word) and word != "cv":
        return "a fold of a cross-validation"
    part = PART_OF.get(word.rstrip("0123456789"))
    return f"the {part}" if part else ""


def bare(name: str) -> str:
    """A name without what readers overlook: case, blanks, hyphens, underscores, full stops and the form of Unicode."""
    return re.sub(r"[\s_.\-\u200b-\u200d\ufeff]+", "", unicodedata.normalize("NFKC", name)).casefold()


def _tables(root: Path) -> list[str]:
    """A line about the tables in `root`, if there are any: they may name the classes."""
    named = sorted(path.name for path in root.iterdir() if path.suffix.lower() in TABLES and path.name != "groups.csv")
    if not named:
        return []
    tables = joined(named[:N_NAMED], "or")
    return [f"If {tables} says which class each file has, set `dataset.name: table`; `dalsegno datasets` shows how"]


def _lone_train(inner: dict[str, set[str]], parts: dict[str, str]) -> list[str]:
    """The folder called train, if it is the only part among two or more others and flat: trains make sounds."""
    return [name for name in parts if len(parts) == 1 and len(inner) > 2 and bare(name) == "train" and not inner[name]]


def _mentions_part(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+|\d+", unicodedata.normalize("NFKC", name).casefold())
    return bool(part_of(name)) or any(word in PART_OF or word in ("fold", "split") for word in words)


_ABOVE = "`{root}` must be the folder above the class folders, of which each holds the clips of one class"
_BELOW = "If the classes lie one level down, name the folder {below}"
_PARTS = (
    "If they hold class folders, either name one of them ({below}), or, for train/<label>/ and test/ "
    "without labels, read them as kaggle (`dataset.name`, or --dataset of the doctor); or put all clips in {root}/<label>/ and name the parts in a list that "
    "splits.protocol: file reads. A class that is really called so needs another name for its folder"
)


def _refuse(root: Path, state: str, inner: dict[str, set[str]], ways_out: list[str]) -> NoReturn:
    lines = [f"  {name}/ holds {_named(folders)}" for name, folders in sorted(inner.items())[:N_NAMED]]
    below = root / next((name for name, folders in sorted(inner.items()) if folders), "<folder>")
    ways = [f"  {way.replace('{root}', str(root)).replace('{below}', str(below))}" for way in ways_out]
    raise UserError("\n".join([f"{str(root)!r}: {state}. Expected one folder per class, two or more.", *lines, *ways]))


def _named(folders: set[str]) -> str:
    if not folders:
        return "files, and no folders with clips"
    return f"the folders {listed(sorted(folders), N_NAMED)}"
