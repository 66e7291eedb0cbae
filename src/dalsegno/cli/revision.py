"""What the models of a revision, or of the workspace, predicted: out of Git and DVC's cache."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.scm import RevError, SCMError, resolve_rev
from dvc_data.index import DataIndexDirError

from dalsegno.artefacts import leaks_json, model_name
from dalsegno.artefacts.learning import json_file, pieces, splits_csv
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.lineage.templates import looked_up
from dalsegno.pipeline.refusals import Refused
from dalsegno.scoring import compare, ensembles, held_out

SPLITS, RUNS, PREDICTIONS, LEAKS = "data/splits.csv", "runs", "predictions.parquet", "leaks.json"
PROTOCOL, LOCK = "metrics/splits.json", "dvc.lock"
STAGES = "splits classical mlp cnn transfer external"  # whose outputs these are
BEFORE = f"corpus clips features spectrograms pretrain packaged embeddings {STAGES}"
WORKSPACE = "the workspace"


@dataclass(frozen=True)
class State:
    """clips: by model and clip, how many predictions are right and of how many; label and unit of the clip.

    leaky: models that were trained on scored clips, copies of them or their groups. stale: stages that were last run with
    other parameters than params.yaml has, on which predictions depend. unrun: models that params.yaml names and that predicted
    nothing, and ensembles of them.
    """

    part: str
    clips: dict[str, pd.DataFrame]
    leaky: frozenset[str]
    stale: list[str]
    unrun: list[str]


def state(rev: str | None) -> State:
    """Of a revision, or of the workspace (None).

    Raises UserError for a revision that Git does not know, one without predictions, or predictions that the cache lacks.
    """
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
        found = fs.find(RUNS) if fs.exists(RUNS) else []
        small = [path for path in (PROTOCOL, LOCK) if fs.exists(path)]
    except (RevError, SCMError) as error:
        raise UserError(f"{rev}: no such branch, tag, commit or experiment ({error})") from None
    except DataIndexDirError:
        raise _lacking(rev, commit, RUNS) from None
    except DvcException as error:
        raise UserError(f"{rev}: {error}") from None
    if not any(path.endswith(f"/{PREDICTIONS}") for path in found):
        raise UserError(f"{rev}: it has no {RUNS}/<family>/<key>/{PREDICTIONS}, so nothing was run there")
    wanted = [path for path in found if path.endswith((f"/{PREDICTIONS}", f"/{LEAKS}"))]
    for path in (params.FILE, SPLITS, *small, *wanted):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            fs.get_file(path, str(target))
        except (OSError, DvcException, DataIndexDirError):
            raise _lacking(rev, commit, path) from None


def _lacking(rev: str, commit: str, path: str) -> UserError:
    """Git checks out the commit of an experiment, but not its name."""
    return UserError(
        f"{rev}: DVC's cache lacks {path}; `git checkout {commit[:7]} && dvc pull {STAGES}` gets it, or `dvc repro` there "
        "makes it again"
    )


def _read(folder: Path, rev: str) -> State:
    """The predictions of the models that params.yaml names."""
    doc = params.document(folder / params.FILE)
    families = sorted({path.parts[-3] for path in folder.glob(f"{RUNS}/*/*/{PREDICTIONS}")})
    keys = {family: [k for k in doc.get(family) or {} if (folder / RUNS / family / k / PREDICTIONS).is_file()] for family in families}  # fmt: skip
    try:
        folders = compare.folders(keys, folder / RUNS)
        s = held_out.held_out(_splits(folder / SPLITS))
        tables = {name: held_out.predicted(name, run / PREDICTIONS, s) for name, run in folders.items()}
        entries, problems = params.parse(ensembles.FAMILY, doc.get(ensembles.FAMILY) or {}, ensembles.Entries)
        if problems:
            raise Refused(problems)
        unrun = [name for name in model_name.named(doc) if name not in tables and not name.startswith(ensembles.FAMILY)]
        waiting = [key for key, models in entries.items() if {*unrun} & {*models}]
        members = ensembles.members({key: of for key, of in entries.items() if key not in waiting}, list(tables))
        tables |= ensembles.means(members, tables)
    except (UserError, FileNotFoundError) as error:
        raise UserError(f"{rev}: {error}") from None
    clips = {name: _hits(held_out.shared(s, [table]), table) for name, table in tables.items() if len(table)}
    unrun += [f"{ensembles.FAMILY}/{key}" for key in waiting]
    return State(s.part, clips, _leaky(folder, folders, members), _stale(folder, doc), unrun)


def _splits(path: Path) -> pd.DataFrame:
    """As `splits_csv.read`. In version 0.1.0 they said no unit, which was a group there, or a clip without one."""
    splits = splits_csv.read(path)
    if "unit" in splits:
        return splits
    return splits.assign(unit=splits["group"].where(splits["group"] != "", splits["clip_id"].map(pieces.clip_of)))


def _hits(s: held_out.Scored, table: pd.DataFrame) -> pd.DataFrame:
    """right, n, label and unit of each clip that a model was scored on."""
    right, n = held_out.hits(s.labels, held_out.runs(s, table))
    labels = [s.classes[label] for label in s.labels]
    return pd.DataFrame({"right": right, "n": n, "label": labels, "unit": s.units}, index=s.clips.index)


def _leaky(folder: Path, folders: dict[str, Path], members: dict[str, list[str]]) -> frozenset[str]:
    """All models where the split leaks; else those whose weights knew scored clips, and the ensembles of these."""
    path = folder / PROTOCOL
    if path.is_file() and json_file.read(path).get("leaky"):
        return frozenset([*folders, *members])
    known = {name for name, run in folders.items() if leaks_json.read(run / LEAKS).leaks}
    return frozenset(known | {name for name, models in members.items() if known & {*models}})


def _stale(folder: Path, doc: dict) -> list[str]:
    """Stages of dvc.lock that predictions depend on, run with other values than `doc` has now; not of entries that are gone."""
    locked = params.document(folder / LOCK).get("stages", {}) if (folder / LOCK).is_file() else {}
    stale = []
    for address, stage in locked.items():
        name, _, key = address.partition("@")
        values = stage.get("params", {}).get(params.FILE, {})
        there = name in BEFORE.split() and (not key or key in (doc.get(name) or {}))
        if there and any(value != looked_up(doc, path) for path, value in values.items()):
            stale.append(address)
    return stale
