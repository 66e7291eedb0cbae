"""The mel scale, its filters and the windows are those of librosa and SciPy, to the last bit."""

import librosa
import numpy as np
import pytest
import scipy.signal

from dalsegno.sound import spectrum
from dalsegno.sound.mels import slaney


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize("band", [(0.0, None), (30.0, 3500.0), (1200.0, 3900.0)])
@pytest.mark.parametrize(
    ("sample_rate_hz", "n_fft", "n_mels"), [(8000, 512, 24), (22050, 2048, 128), (44100, 1024, 64), (16000, 512, 96)]
)
def test_filters(sample_rate_hz, n_fft, n_mels, band):
    theirs = librosa.filters.mel(sr=sample_rate_hz, n_fft=n_fft, n_mels=n_mels, fmin=band[0], fmax=band[1])
    ours = slaney.filters(sample_rate_hz, n_fft, n_mels, *band)
    assert np.array_equal(ours, theirs) and ours.dtype == theirs.dtype


@pytest.mark.parametrize("n", [1, 2, 3, 40, 130])
def test_edges_and_bins(n):
    theirs = librosa.mel_frequencies(n, fmin=20.0, fmax=11025.0)
    assert np.array_equal(slaney.edges_hz(n, 20.0, 11025.0), theirs)
    assert np.array_equal(slaney.bins_hz(22050, 2 * n), librosa.fft_frequencies(sr=22050, n_fft=2 * n))


@pytest.mark.parametrize("n_window", [1, 2, 3, 400, 551, 2048])
@pytest.mark.parametrize("name", spectrum.COSINES)
def test_windows(name, n_window):
    ours = spectrum.window(name, n_window + 4, n_window, precision=np.float64)
    assert np.array_equal(ours[2:-2], scipy.signal.get_window(name, n_window))
    assert not ours[:2].any() and not ours[-2:].any()
