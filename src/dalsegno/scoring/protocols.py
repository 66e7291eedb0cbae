"""One cheap model under many protocols: what the split alone does to a figure.

Every clip is cut into the same equal segments, described by the mean and spread of each bin of its spectrogram, and one
scikit-learn model is trained and scored on segments throughout. Only the split differs, so the difference between two
rows of the table is what their splits do: how much data they train on, and what leaks.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from dalsegno.artefacts import pieces, splits_csv
from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.families import classical
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.scoring import compare, held_out
from dalsegno.splits import assign, leaks


@section
class Params:
    """`protocols:` in params.yaml."""

    spectrogram: str  # an entry of spectrograms
    segments: Annotated[int, Field(ge=2)] = 5  # of a clip, equally long
    model: classical.Params  # the one model, an entry as under classical
    splits: dict[str, assign.Params]  # by the name that the table shows; what the data does not allow is left out


@dataclass(frozen=True)
class Segments:
    """x: float32 (row, 2 * bins); clip_ids, k: the clip of each row and its place in it, n of them a clip."""

    x: np.ndarray
    clip_ids: np.ndarray
    k: np.ndarray
    n: int

    @property
    def ids(self) -> np.ndarray:
        """The name of each row as a piece of its clip."""
        return np.array([pieces.name(c, k, self.n) for c, k in zip(self.clip_ids, self.k, strict=True)], object)


def describe(store: Store, clip_ids: list[str], n: int) -> Segments:
    """Mean and standard deviation over time of each bin, in `n` equal segments of each clip that is stored.

    Raises UserError for a clip of fewer than 2 n frames.
    """
    stored = [c for c in clip_ids if c in store.index.index]
    rows = []
    for clip_id in stored:
        x = store.clip(clip_id).reshape(store.index.loc[clip_id, "n_frames"], -1)
        if len(x) < 2 * n:
            raise UserError(
                f"params.yaml: protocols.segments: clip {clip_id} has {len(x)} frames, too few for {n} segments"
            )
        rows += [np.concatenate([part.mean(0), part.std(0)]) for part in np.array_split(x, n)]
    return Segments(
        np.array(rows, np.float32), np.repeat(stored, n).astype(object), np.tile(np.arange(n), len(stored)), n
    )


def evaluate(
    s: Segments, clips: pd.DataFrame, copies: pd.DataFrame, protocol: assign.Params, p: Params
) -> dict[str, Any]:
    """The model's figures under one protocol: accuracy of segments and, where clips are whole, of clips, with intervals.

    clips: usable rows of the manifest. Raises UserError if the data does not allow the protocol, or it leaks without
    being the leaky one or saying why.
    """
    clips = clips[(clips["label"] != "") & clips["clip_id"].isin(set(s.clip_ids))]
    made = assign.split(clips, copies, replace(protocol, segments=s.n))
    found = leaks.check(made.rows, copies)
    if protocol.protocol != "shuffled_segments" and not protocol.allow_leaks:
        leaks.refuse(found)
    rows = _of_segments(made.rows, s)
    classes = splits_csv.classes(rows)
    predicted = _predicted(s, rows, classes, p.model)
    told = {"protocol": protocol.protocol, "leaky": leaks.spoil(found, made.rows), "why": protocol.allow_leaks or ""}
    told |= {"leaks": {kind.replace(" ", "_"): n for kind, n in leaks.counts(found).items()}}
    told |= {"folds": len(splits_csv.numbers(rows))} | _figures(rows, predicted, "segment")
    if protocol.protocol != "shuffled_segments":
        whole = predicted.assign(clip_id=predicted["clip_id"].map(pieces.clip_of))
        whole = whole.groupby(["clip_id", "fold", "seed"], as_index=False).mean()
        told |= _figures(made.rows, whole, "clip")
    return told


def _of_segments(rows: pd.DataFrame, s: Segments) -> pd.DataFrame:
    """`rows` with a row a segment; a clip without a group is the group of its own segments, which are no independent evidence."""
    at = rows.set_index("clip_id")
    clip_ids = pd.Index(s.ids if s.ids[0] in at.index else s.clip_ids)
    wide = at.loc[clip_ids].reset_index(drop=True).assign(clip_id=s.ids)
    return wide.assign(group=np.where(wide["group"] == "", "\0" + s.clip_ids, wide["group"]))


def _predicted(s: Segments, rows: pd.DataFrame, classes: list[str], p: classical.Params) -> pd.DataFrame:
    """Probabilities of the segments that a fold holds out: clip_id (of the segment), fold, seed, p_<class>."""
    frames, ids = [], s.ids
    for run in classical.fitted(p, s.x, ids, rows):
        held = np.isin(run.part, ["valid", "test"])
        frame = pd.DataFrame(run.probabilities(s.x[held]), columns=[f"p_{c}" for c in classes])
        frames.append(frame.assign(clip_id=ids[held], fold=run.fold, seed=run.seed))
    return pd.concat(frames, ignore_index=True)


def _figures(rows: pd.DataFrame, predicted: pd.DataFrame, what: str) -> dict[str, Any]:
    """Accuracy by `what` with its interval, as `compare` scores it: on the test part, or validation if there is none."""
    held = held_out.shared(held_out.held_out(rows), [predicted])
    found = compare.figures(held, held_out.runs(held, predicted), compare.Params(resamples=1000))
    figures = {f"{what}_{name}": value for name, value in found.items() if name.startswith("accuracy")}
    return {"part": held.part, f"{what}s": len(held.clips)} | figures
