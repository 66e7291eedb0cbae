"""`dalsegno diff REV`: what every model gained or lost since a revision, on the same clips, and whether that may be chance."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from dalsegno.cli import revision
from dalsegno.cli.revision import WORKSPACE
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.report import formatting
from dalsegno.scoring import intervals, paired
from dalsegno.scoring.statistics import holm


@dataclass(frozen=True)
class Differences:
    """rows: by model, accuracies old and new, paired.gain of the new over the old, p_holm over the models that changed, and
    whether it was told_apart from what it was; relabelled: clips that are left out as their labels differ; leaky: of the two.

    apart: why a model of both cannot be compared. stale: stages of either that were run with other parameters than
    params.yaml has there. unrun: models that params.yaml names there and that predicted nothing.
    """

    old: str
    new: str
    rows: dict[str, dict[str, Any]]
    only_old: list[str]
    only_new: list[str]
    apart: dict[str, str]
    stale: dict[str, list[str]]
    unrun: dict[str, list[str]]

    @property
    def worse(self) -> list[str]:
        """The models that lost more than chance explains."""
        return [name for name, row in self.rows.items() if row["accuracy"] < 0 and row["told_apart"]]

    def lines(self) -> list[str]:
        """The comparison as text, a line per model."""
        width = max([len(name) for name in self.rows] + [5])
        lines = [
            f"accuracy in %, {self.old} and {self.new}, on the clips that both scored",
            "each interval is that of one model alone; p, after Holm over all that changed, decides",
            "",
        ]
        lines += [f"{name:<{width}}  {self._words(row)}" for name, row in self.rows.items()]
        lines += [f"{name}: {why}" for name, why in self.apart.items()]
        lines += [f"{', '.join(self.only_old)}: only in {self.old}"] if self.only_old else []
        lines += [f"{', '.join(self.only_new)}: only in {self.new}"] if self.only_new else []
        lines += [
            f"{', '.join(names)}: not run yet in {where}; `dvc repro` runs them"
            for where, names in self.unrun.items()
            if names
        ]
        return [*lines, *(
            f"{where}: params.yaml has changed since {', '.join(stages)} ran there; `dvc repro` brings the predictions up to date"
            for where, stages in self.stale.items() if stages
        )]  # fmt: skip

    def _words(self, row: dict[str, Any]) -> str:
        scores = f"{formatting.percent(row['before']):>5}  {formatting.percent(row['after']):>5}"
        clips = f"{row['clips']:,} clips" + (f", without {row['relabelled']:,} relabelled" if row["relabelled"] else "")
        clips += f" (LEAKY in {' and '.join(row['leaky'])})" if row["leaky"] else ""
        if row["right_alone"] == row["wrong_alone"] == 0:
            return f"{scores}  right about the same {clips}"
        gained = f"{formatting.points(row['accuracy']):>5} points"
        if row["low"] is None:
            return f"{scores}  {gained}; with a single independent group or clip, its uncertainty cannot be estimated, {clips}"
        low, high = (formatting.points(row[end]) for end in ("low", "high"))
        p = formatting.p_value(row["p_holm"], " ")
        verdict = ("better" if row["accuracy"] > 0 else "worse") if row["told_apart"] else "may be chance"
        return f"{scores}  {gained} ({low} to {high}), {p}: {verdict}, {clips}"


def differences(old: str, new: str | None = None) -> Differences:
    """Compare the models of two revisions; None: those of the workspace.

    Raises UserError for a revision that Git does not know, one without predictions, predictions that the cache lacks, or
    where no model can be compared.
    """
    p = params.load(compare=intervals.Params)
    before, after = revision.state(old), revision.state(new)
    named = {old: before, new or WORKSPACE: after}
    if before.part != after.part:
        raise UserError(f"{old} is scored on {before.part} clips, {new or WORKSPACE} on {after.part} clips")
    both = {name: (before.clips[name], after.clips[name]) for name in after.clips if name in before.clips}
    apart = {name: why for name, states in both.items() if (why := _incomparable(*states))}
    rows = {name: _row(*states, p) for name, states in both.items() if name not in apart}
    if not rows:
        have = [f"{rev} has {', '.join(state.clips)}" for rev, state in named.items()]
        why = "; ".join([f"{name}: {why}" for name, why in apart.items()] or have)
        raise UserError(f"{old} and {new or WORKSPACE} have no model to compare: {why}")
    for name, row in rows.items():
        row["leaky"] = [rev for rev, state in named.items() if name in state.leaky]
    only_old, only_new = (
        [name for name in one.clips if name not in other.clips] for one, other in ((before, after), (after, before))
    )
    stale, unrun = ({rev: getattr(state, of) for rev, state in named.items()} for of in ("stale", "unrun"))
    return Differences(old, new or WORKSPACE, _judged(rows, p), only_old, only_new, apart, stale, unrun)


def _incomparable(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Why a model of both revisions cannot be compared; empty if it can."""
    both = after.join(before, rsuffix="_before", how="inner")
    if both.empty:
        return "no clip is scored in both"
    if (both["label"] != both["label_before"]).all():
        first = both.iloc[0]
        return f"every clip has another label, such as {both.index[0]}: {first['label_before']} became {first['label']}"
    return ""


def _row(before: pd.DataFrame, after: pd.DataFrame, p: intervals.Params) -> dict[str, Any]:
    both = after.join(before, rsuffix="_before", how="inner")
    same = both[both["label"] == both["label_before"]]
    hits, earlier = _alike(*((same[f"right{end}"].to_numpy(), same[f"n{end}"].to_numpy()) for end in ("", "_before")))
    gain = paired.of_hits(hits, earlier, _linked(same["unit"], same["unit_before"]), p)
    scores = {when: float(right.sum() / n.sum()) for when, (right, n) in (("after", hits), ("before", earlier))}
    return gain | scores | {"clips": len(same), "relabelled": len(both) - len(same)}


def _alike(new: paired.Hits, old: paired.Hits) -> Iterable[paired.Hits]:
    """Both as they are, or with each clip counting once where the one predicted some clips more often than the other did."""
    (_, n), (_, m) = new, old
    if (n * m.sum() == m * n.sum()).all():
        return new, old
    common = np.lcm.reduce(np.concatenate([n, m]))
    return [(right * (common // times), np.full_like(times, common)) for right, times in (new, old)]


def _linked(units: pd.Series, before: pd.Series) -> np.ndarray:
    """The unit of each clip where those are one that either revision takes for one, as groups may be known in one alone."""
    (one, names), (other, others) = pd.factorize(units), pd.factorize(before)
    shape = 2 * (len(names) + len(others),)
    links = sparse.coo_matrix((np.ones(len(one)), (one, len(names) + other)), shape)
    return pd.factorize(csgraph.connected_components(links, directed=False)[1][one])[0]


def _judged(rows: dict[str, dict[str, Any]], p: intervals.Params) -> dict[str, dict[str, Any]]:
    """The rows with p_holm and told_apart, over the models that changed."""
    changed = [name for name, row in rows.items() if row["right_alone"] or row["wrong_alone"]]
    adjusted = holm.adjusted(np.array([rows[name]["p_value"] for name in changed]))
    p_holm = dict.fromkeys(rows, 1.0) | dict(zip(changed, adjusted.tolist(), strict=True))
    sure = dict(zip(changed, holm.told_apart(adjusted, p.confidence).tolist(), strict=True))
    return {name: row | {"p_holm": p_holm[name], "told_apart": sure.get(name, False)} for name, row in rows.items()}
