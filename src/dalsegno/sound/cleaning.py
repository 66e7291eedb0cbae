"""A recording as an analysis of it wants to hear it: freed of steady noise, of the silence at its ends, and scaled."""

from pathlib import Path

import numpy as np

from dalsegno.pipeline.cluster import numba_cache
from dalsegno.sound import audio
from dalsegno.sound.audio import Samples
from dalsegno.sound.framing import Framing
from dalsegno.sound.replay import Replay

FRAME = 1024  # samples in which noise is sought: the gate's own


def recording(path: str | Path, p: Framing) -> Replay[Samples]:
    """The samples of one file, read as `p` says: mono, resampled, and where it asks, without noise or silent ends.

    Noise and silence are sought in the recording as a whole, which then lies in memory. Raises UserError as
    audio.recording does.
    """
    if not p.denoise and p.trim_db is None:
        return audio.recording(path, p.sample_rate_hz, p.peak_normalise)
    y = np.concatenate(list(audio.recording(path, p.sample_rate_hz)))
    y = _denoised(y, p.sample_rate_hz, p.denoise) if p.denoise else y
    y = _trimmed(y, p.trim_db) if p.trim_db is not None else y
    peak = np.abs(y).max() if p.peak_normalise else 0.0
    return Replay(lambda: [y / peak if peak > 0 else y])


def _denoised(y: Samples, sample_rate_hz: int, share: float) -> Samples:
    """Less `share` of the noise, which is what the softest tenth of the frames hold; scraps and silence stay as they are.

    The spectral gate of noisereduce (Sainburg, Thielk and Gentner 2020). A threshold from the clip as a whole, as it has
    by default, would take held notes for noise.
    """
    from noisereduce import reduce_noise  # imports PyTorch, seconds that others need not wait for

    frames = y[: len(y) // FRAME * FRAME].reshape(-1, FRAME)
    if len(frames) < 10 or not y.any():
        return y
    softest = frames[np.argsort(np.square(frames).sum(axis=1), kind="stable")[: len(frames) // 10]]
    less = reduce_noise(y, sample_rate_hz, stationary=True, y_noise=softest.ravel(), prop_decrease=share)
    return np.asarray(less, np.float32)


def _trimmed(y: Samples, below_db: float) -> Samples:
    """Without the ends that are softer than `below_db` below the loudest frame, by librosa; silence stays whole."""
    with numba_cache.locked("effects"):  # seconds, that recordings which are not trimmed need not wait for
        import librosa.effects
    kept = librosa.effects.trim(y, top_db=below_db)[0]
    return kept if len(kept) and y.any() else y
