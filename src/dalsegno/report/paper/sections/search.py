"""The section on how the settings of models were searched."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from dalsegno.pipeline.errors import UserError
from dalsegno.report import formatting
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.references import Cited
from dalsegno.report.search import plots
from dalsegno.report.settings import phrases

FILE = "search.json"
MOST_TRIALS = 10  # that are listed
SAMPLERS = {"random": "drawn at random", "grid": "the points of a grid", "tpe": "drawn where earlier ones had done well, by a tree-structured Parzen estimator"}  # fmt: skip
PRUNERS = {"halving": ", of which those that fell behind ended early by successive halving", "median": ", of which those below the median of the others ended early"}  # fmt: skip
RANGES = {"uniform": "{} to {}", "loguniform": "{} to {}, logarithmically", "int": "whole numbers from {} to {}", "logint": "whole numbers from {} to {}, logarithmically"}  # fmt: skip
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
    found = json.loads(Path(folder, FILE).read_text(encoding="utf-8"))
    if "space" not in found:
        raise UserError(f"paper.search: {folder}/search.json is of an earlier version and lacks what was drawn from; `dvc repro search/dvc.yaml:search@{folder.name}` makes it anew")  # fmt: skip
    return folder.name, found, pd.read_csv(folder / "trials.csv")


def searches(found: list[Search], cite: Cited) -> Iterator[Block]:
    """Each search, under its key if they are several."""
    for key, one, trials in found:
        yield from [blocks.heading(f"Search {key}")] if len(found) > 1 else []
        yield from _search(one, trials, cite)


def _search(found: dict[str, Any], trials: pd.DataFrame, cite: Cited) -> Iterator[Block]:
    """What was searched and how, the best trials, and what was chosen. found: search.json; trials: trials.csv, the best first."""
    metric, done = phrases.metric(found["metric"]), trials[trials["state"] == "complete"]
    drawn = [name for name in trials if name not in ("trial", "state", found["metric"], "epochs", "error")]
    yield blocks.text(_how(found, trials, metric, cite))
    yield blocks.text(_chosen(found))
    share = found["importance"] or {}
    rows = [
        (
            name,
            _range(found["space"][name]),
            phrases.plain(found["values"][name]),
            formatting.percent(share[name]) if name in share else "–",
        )
        for name in drawn
    ]
    yield blocks.table(
        f"What each setting was drawn from, what was chosen, and the share of the variance of the {metric} that the setting explains.",
        ["setting", "drawn from", "chosen", "share, %"],
        rows,
        words=2,
    )
    drawing = figures.figure(plots.slices(trials, found["metric"], drawn), f"What each trial reached, by {metric}, over each setting that was drawn; crosses: trials that ended early.")  # fmt: skip
    yield blocks.figures([drawing])
    rows = [
        [str(row["trial"]), *(phrases.plain(row[name]) for name in drawn), formatting.number(row[found["metric"]], 3)]
        for row in done.head(MOST_TRIALS).to_dict("records")
    ]
    yield blocks.table("The best trials; the first was chosen.", ["trial", *drawn, metric], rows)


def _how(found: dict[str, Any], trials: pd.DataFrame, metric: str, cite: Cited) -> str:
    states = ", ".join(f"{n} {state}" for state, n in trials["state"].value_counts().items())
    pruner = PRUNERS.get(found["pruner"] or "", "")
    return (
        f"The settings of {found['of'].replace('.', '/')} were searched in {found['trials']} trials ({states}), {SAMPLERS[found['sampler']]}"
        f"{cite(found['sampler'])}{pruner}{cite(found['pruner'] or '')}, and judged by their {metric} alone."
    )


def _chosen(found: dict[str, Any]) -> str:
    accuracy, (_, ends) = formatting.share(found.get("accuracy")), formatting.with_ends(found, "accuracy")
    clips = "test clips" if found["part"] == "test" else "validation clips, on which it was chosen as well"
    by = found.get("flattery")
    luck = f" The best of so many trials would look better by about {formatting.points(by)} points than it is if all were equally good." * (by is not None)  # fmt: skip
    return f"Only the best was then trained on all folds and scored: {accuracy} ({ends}) of the {clips}.{luck}"


def _range(of: dict[str, Any]) -> str:
    """What a setting was drawn from, in words."""
    ((kind, values),) = of.items()
    return RANGES[kind].format(*map(phrases.plain, values)) if kind in RANGES else phrases.plain(values)
