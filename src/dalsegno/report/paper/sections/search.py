"""The section on how the settings of a model were searched."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dalsegno.pipeline.errors import UserError
from dalsegno.report import formatting
from dalsegno.report.paper import blocks, settings
from dalsegno.report.paper.blocks import Block

MOST_TRIALS = 10  # that are listed
Search = tuple[dict[str, Any], pd.DataFrame]  # search.json and trials.csv


def read(folder: str) -> Search | None:
    """search.json and trials.csv of a search; None where `folder` is a file, which stands for no search.

    Raises UserError for a folder that is not of a search.
    """
    if Path(folder).is_file():
        return None
    if not Path(folder, "search.json").is_file():
        raise UserError(
            f"paper.search: {folder!r} holds no search.json; `dvc repro search/dvc.yaml:search@KEY` makes data/searches/KEY, "
            "and data/clips.csv stands for no search"
        )
    found = json.loads(Path(folder, "search.json").read_text(encoding="utf-8"))
    return found, pd.read_csv(Path(folder, "trials.csv"))


def search(found: dict[str, Any], trials: pd.DataFrame) -> Iterator[Block]:
    """What was searched, the best trials, and what was chosen. found: search.json; trials: trials.csv, the best first."""
    metric = settings.metric(found["metric"])
    ended = trials["state"].value_counts()
    states = ", ".join(f"{n} {state}" for state, n in ended.items())
    accuracy, (_, ends) = formatting.share(found.get("accuracy")), formatting.with_ends(found, "accuracy")
    yield blocks.text(
        f"The settings of {found['of'].replace('.', '/')} were searched in {found['trials']} trials ({states}), which were judged by their "
        f"{metric} alone. Only the best was then trained on all folds and scored: {accuracy} ({ends}) of the {found['part']} clips."
    )
    if found.get("flattery") is not None:
        yield blocks.text(
            f"The best of so many trials would look better by about {formatting.points(found['flattery'])} points than it is if all were equally good."
        )
    drawn = [name for name in trials if name not in ("trial", "state", found["metric"], "epochs", "error")]
    rows = [
        [str(row["trial"]), *(settings.plain(row[name]) for name in drawn), formatting.number(row[found["metric"]], 3)]
        for row in trials[trials["state"] == "complete"].head(MOST_TRIALS).to_dict("records")
    ]
    yield blocks.table(
        "The best trials, and the settings that were drawn for them; the first was chosen.",
        ["trial", *drawn, metric],
        rows,
    )
    share = found.get("importance") or {}
    if share:
        rows = [(name, formatting.percent(value)) for name, value in share.items()]
        yield blocks.table(
            f"Share of the variance of the {metric} that each setting explains.", ["setting", "share, %"], rows
        )
