"""`dalsegno diff REV`: what every model gained or lost since a revision, on the same clips, and whether that may be chance."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import RevError, SCMError, resolve_rev
from dvc_data.index import DataIndexDirError

from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import Refused
from dalsegno.report import formatting
from dalsegno.scoring import compare, ensembles, held_out, intervals, paired
from dalsegno.scoring.statistics import holm

SPLITS, RUNS, PREDICTIONS = "data/splits.csv", "runs", "predictions.parquet"
STAGES = "splits classical mlp cnn transfer external"  # whose outputs these are
WORKSPACE = "the workspace"


@dataclass(frozen=True)
class Differences:
    """rows: by model, accuracies old and new, paired.gain of the new over the old, p_holm over the models that changed, and
    whether it was told_apart from what it was."""

    old: str
    new: str
    rows: dict[str, dict[str, Any]]
    only_old: list[str]
    only_new: list[str]

    @property
    def worse(self) -> list[str]:
        """The models that lost more than chance explains."""
        return [name for name, row in self.rows.items() if row["accuracy"] < 0 and row["told_apart"]]

    def lines(self) -> list[str]:
        """The comparison as text, a line per model."""
        width = max([len(name) for name in self.rows] + [5])
        lines = [f"accuracy in %, {self.old} and {self.new}, on the clips that both scored; p after Holm", ""]
        lines += [f"{name:<{width}}  {self._words(row)}" for name, row in self.rows.items()]
        lines += [f"{', '.join(self.only_old)}: only in {self.old}"] if self.only_old else []
        return lines + ([f"{', '.join(self.only_new)}: only in {self.new}"] if self.only_new else [])

    def _words(self, row: dict[str, Any]) -> str:
        scores = f"{formatting.percent(row['before']):>5}  {formatting.percent(row['after']):>5}"
        if row["right_alone"] == row["wrong_alone"] == 0:
            return f"{scores}  right about the same {row['clips']:,} clips"
        low, high = (formatting.points(row[end]) for end in ("low", "high"))
        p = formatting.p_value(row["p_holm"], " ")
        gained = f"{formatting.points(row['accuracy']):>5} points ({low} to {high}), {p}"
        verdict = ("better" if row["accuracy"] > 0 else "worse") if row["told_apart"] else "may be chance"
        return f"{scores}  {gained}: {verdict}, {row['clips']:,} clips"


@dataclass(frozen=True)
class _State:
    """What a revision predicted: by model and clip, how many predictions are right and of how many; label and unit of clips."""

    part: str
    clips: dict[str, pd.DataFrame]


def differences(old: str, new: str | None = None) -> Differences:
    """Compare the models of two revisions; None: those of the workspace.

    Raises UserError for a revision that Git does not know, one without predictions, or predictions that the cache lacks.
    """
    p = params.load(compare=intervals.Params)
    before, after = _state(old), _state(new)
    if before.part != after.part:
        raise UserError(f"{old} is scored on {before.part} clips, {new or WORKSPACE} on {after.part} clips")
    rows = {name: _row(name, before.clips[name], after.clips[name], p) for name in after.clips if name in before.clips}
    if not rows:
        raise UserError(f"{old} and {new or WORKSPACE} have no model in common")
    changed = [name for name, row in rows.items() if row["right_alone"] or row["wrong_alone"]]
    adjusted = holm.adjusted(np.array([rows[name]["p_value"] for name in changed]))
    p_holm = dict.fromkeys(rows, 1.0) | dict(zip(changed, adjusted.tolist(), strict=True))
    sure = dict(zip(changed, holm.told_apart(adjusted, p.confidence).tolist(), strict=True))
    rows = {name: row | {"p_holm": p_holm[name], "told_apart": sure.get(name, False)} for name, row in rows.items()}
    only = [
        [name for name in one.clips if name not in other.clips] for one, other in ((before, after), (after, before))
    ]
    return Differences(old, new or WORKSPACE, rows, *only)


def _row(name: str, before: pd.DataFrame, after: pd.DataFrame, p: intervals.Params) -> dict[str, Any]:
    both = after.join(before, rsuffix="_before", how="inner")
    if both.empty or (both["label"] != both["label_before"]).any():
        raise UserError(f"{name}: the two revisions score no clip in common, or label one differently")
    hits, earlier = ((both[f"right{end}"].to_numpy(), both[f"n{end}"].to_numpy()) for end in ("", "_before"))
    gain = paired.of_hits(hits, earlier, pd.factorize(both["unit"])[0], p)
    scores = {when: float(right.sum() / n.sum()) for when, (right, n) in (("after", hits), ("before", earlier))}
    return gain | scores | {"clips": len(both)}


def _state(rev: str | None) -> _State:
    if rev is None:
        return _read(Path(), WORKSPACE)
    with TemporaryDirectory() as folder:
        _check_out(rev, Path(folder))
        return _read(Path(folder), rev)


def _check_out(rev: str, folder: Path) -> None:
    """Bring params.yaml, the splits and all predictions of a revision from Git and DVC's cache into `folder`."""
    try:
        with Repo() as repo:
            commit = resolve_rev(repo.scm, rev)
        fs = DVCFileSystem(rev=commit)
        found = [path for path in fs.find(RUNS) if path.endswith(f"/{PREDICTIONS}")] if fs.exists(RUNS) else []
    except (RevError, SCMError) as error:
        raise UserError(f"{rev}: no such branch, tag, commit or experiment ({error})") from None
    except DataIndexDirError:
        raise _lacking(rev, RUNS) from None
    except DvcException as error:
        raise UserError(f"{rev}: {error}") from None
    if not found:
        raise UserError(f"{rev}: it has no {RUNS}/<family>/<key>/{PREDICTIONS}, so nothing was run there")
    for path in (params.FILE, SPLITS, *found):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            fs.get_file(path, str(target))
        except (OSError, DvcException, DataIndexDirError):
            raise _lacking(rev, path) from None


def _lacking(rev: str, path: str) -> UserError:
    return UserError(
        f"{rev}: DVC's cache lacks {path}; `git checkout {rev} && dvc pull {STAGES}` gets it, or `dvc repro` there "
        "makes it again"
    )


def _read(folder: Path, rev: str) -> _State:
    """The predictions of the models that params.yaml names."""
    doc = params.document(folder / params.FILE)
    families = sorted({path.parts[-3] for path in folder.glob(f"{RUNS}/*/*/{PREDICTIONS}")})
    keys = {family: [k for k in doc.get(family) or {} if (folder / RUNS / family / k / PREDICTIONS).is_file()] for family in families}  # fmt: skip
    try:
        folders = compare.folders(keys, folder / RUNS)
        s = held_out.held_out(splits_csv.read(folder / SPLITS))
        tables = {name: held_out.predicted(name, run / PREDICTIONS, s) for name, run in folders.items()}
        entries, problems = params.parse(ensembles.FAMILY, doc.get(ensembles.FAMILY) or {}, ensembles.Entries)
        if problems:
            raise Refused(problems)
        tables |= ensembles.means(ensembles.members(entries, list(tables)), tables)
    except (UserError, FileNotFoundError) as error:
        raise UserError(f"{rev}: {error}") from None
    return _State(
        s.part, {name: _hits(held_out.shared(s, [table]), table) for name, table in tables.items() if len(table)}
    )


def _hits(s: held_out.Scored, table: pd.DataFrame) -> pd.DataFrame:
    """right, n, label and unit of each clip that a model was scored on."""
    right, n = held_out.hits(s.labels, held_out.runs(s, table))
    labels = [s.classes[label] for label in s.labels]
    return pd.DataFrame({"right": right, "n": n, "label": labels, "unit": s.units}, index=s.clips.index)
