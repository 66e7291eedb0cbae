"""The chart that the doctor keeps of a clip to find near copies by.

Near copies are the same recording at another gain, bit rate or sample rate, or shifted by up to a second. Of each clip a
chart is kept, its energy in 24 bands eleven times a second (`by_chart` compares two). A clip of less than ten seconds may be a
single note with few events to tell it by: its average spectrum is kept as well, and it is compared sample by sample with
those whose spectra are near (`by_waveform`).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.fft

NOTE_S = 10.0  # a shorter clip is called a note here, whatever it holds
SHIFT_S = 1.2  # a second and a bit
LONGEST_S = 15  # the length of a clip's beginning that is charted
BANDS = 24
EDGES_HZ = np.geomspace(150, 3800, BANDS + 1)  # the range that a 64 kb/s codec and a sample rate of 8 kHz both keep
TONE_EDGES_HZ = np.geomspace(60, 3800, 61)
HOP_S = 0.0464  # from window to window; two hops are one frame of a chart
NOTE_FRAMES = int(NOTE_S / (2 * HOP_S)) - 3  # of a chart
RANGE_DB = 60  # below a clip's level; softer cells do not count
TONE_RANGE_DB = 25  # likewise, of an average spectrum, below its strongest tone
STEP_DB = 0.5  # of a stored level


class Chart(NamedTuple):
    """A clip in brief.

    levels: uint8 (n_frames, BANDS) in steps of 0.5 dB, 120 being the clip's level; frames are 93 ms apart.
    tones: float32 (60,), the average spectrum in dB, less its mean; (0,) of a clip that is not a note, shifted or not.
    """

    levels: np.ndarray
    tones: np.ndarray


def chart(mono: np.ndarray, rate: int) -> Chart:
    """The chart of a clip. mono: float32 samples [shape=(n,)], of which there should be LONGEST_S at most."""
    energy = energies(mono, rate, 2 * HOP_S, HOP_S, EDGES_HZ)
    n = (len(energy) - 4) // 2 + 1
    pooled = sum(w * energy[i : i + 2 * n - 1 : 2] for i, w in enumerate((0.35, 0.9, 0.9, 0.35)))
    levels = of_levels(10 * np.log10(pooled + 1e-20)).levels
    if len(mono) >= (NOTE_S + SHIFT_S) * rate:
        return Chart(levels, np.zeros(0, np.float32))
    tones = average(mono, rate)
    return Chart(levels, tones - tones.mean())


def of_levels(db: np.ndarray) -> Chart:
    """The chart of decibels by frame and band [shape=(n_frames, BANDS)], relative to the louder frames' level."""
    below = np.clip(db - np.percentile(db.max(1), 95) + RANGE_DB, 0, RANGE_DB + 10)
    return Chart(np.round(below / STEP_DB).astype(np.uint8), np.zeros(0, np.float32))


def average(mono: np.ndarray, rate: int) -> np.ndarray:
    """Average spectrum [shape=(60,)] of samples [shape=(n,)], in dB below the strongest tone, at most TONE_RANGE_DB.

    It is the mean of amplitudes, not of energies, so that a cut attack, or silence before it, changes it little.
    """
    padded = np.pad(mono, int(8 * HOP_S * rate))  # so that an attack at the very start counts
    amplitudes = np.sqrt(energies(padded, rate, 8 * HOP_S, 4 * HOP_S, TONE_EDGES_HZ)).mean(axis=0)
    db = 20 * np.log10(amplitudes + 1e-10)
    return np.maximum(db - db.max(), -TONE_RANGE_DB).astype(np.float32)


def energies(mono: np.ndarray, rate: int, window_s: float, hop_s: float, edges_hz: np.ndarray) -> np.ndarray:
    """Energy between neighbouring `edges_hz` in windows `hop_s` apart [shape=(n_windows, len(edges_hz) - 1)]."""
    n_fft = scipy.fft.next_fast_len(round(window_s * rate), real=True)
    mono = np.pad(mono, (0, max(0, n_fft + round(4 * HOP_S * rate) - len(mono))))
    weights, window = _bands(rate, n_fft, tuple(edges_hz)), np.hanning(n_fft).astype(np.float32)
    starts = np.round(np.arange(int((len(mono) - n_fft) / (hop_s * rate)) + 1) * hop_s * rate).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(mono, n_fft)
    energy = []
    for i in range(0, len(starts), 32):
        spectrum = scipy.fft.rfft(windows[starts[i : i + 32]] * window, axis=1)[:, : len(weights)]
        energy.append((np.square(spectrum.real) + np.square(spectrum.imag)) @ weights)
    return np.concatenate(energy)


@lru_cache(maxsize=16)
def _bands(rate: int, n_fft: int, edges_hz: tuple[float, ...]) -> np.ndarray:
    """The share of each bin that lies in each band [shape=(n_bins, len(edges_hz) - 1)]."""
    edges = np.array(edges_hz)
    width = rate / n_fft
    n_bins = min(n_fft // 2, int(edges[-1] / width) + 1) + 1
    centre = np.arange(n_bins)[:, None] * width
    overlap = np.minimum(centre + width, edges[1:]) - np.maximum(centre - width, edges[:-1])
    return np.clip(overlap / width, 0, 2).astype(np.float32)
