"""data/copies.csv: one row per pair of clips that hold the same recording: clip_id_a, clip_id_b, kind, similarity."""

from pathlib import Path

import pandas as pd

from dalsegno.pipeline import files

COLUMNS = ["clip_id_a", "clip_id_b", "kind", "similarity"]  # kind: exact or near


def write(path: str | Path, copies: pd.DataFrame) -> None:
    """Write the pairs, whose columns are COLUMNS, in the order given."""
    with files.atomic(path) as draft:
        copies.to_csv(draft, index=False, lineterminator="\n")


def read(path: str | Path) -> pd.DataFrame:
    """The pairs that `write` wrote; `similarity` is a correlation, 1 for exact copies."""
    return pd.read_csv(path, dtype=dict.fromkeys(COLUMNS[:3], str), keep_default_na=False)
