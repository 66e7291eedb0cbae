"""How far a recording is tuned from A = 440 Hz, as librosa.estimate_tuning, in an eighth of its time."""

import librosa
import numpy as np
from jaxtyping import Float32

F_MIN_HZ, F_MAX_HZ, THRESHOLD = 150.0, 4000.0, 0.1  # librosa.piptrack's own


def estimate(peaks: Float32[np.ndarray, "n_peaks 2"]) -> float:
    """The tuning that the peaks of a recording show, -0.5 … 0.5 of a semitone; 0 if there is none.

    It is the mode of the deviations of the stronger half. librosa interpolates every bin and then keeps the peaks; here
    only peaks are.
    """
    if not len(peaks):
        return 0.0
    pitch_hz, strength = np.ascontiguousarray(peaks.T)
    return float(librosa.pitch_tuning(pitch_hz[strength >= np.median(strength)]))


def peaks(power: Float32[np.ndarray, "n_frames n_bins"], sample_rate_hz: int) -> Float32[np.ndarray, "n_peaks 2"]:
    """Frequency in Hz and strength of the local maxima of power in the band.

    They are interpolated parabolically (J. O. Smith, Spectral Audio Signal Processing).
    """
    n_fft = 2 * (power.shape[1] - 1)
    hz = librosa.fft_frequencies(sr=sample_rate_hz, n_fft=n_fft)
    low, high = np.searchsorted(hz, [F_MIN_HZ, min(F_MAX_HZ, sample_rate_hz / 2)])
    floor = np.float32(THRESHOLD) * power.max(axis=1, keepdims=True)
    t, k = np.divmod(np.flatnonzero(power[:, low:high] > floor), high - low)  # faster than np.nonzero
    k += low
    highest = (power[t, k] > power[t, k - 1]) & (power[t, k] >= power[t, k + 1])
    t, k = t[highest], k[highest]
    before, at, after = power[t, k - 1], power[t, k], power[t, k + 1]
    slope = (after - before) / 2
    curve = (after + before).astype(np.float64) - 2.0 * at
    inner = np.abs(slope) < np.abs(curve)
    shift = np.where(inner, -slope / np.where(inner, curve, 1), 0).astype(np.float32)
    pitch_hz = ((k + shift) * float(sample_rate_hz) / n_fft).astype(np.float32)
    return np.stack([pitch_hz, at + np.float32(0.5) * slope * shift], axis=1)
