"""Decoding: mono, resampled, and refusals that name the file."""

import librosa
import numpy as np
import pytest
import soundfile
from support.sound import samples

from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.au", "a.aiff", "a.ogg", "a.mp3"])
def test_formats_give_the_same_samples(tmp_path, name):
    y = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    soundfile.write(tmp_path / name, y, 22050)
    read = samples(tmp_path / name, 22050)
    assert read.dtype == np.float32 and read.ndim == 1
    assert np.abs(read[2000:20000] - y[2000:20000]).max() < (0.02 if name.endswith(("ogg", "mp3")) else 1e-4)


def test_channels_are_averaged(tmp_path):
    y = np.stack([np.full(1000, 0.5), np.full(1000, -0.1)], axis=1)
    soundfile.write(tmp_path / "a.wav", y, 8000, subtype="FLOAT")
    assert np.allclose(samples(tmp_path / "a.wav", 8000), 0.2)


def test_resampling_keeps_pitch_and_duration(tmp_path):
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100), 44100)
    y = samples(tmp_path / "a.wav", 22050)
    assert len(y) == 22050
    assert np.argmax(np.abs(np.fft.rfft(y))) == 1000


@pytest.mark.parametrize(("rate_hz", "n"), [(44100, 1001), (16000, 16001), (48000, 7), (8000, 3)])
def test_resampling_gives_as_many_samples_as_librosa(tmp_path, rate_hz, n):
    y = np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", y, rate_hz, subtype="FLOAT")
    theirs = librosa.resample(y, orig_sr=rate_hz, target_sr=22050)
    assert samples(tmp_path / "a.wav", 22050) == pytest.approx(theirs, abs=1e-6)


def test_peak_normalisation_removes_gain_and_spares_silence(tmp_path):
    y = np.random.default_rng(0).normal(0, 0.01, 1000)
    for name, gain in (("soft.wav", 0.5), ("loud.wav", 2.0), ("silent.wav", 0.0)):
        soundfile.write(tmp_path / name, gain * y, 8000, subtype="FLOAT")
    soft, loud, silent = (samples(tmp_path / f"{n}.wav", 8000, peak_normalise=True) for n in ("soft", "loud", "silent"))
    assert np.allclose(soft, loud, atol=1e-6) and np.abs(soft).max() == 1
    assert not silent.any()


def test_what_cannot_be_used_is_named(tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"RIFF nothing of the kind")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    soundfile.write(tmp_path / "nan.wav", np.array([0, np.nan, 0]), 8000, subtype="FLOAT")
    for name, says in (
        ("noise", "cannot be read"),
        ("gone", "cannot be read"),
        ("empty", "no samples"),
        ("nan", "sample 1 "),
    ):
        with pytest.raises(UserError, match=f"{name}.wav.*{says}"):
            samples(tmp_path / f"{name}.wav", 8000)


def test_a_sample_that_is_no_number_is_told_by_its_place_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "BLOCK", 4)
    soundfile.write(tmp_path / "nan.wav", np.where(np.arange(12) == 6, np.nan, 0.5), 8000, subtype="FLOAT")
    with pytest.raises(UserError, match=r"nan\.wav: sample 6 is not a finite number"):
        samples(tmp_path / "nan.wav", 8000)
