"""Why a file cannot be read, in our words and never in those of the libraries that decode it."""

import errno
import os
import struct

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from PIL import Image

from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime
from dalsegno.sound import audio, pictures, storing
from dalsegno.spectrograms import image

NOISE = np.random.default_rng(0).normal(0, 0.1, 40_000)
DAMAGED = "damaged, cut short, or of an encoding that is not known here; if it plays elsewhere, ffmpeg converts it"
UNKNOWN = "no sound in a format that is known here; if it plays elsewhere, ffmpeg converts it"


def wav(codec, channels, rate_hz, bits):
    chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, codec, channels, rate_hz, 0, 2, bits)
    return b"RIFF\xff\0\0\0WAVE" + chunk + b"data\xc8\0\0\0" + bytes(200)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.flac", b"no sound", UNKNOWN),
        ("page.mp3", b"<!DOCTYPE html><html>404</html>", "no frame of MPEG audio in it"),
        ("talk.wav", b"\0\0\0\x18ftypM4A " + bytes(99), UNKNOWN),
        ("codec.wav", wav(0x1234, 1, 8000, 16), DAMAGED),
        ("rate.wav", wav(1, 1, 0, 16), DAMAGED),
        ("none.wav", wav(1, 0, 8000, 16), "its header states an impossible number of channels"),
        ("many.wav", wav(1, 2000, 8000, 16), "its header states an impossible number of channels"),
        ("head.wav", wav(1, 1, 8000, 16)[:30], DAMAGED),
    ],
)
def test_of_a_file_that_cannot_be_opened(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as error:
        list(audio.mono(tmp_path / name))
    assert str(error.value) == f"{tmp_path / name}: cannot be read as audio: {words}"


@pytest.mark.parametrize(("suffix", "words"), [("flac", "its stream is damaged or cut short"), ("caf", DAMAGED)])
def test_of_a_file_that_was_cut_short(tmp_path, suffix, words):
    path = tmp_path / f"x.{suffix}"
    sf.write(path, NOISE, 8000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError) as error:
        list(audio.mono(path))
    assert str(error.value) == f"{path}: cannot be read as audio: {words}"


def test_of_a_file_that_the_system_does_not_open(tmp_path):
    (tmp_path / "folder.wav").mkdir()
    for name, code in {"folder.wav": errno.EISDIR, "gone.wav": errno.ENOENT}.items():
        with pytest.raises(UserError) as error:
            list(audio.mono(tmp_path / name))
        assert str(error.value) == f"{tmp_path / name}: cannot be read as audio: {os.strerror(code)}"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff"])
def test_of_a_picture(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80), dtype=np.uint8)).save(path)
    whole = path.read_bytes()
    for n in (8, len(whole) // 2):
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError) as error:
            pictures.read(path)
        assert str(error.value) in ("not a picture in a format that is known here", "damaged, or cut short")
    with pytest.raises(FileNotFoundError):
        pictures.read(tmp_path / "gone.png")


def test_of_a_picture_of_too_many_pixels(tmp_path):
    for side in (8_000, 20_000):  # beyond our bound, and beyond Pillow's
        Image.new("1", (side, side)).save(tmp_path / "x.png")
        with pytest.raises(ValueError, match="more than 50,000,000 pixels, which no spectrogram has"):
            pictures.read(tmp_path / "x.png")


def test_a_sound_where_pictures_are_expected_is_named(tmp_path):
    sf.write(tmp_path / "x.wav", np.zeros(8000), 8000)
    clips = pd.DataFrame({"clip_id": ["x"], "path": ["x.wav"]})
    p = storing.Params(kind="image", options=image.Params())
    with pytest.raises(
        UserError, match=r"x\.wav cannot be read as this kind of spectrogram: not a picture in a format"
    ):
        storing.write(tmp_path / "store", tmp_path, clips, p, Runtime(workers=1), "images")
    assert not (tmp_path / "store").exists()
