"""The elements of a sound: envelopes, tables of harmonics, bands of noise, rooms. Signals are mono, full scale ±1.

What spans a whole piece is float32, which halves the time that its Fourier transforms take.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy import fft

Samples = Float[np.ndarray, " n_samples"]
TABLE = 4096  # samples of one period; the error of reading the nearest one lies near -60 dB


def hz(pitch: float) -> float:
    """Frequency of a MIDI pitch: 69 is 440 Hz."""
    return 440.0 * 2.0 ** ((pitch - 69) / 12)


def envelope(n: int, rate_hz: int, attack_s: float, decay_s: float, sustain: float, hold_s: float) -> Samples:
    """Loudness over time in [0, 1]: rise, exponential decay to `sustain`, and from `hold_s` a release to the end."""
    t = np.arange(n) / rate_hz
    rise = np.minimum(t / attack_s, 1)
    fall = sustain + (1 - sustain) * np.exp(-np.maximum(t - attack_s, 0) / decay_s)
    release = np.clip((t[-1] - t) / max(t[-1] - hold_s, 1 / rate_hz), 0, 1)
    return rise * fall * release


def table(harmonics: Float[np.ndarray, " n_harmonics"]) -> Float[np.ndarray, " n_table"]:
    """One period of TABLE samples, RMS 1, of sines with these amplitudes; the first is the fundamental."""
    spectrum = np.zeros(TABLE // 2 + 1, complex)
    spectrum[1 : len(harmonics) + 1] = -1j * harmonics
    period = fft.irfft(spectrum)
    return period / np.sqrt(np.mean(period**2))


def places(phase: Samples) -> Int[np.ndarray, " n_samples"]:
    """The index in a table at which each `phase`, in periods, lies."""
    return (phase * TABLE).astype(np.int64) & (TABLE - 1)


def noise(n: int, rate_hz: int, low_hz: float, high_hz: float, rng: np.random.Generator) -> Samples:
    """White noise between two frequencies, RMS 1."""
    size = fft.next_fast_len(n, real=True)
    f = fft.rfftfreq(size, 1 / rate_hz)
    band = 1 / np.sqrt(1 + (low_hz / np.maximum(f, 1)) ** 4) / np.sqrt(1 + (f / high_hz) ** 4)
    x = fft.irfft(fft.rfft(rng.standard_normal(size, np.float32)) * band.astype(np.float32), size)[:n]
    return x / (np.sqrt(np.mean(x**2)) + 1e-12)


def add(track: Float[np.ndarray, " n_track"], start: int, stroke: Samples) -> None:
    """Mix `stroke` into `track` from sample `start`, in place; what lies outside the track is cut off."""
    a, b = max(start, 0), min(start + len(stroke), len(track))
    if a < b:
        track[a:b] += stroke[a - start : b - start]


def drive(x: Samples, amount: float) -> Samples:
    """Soft clipping that leaves the RMS as it was; 0 does nothing."""
    level = np.sqrt(np.mean(x**2))
    if amount == 0 or level == 0:
        return x
    y = np.tanh(amount * x / level)
    return y * level / np.sqrt(np.mean(y**2))


def room(x: Samples, rate_hz: int, decay_s: float, wet: float, rng: np.random.Generator) -> Samples:
    """`x` with the reverberation of a room, whose impulse response is noise that falls by 60 dB in `decay_s`."""
    n = max(round(decay_s * rate_hz), 1)
    response = rng.standard_normal(n, np.float32) * (10 ** (-3 * np.arange(n) / n)).astype(np.float32)
    response /= np.sqrt(np.sum(response**2))
    size = fft.next_fast_len(len(x) + n - 1, real=True)  # as scipy.signal does, whose import takes half a second
    return (1 - wet) * x + wet * fft.irfft(fft.rfft(x, size) * fft.rfft(response, size), size)[: len(x)]


def equalise(x: Samples, rate_hz: int, tilt_db: float, low_hz: float, high_hz: float) -> Samples:
    """Tilt the spectrum by `tilt_db` per octave around 1 kHz and roll off below `low_hz` and above `high_hz`."""
    size = fft.next_fast_len(len(x), real=True)
    f = np.maximum(fft.rfftfreq(size, 1 / rate_hz), 20)
    gain = 10 ** (tilt_db * np.log2(f / 1000) / 20) / np.sqrt((1 + (low_hz / f) ** 4) * (1 + (f / high_hz) ** 4))
    return fft.irfft(fft.rfft(x, size) * gain.astype(np.float32), size)[: len(x)]
