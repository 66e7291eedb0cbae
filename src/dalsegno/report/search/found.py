"""The searches that a report tells of, as the stage `search` left them."""

from pathlib import Path
from typing import Any

import pandas as pd

from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline.errors import UserError

FILE = "search.json"
Search = tuple[str, dict[str, Any], pd.DataFrame]  # its key, search.json and trials.csv


def read(folder: str) -> list[Search]:
    """The search in `folder`, or all in the folders in it; none where `folder` is a file, which stands for no search.

    Raises UserError for a folder without a search.
    """
    if Path(folder).is_file():
        return []
    folders = [file.parent for pattern in (FILE, f"*/{FILE}") for file in sorted(Path(folder).glob(pattern))]
    if not folders:
        raise UserError(
            f"paper.search: there is no {FILE} in {folder!r} or in a folder in it; `dvc repro search/dvc.yaml:search@KEY` makes "
            "data/searches/KEY, data/searches stands for all searches, and data/clips.csv for none"
        )
    return [_read(one) for one in folders]


def _read(folder: Path) -> Search:
    trials = pd.read_csv(folder / "trials.csv", dtype={"error": str}, keep_default_na=False, na_values="")
    return folder.name, json_file.read(folder / FILE), trials.fillna({"error": ""})
