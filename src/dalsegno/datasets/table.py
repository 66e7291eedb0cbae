"""A table of paths and labels, CSV, TSV, JSON Lines or Parquet, whatever its columns are called."""

from collections.abc import Iterator
from pathlib import Path

from dalsegno.artefacts.data_set.clips_csv import AUDIO
from dalsegno.clips.dataset import Clip, Params
from dalsegno.clips.table import files, read, rows
from dalsegno.clips.tree import groups, labelled, layout, walk
from dalsegno.pipeline.errors import UserError, hint, listed

EXPECTS = """
<root>/<dataset.table>     .csv, .tsv, .jsonl or .parquet, a row per clip; `*/metadata.csv`: one in each folder
<root>/**.wav              the files that it names; also flac, mp3, ogg, aiff, au, …
<root>/unlabelled/**.wav   optional, or test/: clips to predict, those there that the table does not name
<root>/groups.csv          optional, columns path,group: groups in place of those of a column; pieces of a file share one in any case
`dataset.columns`: {path, label, second_label, group, split, fold, start_s, end_s}, each with the name of the column that says it;
path may be a text such as "audio/fold{fold}/{file}", or name files without folder or suffix
`dataset.labels`: optional, {label in the table: label here}
"""


def clips(root: Path, p: Params) -> Iterator[Clip]:
    """The clips that the rows name, then those to predict. Raises UserError with file and line on a bad row."""
    walk.check(root, EXPECTS)
    assert p.columns and p.table
    found = files.files(root, walk.walk(root, AUDIO))
    made = [row for path in _tables(root, p.table) for row in rows.clips(path, read.read(path), found, p.columns)]
    if not made:
        raise UserError(f"{root / p.table}: it has no rows, so there is no clip")
    listed = {row.inside for row in made}
    rest = [name for name in found.paths if name not in listed and _to_predict(name)]
    last = [rows.Row("", name, 0.0, None, Clip("", found.paths[name])) for name in rest]
    yield from groups.stated(root, rows.named(rows.mapped(made, p) + last), p)


def _tables(root: Path, pattern: str) -> list[Path]:
    """The tables of that name, in order. Raises UserError if there is none."""
    inside = not Path(pattern).is_absolute() and ".." not in Path(pattern).parts  # what DVC watches
    try:
        tables = sorted(path for path in root.glob(pattern) if path.is_file()) if inside else []
    except OSError:  # the name is longer than a file system allows
        tables = []
    if not tables:
        known = [p.relative_to(root).as_posix() for p in walk.walk(root, frozenset(layout.TABLES)) if p.is_file()]
        there = f"; tables there: {listed(known)}" if known else ""
        raise UserError(
            f"params.yaml: dataset.table: there is no {pattern!r} below {root}{hint(pattern, known)}{there}"
        )
    return tables


def _to_predict(inside: str) -> bool:
    first, slash, _ = inside.partition("/")
    return bool(slash) and (labelled.is_unlabelled(first) or layout.part_of(first) == "the test part")
