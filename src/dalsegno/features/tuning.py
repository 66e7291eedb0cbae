"""How far a recording is tuned from A = 440 Hz, as librosa.estimate_tuning, in an eighth of its time."""

import librosa
import numpy as np
from jaxtyping import Float32

F_MIN_HZ, F_MAX_HZ, THRESHOLD = 150.0, 4000.0, 0.1  # librosa.piptrack's own


def estimate(power: Float32[np.ndarray, "n_frames n_bins"], sample_rate_hz: int) -> float:
    """The tuning that a power spectrum shows, -0.5 … 0.5 of a semitone; 0 if it has no peak.

    It is the mode of the peaks' deviations. librosa interpolates every bin and then keeps the peaks; here only peaks are.
    """
    n_fft = 2 * (power.shape[1] - 1)
    pitch_hz, strength = _peaks(power, sample_rate_hz, n_fft)
    if not len(pitch_hz):
        return 0.0
    return float(librosa.pitch_tuning(pitch_hz[strength >= np.median(strength)]))


def _peaks(
    power: Float32[np.ndarray, "n_frames n_bins"], sample_rate_hz: int, n_fft: int
) -> tuple[Float32[np.ndarray, " n_peaks"], Float32[np.ndarray, " n_peaks"]]:
    """Frequency in Hz and strength of the local maxima in the band, parabolically interpolated (J. O. Smith, SASP)."""
    hz = librosa.fft_frequencies(sr=sample_rate_hz, n_fft=n_fft)
    low, high = np.searchsorted(hz, [F_MIN_HZ, min(F_MAX_HZ, sample_rate_hz / 2)])
    low = max(low, 1)
    left, here, right = power[:, low - 1 : high - 1], power[:, low:high], power[:, low + 1 : high + 1]
    floor = np.float32(THRESHOLD) * power.max(axis=1, keepdims=True)
    t, k = np.nonzero((here > floor) & (here > left) & (here >= right))
    before, at, after = left[t, k], here[t, k], right[t, k]
    slope = (after - before) / 2
    curve = (after + before).astype(np.float64) - 2.0 * at
    inner = np.abs(slope) < np.abs(curve)
    shift = np.where(inner, -slope / np.where(inner, curve, 1), 0).astype(np.float32)
    pitch_hz = ((k + low + shift) * float(sample_rate_hz) / n_fft).astype(np.float32)
    return pitch_hz, at + np.float32(0.5) * slope * shift
