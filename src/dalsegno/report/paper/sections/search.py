"""The section on how the settings of models were searched."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dalsegno.artefacts import search_space
from dalsegno.pipeline.lineage.templates import looked_up
from dalsegno.report import formatting
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.references import Cited
from dalsegno.report.search import plots
from dalsegno.report.search.found import Search
from dalsegno.report.settings import nouns, phrases

MOST_TRIALS = 10  # that are listed
SAMPLERS = {"random": "drawn at random", "grid": "the points of a grid", "tpe": "drawn where earlier ones had done well, by a tree-structured Parzen estimator"}  # fmt: skip
PRUNERS = {"halving": ", of which those that fell behind ended early by successive halving", "median": ", of which those below the median of the others ended early"}  # fmt: skip
RANGES = {"uniform": "{} to {}", "loguniform": "{} to {}, logarithmically", "int": "whole numbers from {} to {}", "logint": "whole numbers from {} to {}, logarithmically"}  # fmt: skip


def searches(found: list[Search], doc: dict[str, Any], cite: Cited) -> Iterator[Block]:
    """Each search, under its key if they are several. doc: params.yaml, by which models were compared."""
    for key, one, trials in found:
        yield from [blocks.heading(f"Search {key}")] if len(found) > 1 else []
        yield from _search(one, trials, doc, cite)


def _search(found: dict[str, Any], trials: pd.DataFrame, doc: dict[str, Any], cite: Cited) -> Iterator[Block]:
    """What was searched and how, the best trials, and what was chosen. found: search.json; trials: trials.csv, the best first."""
    metric, done = phrases.metric(found["metric"]), trials[trials["state"] == "complete"]
    drawn = [name for name in trials if name not in ("trial", "state", found["metric"], "epochs", "error")]
    yield blocks.text(_how(found, trials, metric, cite))
    yield blocks.text(f"{_chosen(found)} {_compared(found, doc)}".strip())
    share = found["importance"] or {}
    rows = [
        (
            f"{nouns.headed(name)}\n{name}",
            _range(found["space"][name]),
            _short(found["values"][name]),
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
    early = "; crosses: trials that ended early" * bool((trials["state"] == "pruned").any())
    drawing = figures.figure(
        plots.slices(trials, found["metric"], drawn, nouns.headed),
        f"What each trial reached, by {metric}, over each setting that was drawn{early}.",
    )
    yield blocks.figures([drawing])
    loss = found["metric"] == "val_loss"
    reached = formatting.number if loss else formatting.percent
    rows = [
        [str(row["trial"]), *(_short(row[name]) for name in drawn), reached(row[found["metric"]], 3 if loss else 1)]
        for row in done.head(MOST_TRIALS).to_dict("records")
    ]
    head = ["trial", *map(nouns.headed, drawn), metric if loss else f"{metric}, %"]
    yield blocks.table("The best trials; the first was chosen.", head, rows)


def _how(found: dict[str, Any], trials: pd.DataFrame, metric: str, cite: Cited) -> str:
    states = ", ".join(f"{n} {state}" for state, n in trials["state"].value_counts().items())
    pruner = PRUNERS.get(found["pruner"] or "", "")
    left_open = any(of.keys() & {*search_space.RANGES} - {*search_space.LISTED} for of in found["space"].values())
    others = ", each with the other settings drawn at random" * (found["sampler"] == "grid" and left_open)
    return (
        f"The settings of {found['of'].replace('.', '/')} were searched in {found['trials']} trials ({states}), {SAMPLERS[found['sampler']]}"
        f"{others}{cite(found['sampler'])}{pruner}{cite(found['pruner'] or '')}, and judged by their {metric} alone."
    )


def _chosen(found: dict[str, Any]) -> str:
    accuracy, (_, ends) = formatting.share(found.get("accuracy")), formatting.with_ends(found, "accuracy")
    clips = "test clips" if found["part"] == "test" else "validation clips, on which it was chosen as well"
    by = found.get("flattery")
    luck = f" The best of so many trials would look better by about {formatting.points(by)} points than it is if all were equally good; less, the more they answer alike." * (by is not None)  # fmt: skip
    return f"Only the best was then trained on all folds and scored: {accuracy} ({ends}) of the {clips}{formatting.STAMP * bool(found.get('leaks'))}.{luck}"


def _compared(found: dict[str, Any], doc: dict[str, Any]) -> str:
    """Whether the model of the same name in the results has the settings that were chosen; empty where there is none."""
    family, _, key = found["of"].partition(".")
    if key not in (doc.get(family) or {}):
        return ""
    same = all(looked_up(doc[family][key], path) == value for path, value in found["values"].items())
    which = "these settings" if same else "the settings of params.yaml, which differ from these"
    return f"Among the results, {family}/{key} has {which}."


def _short(value: Any) -> str:
    """A drawn value to three digits; trials.csv and best.yaml have all."""
    return f"{value:.3g}" if isinstance(value, float) else phrases.plain(value)


def _range(of: dict[str, Any]) -> str:
    """What a setting was drawn from, in words."""
    ((kind, values),) = of.items()
    return RANGES[kind].format(*map(phrases.plain, values)) if kind in RANGES else phrases.plain(values)
