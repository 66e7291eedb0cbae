"""Sound files whose header does not say how long they are."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from dalsegno.clips import inspect_audio
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio, excerpt
from dalsegno.sound.opening import stream

RATE = 8000
TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(9 * RATE) / RATE)).astype(np.float32)
WHOLE = 0xFFFFFFFF


def flac(path):
    """The number of samples in STREAMINFO, 36 bits from the middle of byte 21 on, becomes 0: unknown."""
    sf.write(path, TONE, RATE)
    data = bytearray(path.read_bytes())
    data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])
    path.write_bytes(data)


def wav(path, size, rest=b""):
    sf.write(path, TONE, RATE)
    data = bytearray(path.read_bytes() + rest)
    at = data.find(b"data") + 4
    data[4:8] = data[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(data)


def ogg(path, n_bytes=None):
    """A stream that was never closed: without its last page, or cut within it."""
    sf.write(path, np.tile(TONE, 9), RATE)
    data = path.read_bytes()
    path.write_bytes(data[: n_bytes or data.rfind(b"OggS")])


def read(path):
    return np.concatenate([block for block, _ in audio.mono(path)])


@pytest.mark.parametrize("write", [flac, lambda path: wav(path, 0), lambda path: wav(path, WHOLE)])
def test_it_is_read_to_its_end_in_blocks(tmp_path, monkeypatch, write):
    monkeypatch.setattr(audio, "BLOCK", 10_000)
    path = tmp_path / ("x.flac" if write is flac else "x.wav")
    write(path)
    assert np.allclose(read(path), TONE, atol=1e-4)
    facts = inspect_audio.inspect(path, 0.5, True)
    assert (facts.fault, facts.remarks, facts.duration_s) == ("", (), 9.0) and facts.chart is not None


@pytest.mark.parametrize(("start_s", "end_s", "n"), [(2, 3.5, 1.5), (7, None, 2), (0, 1, 1)])
def test_a_part_of_it_is_that_part(tmp_path, monkeypatch, start_s, end_s, n):
    monkeypatch.setattr(excerpt, "BLOCK", 3000)
    flac(tmp_path / "x.flac")
    part = excerpt.name(tmp_path / "x.flac", start_s, end_s)
    assert np.allclose(read(part), TONE[int(start_s * RATE) :][: int(n * RATE)], atol=1e-4)
    assert inspect_audio.inspect(part, 0.5, False).fault == ""


def test_a_part_behind_its_end_says_where_that_is(tmp_path):
    flac(tmp_path / "x.flac")
    with pytest.raises(UserError, match=r"x.flac.*begins at 10 s, and the file ends at 9.00 s"):
        read(excerpt.name(tmp_path / "x.flac", 10, None))


def test_a_wav_without_samples_stays_empty_whatever_else_it_holds(tmp_path):
    sf.write(tmp_path / "x.wav", TONE[:0], RATE)
    comment = b"LIST" + struct.pack("<I", 12) + b"INFOICMT" + bytes(4)
    (tmp_path / "y.wav").write_bytes((tmp_path / "x.wav").read_bytes() + comment)
    for name in ("x.wav", "y.wav"):
        assert inspect_audio.inspect(tmp_path / name, 0.5, False).fault == "empty: not one sample"


def test_a_stream_that_ends_between_pages_is_used_and_remarked_on_and_one_cut_within_a_page_is_truncated(tmp_path):
    ogg(tmp_path / "x.ogg")
    facts = inspect_audio.inspect(tmp_path / "x.ogg", 0.5, False)
    assert facts.fault == "" and facts.remarks[0].startswith("open end") and facts.duration_s > 60
    ogg(tmp_path / "y.ogg", (tmp_path / "x.ogg").stat().st_size - 100)
    assert inspect_audio.inspect(tmp_path / "y.ogg", 0.5, False).fault.startswith("truncated: the stream has no end")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("text.mp3", b"lorem ipsum\n" * 99, "no frame of MPEG audio in it"),
        ("text.raw", b"lorem ipsum\n" * 99, "no header"),
        (
            "text.wav",
            b"lorem ipsum\n" * 99,
            "no sound in a format that is known here; if it plays elsewhere, ffmpeg converts it",
        ),
    ],
)
def test_what_is_no_sound_is_said_in_plain_words_without_its_path_twice(tmp_path, name, content, words):
    Path(tmp_path, name).write_bytes(content)
    with pytest.raises(UserError) as error:
        read(tmp_path / name)
    assert str(error.value) == f"{tmp_path / name}: cannot be read as audio: {words}"


def test_a_sample_rate_that_cannot_be_true_is_refused(tmp_path):
    sf.write(tmp_path / "x.wav", TONE, 3)
    with pytest.raises(ValueError, match="states a sample rate of 3 Hz"), stream.opened(tmp_path / "x.wav"):
        pass


def test_a_sample_far_beyond_full_scale_is_no_sound_and_one_of_16_bits_kept_as_floats_is(tmp_path):
    sf.write(tmp_path / "x.wav", TONE * 1e30, RATE, subtype="FLOAT")
    with pytest.raises(UserError, match="sample 1 is 1e\\+29, where 1 is full scale"):
        read(tmp_path / "x.wav")
    assert inspect_audio.inspect(tmp_path / "x.wav", 0.5, False).fault.startswith("not finite: holds samples of more")
    sf.write(tmp_path / "y.wav", TONE * 32768, RATE, subtype="FLOAT")
    assert len(read(tmp_path / "y.wav")) == len(TONE)
    assert inspect_audio.inspect(tmp_path / "y.wav", 0.5, False).fault == ""


def test_the_decoders_own_complaints_are_not_printed(tmp_path, capfd):
    (tmp_path / "text.mp3").write_bytes(b"lorem ipsum\n" * 99)
    with pytest.raises(UserError):
        read(tmp_path / "text.mp3")
    assert capfd.readouterr().err == ""
