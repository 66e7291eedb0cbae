"""Sound and pictures of a clip: the loudest excerpt, low notes at the bottom, a budget, and files that have vanished."""

import base64
import io

import numpy as np
import soundfile
from PIL import Image

from dalsegno.report.listening import excerpt, media


def tone(path, seconds, hz=440.0, loud_at=None, rate=22050):
    t = np.arange(int(seconds * rate)) / rate
    x = 0.05 * np.sin(2 * np.pi * hz * t)
    if loud_at is not None:
        x[int(loud_at * rate) : int((loud_at + 4) * rate)] *= 10
    soundfile.write(path, x.astype(np.float32), rate)
    return path


def test_an_excerpt_is_the_loudest_four_seconds_and_can_be_decoded(tmp_path):
    heard = excerpt.loudest(tone(tmp_path / "a.wav", 20, loud_at=11), "a")
    assert abs(heard.start_s - 11) < 0.05 and len(heard.samples) == 4 * 22050
    x, rate = soundfile.read(io.BytesIO(heard.mp3()))
    spectrum = np.abs(np.fft.rfft(x))
    assert rate == 22050 and abs(len(x) / rate - 4) < 0.2
    assert abs(np.argmax(spectrum) * rate / len(x) - 440) < 3
    assert len(heard.mp3()) < 20_000 and heard.mp3() == heard.mp3()


def test_a_piece_is_heard_where_it_lies(tmp_path):
    heard = excerpt.loudest(tone(tmp_path / "a.wav", 9, loud_at=0), "a#2/3")
    assert abs(heard.start_s - 6) < 0.01 and len(heard.samples) == 3 * 22050


def test_a_spectrogram_shows_low_notes_at_the_bottom(tmp_path):
    low, high = (excerpt.loudest(tone(tmp_path / f"{hz}.wav", 1, hz), "x").spectrogram() for hz in (110, 5000))
    assert low.shape == (48, 160)
    assert low.mean(1).argmax() > high.mean(1).argmax()


def test_short_and_silent_clips(tmp_path):
    soundfile.write(tmp_path / "s.wav", np.zeros(30), 22050)
    heard = excerpt.loudest(tmp_path / "s.wav", "s")
    assert heard.outline().max() == 0 and heard.spectrogram().shape == (48, 160)
    assert media.of(("s", tmp_path / "s.wav"), audio=True)["sound"]


def test_no_sound_where_none_may_be_passed_on(tmp_path):
    made = media.of(("a", tone(tmp_path / "a.wav", 5)), audio=False)
    assert "sound" not in made and made["picture"] and made["outline"].startswith("M0 50L0 ")


def test_a_picture_is_shown_upright(tmp_path):
    levels = np.zeros((64, 100), np.uint8)
    levels[50:] = 255  # loud at the bottom: low notes
    Image.fromarray(levels).save(tmp_path / "p.png")
    made = media.of(("p", tmp_path / "p.png"), audio=True)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(made["picture"]))).convert("L"))
    assert set(made) == {"picture"}
    assert shown[-1].mean() < 60 < 200 < shown[0].mean()  # dark is loud


def test_a_file_that_vanished_is_told(tmp_path):
    assert "is no longer there" in media.of(("a", tmp_path / "gone.wav"), audio=True)["lost"]
    assert media.of(("a", tmp_path / "gone.png"), audio=True)["lost"]


def test_no_more_than_the_budget(monkeypatch):
    monkeypatch.setattr(media, "BUDGET", 25)
    taken = []

    def made():
        for i in range(5):
            taken.append(i)
            yield i, {"sound": "x" * 10, "start_s": 1.0}

    assert list(media.within_budget(made())) == ["0", "1"]
    assert taken == [0, 1, 2]
