"""One cheap model under many protocols: the effect of the split alone on its accuracy.

Every clip is cut into the same equal segments, described by the mean and spread of each bin of its spectrogram, and one
scikit-learn model is trained and scored on segments throughout. Only the split differs, so the difference between two
rows of the table is the effect of their splits: how much data they train on, and what leaks.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
from jaxtyping import Float32, Int, Shaped
from pydantic import Field

from dalsegno.artefacts.learning import pieces, splits_csv
from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.families import classical
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.params import section
from dalsegno.scoring import compare, held_out
from dalsegno.splits import assign, leaks
from dalsegno.splits.protocol import OfSegments


@section
class Params:
    """`protocols:` in params.yaml."""

    spectrogram: str  # an entry of spectrograms
    segments: Annotated[int, Field(ge=2)] = 5  # number of equal segments per clip
    model: classical.Params  # the one model, an entry as under classical
    splits: dict[str, OfSegments]  # by the name that the table shows; what the data does not allow is left out


@dataclass(frozen=True)
class Segments:
    """The segments of all clips. x: their features; clip_ids, places: the clip of each and its place in it, from 0.

    n: the number of segments per clip.
    """

    x: Float32[np.ndarray, "n_segments n_features"]
    clip_ids: Shaped[np.ndarray, " n_segments"]
    places: Int[np.ndarray, " n_segments"]
    n: int

    @property
    def ids(self) -> Shaped[np.ndarray, " n_segments"]:
        """The name of each segment as a piece of its clip."""
        return np.array(
            [pieces.name(c, k, self.n) for c, k in zip(self.clip_ids, self.places.tolist(), strict=True)], object
        )

    def named(self, names: pd.Series) -> "Segments":
        """Those of which `names` has the segment itself or its clip."""
        known = np.isin(self.ids, names) | np.isin(self.clip_ids, names)
        return Segments(self.x[known], self.clip_ids[known], self.places[known], self.n)


def describe(store: Store, clip_ids: list[str], n: int) -> Segments:
    """The mean and standard deviation over time of each bin, in `n` equal segments of each clip that is stored.

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
    x = np.array(rows, np.float32) if rows else np.zeros((0, 0), np.float32)
    return Segments(x, np.repeat(stored, n).astype(object), np.tile(np.arange(n), len(stored)), n)


def evaluate(
    s: Segments, clips: pd.DataFrame, copies: pd.DataFrame, protocol: OfSegments, p: Params, confidence: float
) -> dict[str, Any]:
    """The model's scores under one protocol: accuracy of segments and, where clips are whole, of clips, with intervals.

    clips: usable rows of the manifest. confidence: of the intervals. Raises UserError if the data does not allow the
    protocol, or if it leaks, is not the leaky protocol and gives no reason.
    """
    clips = clips[(clips["label"] != "") & clips["clip_id"].isin(set(s.clip_ids))]
    shuffled = protocol.protocol == "shuffled_segments"
    split = assign.split(clips, copies, protocol, s.n)
    crossings = leaks.check(split.rows, copies)
    if not shuffled and not protocol.allow_leaks:
        leaks.refuse(crossings)
    s = s.named(split.rows["clip_id"])  # an exact copy is in a given split alone
    rows = _of_segments(split.rows, s)
    predicted = _predicted(s, rows, splits_csv.classes(rows), p.model)
    result = {
        "protocol": protocol.protocol,
        "leaky": leaks.spoil(crossings, split.rows),
        "why": protocol.allow_leaks or "",
        "leaks": {kind.replace(" ", "_"): n for kind, n in leaks.counts(crossings).items()},
        "folds": len(splits_csv.numbers(rows)),
        "caveats": split.caveats,
    }
    result |= _accuracy(rows, predicted, "segment", confidence)
    return result if shuffled else result | _accuracy(split.rows, _of_clips(predicted), "clip", confidence)


def _of_segments(rows: pd.DataFrame, s: Segments) -> pd.DataFrame:
    """`rows` with one row per segment; those of a clip share its unit, as they are not independent."""
    by_id = rows.set_index("clip_id")
    clip_ids = pd.Index(s.ids if s.ids[0] in by_id.index else s.clip_ids)
    return by_id.loc[clip_ids].reset_index(drop=True).assign(clip_id=s.ids)


def _of_clips(predicted: pd.DataFrame) -> pd.DataFrame:
    """The mean probability of each clip's segments."""
    whole = predicted.assign(clip_id=predicted["clip_id"].map(pieces.clip_of))
    return whole.groupby(["clip_id", "fold", "seed"], as_index=False).mean()


def _predicted(s: Segments, rows: pd.DataFrame, classes: list[str], p: classical.Params) -> pd.DataFrame:
    """Probabilities of the segments that a fold holds out: clip_id (of the segment), fold, seed, p_<class>."""
    frames, ids = [], s.ids
    for run in classical.fitted(p, s.x, ids, rows):
        held = np.isin(run.part, ["valid", "test"])
        frame = pd.DataFrame(run.estimator.probabilities(s.x[held]), columns=[f"p_{c}" for c in classes])
        frames.append(frame.assign(clip_id=ids[held], fold=run.fold, seed=run.seed))
    return pd.concat(frames, ignore_index=True)


def _accuracy(rows: pd.DataFrame, predicted: pd.DataFrame, item: str, confidence: float) -> dict[str, Any]:
    """Accuracy by `item` (segment or clip) with its interval: on the test part, or on validation if there is none."""
    held = held_out.shared(held_out.held_out(rows), [predicted])
    accuracy = compare.accuracy(f"{item}_accuracy", held, held_out.runs(held, predicted), confidence)
    return {"part": held.part, f"{item}s": len(held.clips)} | accuracy
