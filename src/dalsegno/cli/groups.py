"""`dalsegno groups FOLDER`: draft the table of clips that must share a split, for its owner to correct."""

from collections import Counter
from pathlib import Path

from dalsegno.clips import listing
from dalsegno.clips.dataset import Params
from dalsegno.clips.groups import draft
from dalsegno.pipeline import files
from dalsegno.pipeline.errors import UserError

N_SHOWN = 10  # largest groups that are named


def write(folder: Path, dataset: str) -> list[str]:
    """Write `groups.csv` into `folder`; lines that say what is in it. Raises UserError if there is such a table already."""
    table = folder / "groups.csv"
    clips, _ = listing.listing(folder, Params(name=dataset, root=str(folder), groups="none"))
    if table.exists():
        raise UserError(f"{table} is there already, and your work is not overwritten: move it away for a new draft")
    rows = draft.draft(folder, clips)
    with files.atomic(table) as new:
        rows.to_csv(new, index=False, lineterminator="\n")
    n = Counter(rows["from"])
    sizes = Counter(group for group in rows["group"] if group)
    largest = ", ".join(f"{group!r} ({size})" for group, size in sizes.most_common(N_SHOWN))
    return [
        f"{table}: {len(rows)} files in {len(sizes)} groups; {n['tags']} by their tags, {n['folder']} by their folder, "
        f"{n['']} with no guess",
        *([f"largest: {largest}"] if largest else []),
        "Correct it: clips of one artist, song or instrument get one group, an empty group says that a clip has none. "
        "Every run reads it from then on",
    ]
