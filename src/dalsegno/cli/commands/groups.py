"""`dalsegno groups FOLDER`: draft the table of clips that must share a split, for its owner to correct."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import soundfile as sf

from dalsegno.cli import options
from dalsegno.cli.commands import datasets
from dalsegno.clips import listing
from dalsegno.clips.dataset import Clip
from dalsegno.clips.groups import source, tags
from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError, counted
from dalsegno.sound import excerpt
from dalsegno.sound.opening import stream

N_SHOWN = 10  # largest groups that are named
COLUMNS = ["path", "group", "from"]
OWN = "data set"  # where a group comes from that the data set states itself


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder and its layout."""
    parser.add_argument("folder", metavar="FOLDER", type=options.path, help="the folder of clips")
    parser.add_argument(
        "--dataset", choices=datasets.NAMES, default="folders", help="layout of the folder (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Draft groups.csv in a folder. Raises UserError if there is one, or nothing to list."""
    print("\n".join(write(arguments.folder, arguments.dataset)))


def write(folder: Path, dataset: str) -> list[str]:
    """Write `groups.csv` into `folder`; lines that say what is in it. Raises UserError if there is such a table already."""
    table = folder / "groups.csv"
    clips = listing.listing(folder, replace(datasets.asked(folder, dataset), groups="none")).clips
    if table.exists():
        raise UserError(
            f"{table} exists already and is not overwritten, as you may have edited it: move it away for a new draft"
        )
    rows = draft(folder, clips)
    with files.atomic(table) as new:
        rows.to_csv(new, index=False, lineterminator="\n")
    n = Counter(rows["from"])
    sizes = Counter(group for group in rows["group"] if group)
    largest = ", ".join(f"{group!r} ({size})" for group, size in sizes.most_common(N_SHOWN))
    return [
        f"{table}: {counted(len(rows), 'file')} in {counted(len(sizes), 'group')}; "
        f"{f'{n[OWN]} as the data set states, ' if n[OWN] else ''}{n['tags']} by their tags, {n['folder']} by their folder, "
        f"{n['']} with no guess",
        *([f"largest: {largest}"] if largest else []),
        "Correct this table: give clips of one artist, song or instrument the same group, and leave the group empty "
        "where a clip has none. Every run reads the table from now on",
    ]


def draft(root: Path, listed: Sequence[Clip]) -> pd.DataFrame:
    """A row per file that is a clip or holds some, columns COLUMNS: its path below `root`, a guess at its group, what the guess is from.

    What the data set states of it comes first, then its tags (the artist, or else the album), then the folder below that of the
    class. Nothing is decoded.
    """
    clips = {excerpt.place(clip.path)[0]: clip for clip in listed}  # a file once, however many pieces of it are clips
    files = [path for path in clips if path.is_file()]
    tagged = tags.groups([_names(path) for path in files])
    rows = [_row(path.relative_to(root), clips[path], name) for path, name in zip(files, tagged, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(inside: Path, clip: Clip, tagged: str) -> tuple[str, str, str]:
    folder = tags.spelt(source.folder(inside, clip.label)) if clip.label in inside.parts else ""
    guesses = {OWN: clip.group, "tags": tagged, "folder": folder}
    origin = next((origin for origin, group in guesses.items() if group), "")
    return inside.as_posix(), guesses.get(origin) or "", origin


def _names(path: Path) -> tags.Names:
    """The names in a file's tags, none in a file that cannot be opened."""
    try:
        with stream.quiet(), sf.SoundFile(path) as sound:
            return tags.names(sound.copy_metadata())
    except (sf.SoundFileError, OSError, ValueError):
        return tags.Names()
