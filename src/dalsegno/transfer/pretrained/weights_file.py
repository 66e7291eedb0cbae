"""A file of weights as a network can use it: a checkpoint of ours, or a publisher's state dict, and what it was trained on."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd
from torch import Tensor

from dalsegno.artefacts.learning import model_pt, splits_csv
from dalsegno.families.convolutional.view import View
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, gist, joined
from dalsegno.training.views import preprocess
from dalsegno.transfer.pretrained import provenance
from dalsegno.transfer.pretrained.provenance import COLUMNS, Provenance

OURS = ("arch", "labels", "view", "spectrogram", "runs")  # what a checkpoint of ours holds
PREPROCESSING = ("normalise", "resize", "channels")  # options of a view that belong to the network
DEFAULTS = {"resize": None, "channels": "one"}  # of published weights, which do not say them


@runtime_checkable
class Published(Protocol):
    """An architecture (module of `dalsegno.models`) that takes weights which others have published."""

    NORMALISE: preprocess.Normalisation  # the `view.normalise` that those weights expect
    RECORDINGS: dict[str, str]  # what the name of their file or its folder holds → the collection they were trained on

    def published(self, p: Any, weights: dict[str, Tensor], meta: dict[str, Any]) -> dict[str, Tensor]:
        """The state dict of `build`'s network, from the publisher's; meta: of the spectrogram store.

        Raises ValueError, with what to change, if the weights or the spectrograms do not go with `p`.
        """
        ...


@runtime_checkable
class FromFolder(Published, Protocol):
    """One whose publishers write a folder with more than weights in it."""

    def check_folder(self, p: Any, folder: Path, meta: dict[str, Any]) -> None:
        """Raise ValueError, with what to change, if the rest of `folder` says other than `p` and `meta`."""
        ...


@dataclass(frozen=True)
class Run:
    """One set of weights in a file, and what it was trained on. fold: None for published weights."""

    state: dict[str, Tensor]
    fold: int | None
    provenance: Provenance


@dataclass(frozen=True)
class WeightsFile:
    """The content of a file of weights.

    path: as params.yaml has it. preprocessing: those of PREPROCESSING that the weights decide. whole: whether a state is
    of a whole Model, or of its `net`.
    """

    path: str
    arch: str
    runs: Sequence[Run]
    preprocessing: dict[str, Any]
    whole: bool

    @property
    def clips(self) -> pd.DataFrame:
        """clip_id, sha256 and unit of the clips of all runs, each once."""
        return pd.concat([run.provenance.clips for run in self.runs]).drop_duplicates()

    def runs_for(self, splits: pd.DataFrame) -> dict[int, Run]:
        """The run that a model of each fold of `splits` starts from: the one that has met the fewest of its scored clips.

        Of equals it is one of the same fold, if the file was trained on clips of these splits, else the first.
        """
        clips, folds = self.clips, splits_csv.numbers(splits)
        related = len(provenance.shared(clips, splits)) > 0

        def preference(run: Run, fold: int) -> tuple[int, bool]:
            return len(provenance.met(run.provenance.clips, clips, splits, fold)), related and run.fold != fold

        return {fold: min(self.runs, key=lambda run, fold=fold: preference(run, fold)) for fold in folds}


def read(arch: str, p: Any, path: str, meta: dict[str, Any]) -> WeightsFile:
    """The weights in the file or folder `path`, for the architecture `arch` with parameters `p`.

    meta: of the spectrogram store that the network is to read. Raises UserError if there are no weights, or they need
    another spectrogram, naming the difference.
    """
    saved = model_pt.load(path)
    if any(name in saved for name in OURS):
        return _ours(saved, path, meta)
    if not saved or not all(isinstance(value, Tensor) for value in saved.values()):
        raise UserError(f"{path}: neither a checkpoint of ours nor a state dict, which is tensors by name")
    module = params.component("dalsegno.models", arch)
    if not isinstance(module, Published):
        keys = ", ".join(list(saved)[:5])
        raise UserError(f"{path}: not a checkpoint of ours, and {arch} takes no others; its first tensors are {keys}")
    try:
        if Path(path).is_dir() and isinstance(module, FromFolder):
            module.check_folder(p, Path(path), meta)
        state = module.published(p, saved, meta)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    run = Run(state, None, Provenance(recordings=_recordings(module, path)))
    return WeightsFile(path, arch, [run], {"normalise": module.NORMALISE}, whole=False)


def _recordings(module: Published, path: str) -> tuple[str, ...]:
    """The collection that the weights in `path` were trained on, all that it may be if the path does not tell; empty if none."""
    name = "/".join(Path(path).parts[-2:]).lower()
    found = [collection for word, collection in module.RECORDINGS.items() if word in name]
    every = found or list(module.RECORDINGS.values())
    return (joined(every, "or"),) if every else ()


def _ours(saved: dict[str, Any], path: str, meta: dict[str, Any]) -> WeightsFile:
    """Raises UserError if the checkpoint is of another kind of model, damaged, or of another spectrogram than that of `meta`."""
    missing = [name for name in OURS if name not in saved]
    if missing:
        raise UserError(f"{path}: not a checkpoint of a network on spectrograms; it lacks {', '.join(missing)}")
    try:
        differences = list(_differences(saved["spectrogram"], meta))
        inherited = saved.get("provenance", {"recordings": [], "silent": []})
        runs = [Run(_tensors(run["state"]), run["fold"], _provenance(run, inherited)) for run in saved["runs"]]
        if not runs:
            raise ValueError("there are no weights in it")
        prepared = {name: saved["view"][name] for name in PREPROCESSING}
        if problems := params.parse("view", json.loads(json.dumps(prepared)), View)[1]:
            raise ValueError(problems[0])
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        said = f"{type(error).__name__}: {gist(error)}"
        raise UserError(f"{path}: a checkpoint of ours, but not a whole one ({said}); train it again") from None
    if differences:
        raise UserError(f"{path}: trained on another kind of spectrogram ({'; '.join(differences)})")
    return WeightsFile(path, saved["arch"], runs, prepared, whole=True)


def _tensors(state: dict[str, Any]) -> dict[str, Tensor]:
    """`state`, all of which must be tensors: ValueError if something is not."""
    if strange := [name for name, value in state.items() if not isinstance(value, Tensor)]:
        raise ValueError(f"{strange[0]} is not a tensor")
    return state


def _differences(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    """What two spectrogram stores say differently, option by option; of stores of two kinds, the kinds alone."""
    for name in here:
        if name not in there or here[name] == there[name]:
            continue
        if isinstance(here[name], dict):
            yield from _differences(there[name], here[name])
        else:
            yield f"{name}: {there[name]} there, {here[name]} here"
        if name == "kind":
            return


def _provenance(run: dict[str, Any], inherited: dict[str, list[str]]) -> Provenance:
    """Of a run of a checkpoint. inherited: what the weights that it started from were trained on, unlisted."""
    clips = pd.DataFrame(run["clips"], dtype=str)[COLUMNS]
    return Provenance(clips, tuple(inherited["recordings"]), tuple(inherited["silent"]))
