"""Where in a clip a model finds its answer: how much less probable a class becomes if a piece of the clip is hidden.

Occlusion (Zeiler and Fergus 2014, arXiv 1311.2901, §4.1) asks the model itself, whatever it is. A spectrogram is hidden
cell by cell, each bin of a cell at its own mean over the clip; a model that sees none is asked about the sound with one stretch of
time silent. Neighbouring cells that carry the same evidence cover for each other, so a low value does not say that a cell
tells nothing.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.inference.hearing import spill
from dalsegno.inference.kinds.on_spectrograms import OnSpectrograms
from dalsegno.inference.model import Model, together
from dalsegno.sound import audio

CELLS = (8, 16)  # of a spectrogram: bands, stretches of time
STRETCHES = 24  # of a sound
SMALLEST = 1e-6  # a probability below this counts as it

Map = Float[np.ndarray, "band stretch"]


@dataclass(frozen=True)
class Saliency:
    """nats (band, stretch): the loss of log probability of the class `label` if that cell alone is hidden; below 0 it
    becomes more probable. Bands go from the lowest to the highest bin, a single one where only times were hidden.
    """

    label: int
    nats: Map


def of_spectrogram(member: OnSpectrograms, store: Store, label: int, cells: tuple[int, int] = CELLS) -> Saliency:
    """Of a network on spectrograms, asked about the only clip of `store`; label: the place of a class in its labels."""
    frames = np.array(store.frames)
    n_bands, n_stretches = min(cells[0], frames.shape[1]), min(cells[1], len(frames))
    mean = frames.mean(axis=0, dtype=np.float64)
    mean = (mean.round() if frames.dtype.kind in "iu" else mean).astype(frames.dtype)
    nats, whole = np.zeros((n_bands, n_stretches)), _log(_of_store(member, store)[label])
    bands, stretches = (_edges(n, m) for n, m in ((frames.shape[1], n_bands), (len(frames), n_stretches)))
    for i, band in enumerate(bands):
        for j, stretch in enumerate(stretches):
            hidden = frames.copy()
            hidden[stretch, band] = mean[band]
            nats[i, j] = whole - _log(_of_store(member, replace(store, frames=hidden))[label])
    return Saliency(label, nats)


def of_sound(model: Model, path: Path, label: int, n_stretches: int = STRETCHES) -> Saliency:
    """Of any model of sound, asked about the file with one stretch of time silent. Raises UserError as `Model.clip` does."""
    blocks = list(audio.mono(path))
    samples, rate_hz = np.concatenate([block for block, _ in blocks]), blocks[0][1]
    logs = []
    with spill.folder() as folder:
        for stretch in [slice(0, 0), *_edges(len(samples), min(n_stretches, len(samples)))]:
            hidden = samples.copy()
            hidden[stretch] = 0
            file = spill.write(folder / "hidden.wav", hidden, rate_hz)
            logs.append(_log(model.probabilities(file)[label]))
    whole, *without = logs
    return Saliency(label, whole - np.array([without]))


def _of_store(member: OnSpectrograms, store: Store) -> np.ndarray:
    return together(member.of_store(store))


def _edges(n: int, n_parts: int) -> list[slice]:
    """`n_parts` nearly equal stretches of 0 … n."""
    edges = np.linspace(0, n, n_parts + 1).round().astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(edges)]


def _log(p: float) -> float:
    return float(np.log(max(float(p), SMALLEST)))
