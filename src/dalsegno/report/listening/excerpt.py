"""A few seconds of a clip as everybody can play and see them: MP3, the outline of the waveform, a small spectrogram.

MP3 is what every browser plays; at this quality libsndfile makes about 3 kB of it per second.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float, Float32, UInt8

from dalsegno.artefacts.learning import pieces
from dalsegno.sound import audio

RATE_HZ = 22050  # of excerpts, and so the bandwidth of their spectrograms twice over
LENGTH_S = 4.0
SEARCHED_S = 600.0  # of a longer recording only the beginning is searched
QUALITY = 0.99  # of libsndfile's compression levels, 1 the smallest
N_FFT = 1024
BANDS, COLUMNS = 48, 160  # of a spectrogram
LOWEST_HZ = 60.0
TOP_DB = 70.0  # what is further below the loudest point is drawn as silence


@dataclass(frozen=True)
class Excerpt:
    """start_s: where it begins in its file. samples: mono, at RATE_HZ."""

    start_s: float
    samples: Float32[np.ndarray, " n_samples"]

    def mp3(self) -> bytes:
        """The sound, its peak brought below full scale if it is above, so that nothing is cut off."""
        file, peak = io.BytesIO(), max(1.0, float(np.abs(self.samples).max()))
        soundfile.write(file, self.samples / peak, RATE_HZ, format="MP3", subtype="MPEG_LAYER_III", compression_level=QUALITY)  # fmt: skip
        return file.getvalue()

    def outline(self) -> Float[np.ndarray, " n_columns"]:
        """The loudest sample of each column of the picture, 0 … 1, 1 in the loudest of them; zeros for silence."""
        columns = np.array_split(np.abs(self.samples), min(COLUMNS, len(self.samples)))
        loudest = np.array([column.max() for column in columns])
        return loudest / (loudest.max() or 1.0)

    def spectrogram(self) -> UInt8[np.ndarray, "n_bands n_columns"]:
        """Bands of equal musical width, low ones at the bottom; 255 is the loudest point, 0 is TOP_DB below it."""
        padded = np.pad(self.samples, (0, max(0, N_FFT - len(self.samples))))
        starts = np.linspace(0, len(padded) - N_FFT, COLUMNS).astype(int)
        frames = padded[starts[:, None] + np.arange(N_FFT)] * np.hanning(N_FFT).astype(np.float32)
        power = np.abs(np.fft.rfft(frames)) ** 2
        edges = np.geomspace(LOWEST_HZ, RATE_HZ / 2, BANDS + 1) * N_FFT / RATE_HZ
        bands = np.stack([power[:, int(a) : int(b) + 1].max(1) for a, b in pairwise(edges)])
        level = 10 * np.log10(np.maximum(bands, 1e-12) / max(float(bands.max()), 1e-12))
        return np.rint(255 * np.clip(1 + level / TOP_DB, 0, 1)).astype(np.uint8)[::-1]


def loudest(path: Path, item: str) -> Excerpt:
    """The loudest LENGTH_S of a clip, or of the piece of it that `item` names. Raises UserError as audio.recording does."""
    read = audio.part(audio.recording(path, RATE_HZ), 0, int(SEARCHED_S * RATE_HZ))
    start, samples = _piece(np.concatenate(list(read)), item)
    n = int(LENGTH_S * RATE_HZ)
    if len(samples) > n:
        energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
        at = int(np.argmax(energy[n:] - energy[:-n]))
        start, samples = start + at, samples[at : at + n]
    return Excerpt(start / RATE_HZ, samples)


def _piece(samples: Float32[np.ndarray, " n"], item: str) -> tuple[int, Float32[np.ndarray, " m"]]:
    _, k, n = pieces.place(item)
    ends = [len(samples) * i // n for i in (k, k + 1)]
    return ends[0], samples[ends[0] : max(ends[1], ends[0] + 1)]


def outline_path(outline: Float[np.ndarray, " n"]) -> str:
    """The outline mirrored at the middle of a box 100 high, as the `d` of an SVG path."""
    heights = np.rint(50 * outline).astype(int).tolist()
    return "M0 50" + "".join(_points(heights))


def _points(heights: list[int]) -> Iterator[str]:
    yield from (f"L{x} {50 - y}" for x, y in enumerate(heights))
    yield from (f"L{x} {50 + y}" for x, y in reversed(list(enumerate(heights))))
    yield "Z"
