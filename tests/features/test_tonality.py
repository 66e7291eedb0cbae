"""Pitch classes, tuning and tonal centroids are those of librosa, to the last bit."""

import librosa
import numpy as np
import pytest

from dalsegno.features import tonality

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("tuned", [-0.5, -0.13, 0.0, 0.49])
@pytest.mark.parametrize(("sample_rate_hz", "n_fft"), [(22050, 2048), (8000, 512), (44100, 4096)])
def test_filters(sample_rate_hz, n_fft, tuned):
    theirs = librosa.filters.chroma(sr=sample_rate_hz, n_fft=n_fft, tuning=tuned).T
    ours = tonality.chroma_filters(sample_rate_hz, n_fft, tuned)
    assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


@pytest.mark.parametrize("norm", [1, 2, np.inf])
def test_unit(norm):
    x = RNG.random((50, 12), np.float32)
    x[3], x[7] = 0, 1e-39
    for axis in (0, 1):
        assert np.array_equal(tonality.unit(x, norm, axis), librosa.util.normalize(x, norm=norm, axis=axis))


def test_tonal_centroids():
    chroma = RNG.random((70, 12), np.float32)
    assert np.array_equal(tonality.tonal_centroids(chroma), librosa.feature.tonnetz(chroma=chroma.T).T)


@pytest.mark.parametrize("off", [-0.4, 0.0, 0.25])
def test_tuning(off):
    pitch_hz = 440 * 2 ** ((RNG.integers(-24, 24, 300) + off + RNG.normal(0, 0.02, 300)) / 12)
    assert tonality.tuning(pitch_hz) == librosa.pitch_tuning(pitch_hz) == pytest.approx(off, abs=0.05)
    assert tonality.tuning(np.zeros(3)) == 0.0
