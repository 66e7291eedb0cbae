"""Noise and silent ends: taken out where it is asked for, and nothing else touched."""

import numpy as np
import pytest
import soundfile
from support.sound import joined, samples

from dalsegno.features import compute
from dalsegno.sound import cleaning
from dalsegno.spectrograms import logmel

RATE_HZ = 22050
T = np.arange(RATE_HZ) / RATE_HZ


@pytest.fixture
def clip(tmp_path):
    """Half a second of hiss, a second of a tone in hiss, and a second of hiss."""
    tone = np.concatenate([np.zeros(RATE_HZ // 2), 0.3 * np.sin(2 * np.pi * 440 * T), np.zeros(RATE_HZ)])
    hiss = np.random.default_rng(0).normal(0, 0.005, len(tone))
    soundfile.write(tmp_path / "a.wav", tone + hiss, RATE_HZ, subtype="FLOAT")
    return tmp_path / "a.wav"


def cleaned(path, **options):
    return joined(cleaning.recording(path, logmel.Params(**options)))


def test_by_default_a_recording_is_as_it_was_read(clip):
    assert np.array_equal(cleaned(clip), samples(clip, RATE_HZ))
    assert np.array_equal(cleaned(clip, peak_normalise=True), samples(clip, RATE_HZ, peak_normalise=True))


def test_ends_that_are_softer_than_asked_are_cut(clip):
    assert len(cleaned(clip, trim_db=20.0)) / RATE_HZ == pytest.approx(1.0, abs=0.1)
    assert len(cleaned(clip, trim_db=80.0)) == len(cleaned(clip))


def test_steady_noise_is_taken_out_and_the_tone_stays(clip):
    noisy, clean, half = (cleaned(clip, denoise=share) for share in (0.0, 1.0, 0.5))
    hiss = [x[-RATE_HZ // 2 :].std() for x in (noisy, half, clean)]
    assert hiss[0] > 1.3 * hiss[1] > 1.3 * hiss[2] and hiss[0] > 4 * hiss[2]
    tone = [x[RATE_HZ * 3 // 4 : RATE_HZ * 5 // 4].std() for x in (noisy, clean)]
    assert tone[1] > 0.6 * tone[0]  # the gate's mask is smoothed over neighbouring bins
    assert np.array_equal(clean, cleaned(clip, denoise=1.0)) and clean.dtype == np.float32


def test_the_peak_is_that_of_what_is_left(clip):
    assert np.abs(cleaned(clip, denoise=1.0, trim_db=20.0, peak_normalise=True)).max() == pytest.approx(1)


@pytest.mark.parametrize("n", [1, 30, 5000])
def test_silence_and_scraps_stay_whole(tmp_path, n):
    soundfile.write(tmp_path / "a.wav", np.zeros(n), RATE_HZ)
    for peak_normalise in (False, True):
        assert not cleaned(tmp_path / "a.wav", denoise=1.0, trim_db=20.0, peak_normalise=peak_normalise).any()
    assert len(cleaned(tmp_path / "a.wav", denoise=1.0, trim_db=20.0)) == n
    soundfile.write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, n), RATE_HZ)
    assert np.isfinite(cleaned(tmp_path / "a.wav", denoise=1.0, trim_db=20.0)).all()


def test_features_hear_the_same(clip):
    options = {"use": ["rms"], "stats": ["mean"], "trim_db": 20.0}
    (cut,), (whole,) = (
        compute.compute(("a", clip), compute.Params(**o)) for o in (options, options | {"trim_db": None})
    )
    assert cut["rms_00_mean"] > 1.5 * whole["rms_00_mean"]
