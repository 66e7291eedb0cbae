"""A hostile tree, odd pictures, remarks, and the page."""

import os
import struct

import matplotlib
import numpy as np
import pytest
import soundfile as sf
from PIL import Image
from support.tunes import RATE, examine, reason, save, tune

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import inspect_audio
from dalsegno.report.doctor import page
from dalsegno.sound import pictures
from dalsegno.spectrograms import image


def fuzzed(folder, n):
    """`n` files of every container with bytes of their headers changed, some cut off."""
    rng, sources = np.random.default_rng(0), {}
    for suffix in ("wav", "au", "aiff", "flac", "ogg", "mp3"):
        save(folder / f"s.{suffix}", tune(3, 2.0))
        sources[suffix] = (folder / f"s.{suffix}").read_bytes()
        (folder / f"s.{suffix}").unlink()
    for i in range(n):
        suffix = list(sources)[i % len(sources)]
        data = bytearray(sources[suffix])
        for _ in range(rng.integers(1, 12)):
            data[rng.integers(0, 100 if rng.random() < 0.7 else 3000)] = rng.integers(0, 256)
        (folder / f"fuzz{i:03d}.{suffix}").write_bytes(data[: rng.integers(1, 200)] if rng.random() < 0.2 else data)


def test_a_hostile_tree_neither_hangs_nor_crashes_and_each_entry_is_named(tmp_path):
    bad = tmp_path / "bad"
    save(tmp_path / "good" / "x.wav", tune(0, 2.0))
    fuzzed(bad, 120)
    save(bad / "one.wav", tune(0, 1.0)[:1])
    save(bad / "wide.wav", np.random.default_rng(0).normal(0, 0.1, (192000, 8)), 192000)
    (bad / "random.mp3").write_bytes(np.random.default_rng(0).bytes(100_000))
    (bad / "lie.wav").write_bytes(
        b"RIFF" + struct.pack("<I", 2**31) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
        + b"data" + struct.pack("<I", 2**31) + bytes(1000)
    )  # fmt: skip
    for name in ("quo\"te's.wav", "emoji🎵.wav", "..wav", "<b>.wav", "a..b.wav", "tab\t.wav", "x" * 250 + ".wav"):
        save(tmp_path / "t.wav", tune(len(name), 1.0))
        (tmp_path / "t.wav").rename(bad / name)
    (bad / os.fsdecode(b"\xff\xfe.wav")).write_bytes(b"x")
    (bad / "up").symlink_to("..")
    (bad / "root").symlink_to("/")
    (bad / "self.wav").symlink_to("self.wav")
    (bad / "gone.wav").symlink_to("nowhere.wav")
    (bad / "folder.wav").mkdir()
    os.mkfifo(bad / "pipe.wav")
    findings = examine(tmp_path)
    paths = set(findings.clips["path"])
    assert len(findings.clips) == 1 + 120 + 4 + 7 + 1 + 6
    assert all(
        ":" in why and len(why) < 300 for why in findings.clips.loc[findings.clips["excluded"] != "", "excluded"]
    )
    assert "Traceback" not in findings.clips["excluded"].str.cat()
    for path in ("bad/one.wav", "bad/lie.wav", "bad/up", "bad/root", "bad/self.wav", "bad/gone.wav", "bad/pipe.wav"):
        assert path in paths and reason(findings, path) != ""
    assert reason(findings, "bad/wide.wav") == "" and "bad/wide" not in reason(findings, "bad/lie.wav")
    assert reason(findings, "bad/emoji🎵.wav") == "" and (tmp_path / "bad/emoji🎵.wav").exists()
    assert sum(findings.clips["excluded"].str.startswith("bad name")) == 2
    clips_csv.write(tmp_path / "clips.csv", findings.clips)
    used = clips_csv.usable(clips_csv.read(tmp_path / "clips.csv"))
    assert all((tmp_path / path).is_file() for path in used["path"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(tmp_path):
    save(tmp_path / "a" / "x.wav", tune(0, 1.0))
    save(tmp_path / "a" / "y.wav", tune(1, 1.0))
    (tmp_path / "a" / "y.wav").chmod(0)
    assert reason(examine(tmp_path), "a/y.wav").startswith("unreadable: Permission denied")


def test_clipping_and_a_wrong_extension_are_remarked_and_no_reason_to_leave_out(tmp_path):
    save(tmp_path / "loud.wav", np.clip(20 * tune(0, 2.0), -1, 1))
    save(tmp_path / "x.mp3", tune(0, 2.0))
    (tmp_path / "x.mp3").rename(tmp_path / "x.wav")
    loud, wrong = (inspect_audio.inspect(tmp_path / name, 0.5, False) for name in ("loud.wav", "x.wav"))
    assert not loud.fault and [r.split(":")[0] for r in loud.remarks] == ["clipped"]
    assert not wrong.fault and wrong.remarks == ("wrong extension: it is MP3",)
    assert inspect_audio.inspect(tmp_path / "loud.wav", 0.5, False) == loud


def test_remarks_on_the_set_as_a_whole(tmp_path):
    for i in range(3):
        save(tmp_path / "a" / f"{i}.wav", tune(i, 1.0))
    save(tmp_path / "b" / "stereo.wav", np.stack([tune(8, 1.0), tune(9, 1.0)], axis=1), 44100)
    (tmp_path / "groups.csv").write_text("path,group\na/0.wav,someone\na/1.wav,\na/2.wav,\nb/stereo.wav,someone\n")
    remarks = {subject: set() for subject in ("class “a”", "class “b”", "group “someone”", "b.stereo")}
    for row in examine(tmp_path).remarks.itertuples():
        remarks[row.about].add(row.remark)
    assert remarks["class “b”"] == {"few clips: 1"} and remarks["group “someone”"] == {"group spans labels: “a”, “b”"}
    assert remarks["b.stereo"] == {
        "unusual rate: 44100 Hz, most clips have 22050",
        "unusual channels: 2 channels, most clips have 1",
    }


def test_a_rate_that_many_clips_have_is_one_remark_with_their_classes(tmp_path):
    for i in range(24):
        save(tmp_path / "ab"[i % 2] / f"{i}.wav", np.resize(tune(i, 1.0), 30_000), 44100 if i >= 14 else RATE)
    found = examine(tmp_path).remarks
    assert found[found["remark"].str.startswith("unusual rate")].to_numpy().tolist() == [
        ["files", "unusual rate: 44100 Hz in 10 of 24 clips, of “a” (5), “b” (5); most clips have 22050"]
    ]


def test_a_rate_that_fewer_than_half_have_is_not_that_of_most(tmp_path):
    for i, rate in enumerate((8000, 8000, 16000, 16000, RATE, RATE, RATE)):
        save(tmp_path / "ab"[i % 2] / f"{i}.wav", tune(i, 2.0), rate)
    said = examine(tmp_path).remarks["remark"]
    assert set(said[said.str.startswith("unusual rate")]) == {
        "unusual rate: 8000 Hz, the most common is 22050",
        "unusual rate: 16000 Hz, the most common is 22050",
    }


def test_the_page_escapes_every_name_and_says_synthetic(tmp_path):
    for i in range(2):
        save(tmp_path / ["<i>pop", "jazz"][i] / f"<script>{i}.wav", tune(i, 1.0))
    (tmp_path / "<i>pop" / "<b>.wav").touch()
    (tmp_path / "about.json").write_text('{"title": "<u>Tunes", "synthetic": true}')
    html = page.render(found := examine(tmp_path), page.drawings(found))
    assert not any(tag in html for tag in ("<i>", "<b>", "<u>")) and html.count("<script>") == 1  # its own
    assert "&lt;u&gt;Tunes" in html and "(synthetic)" in html and "empty: not one byte" in html


@pytest.mark.parametrize("name", ["magma", "viridis", "jet", "coolwarm", "inferno"])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_colour_maps_are_inverted_to_values(tmp_path, name, suffix):
    values = np.add.outer(np.linspace(0, 0.5, 40), np.linspace(0, 0.5, 60)).astype(np.float32)  # rows, columns
    rgb = (matplotlib.colormaps[name](values)[::-1, :, :3] * 255).round().astype(np.uint8)  # lowest row first
    framed = np.pad(rgb, ((5, 7), (9, 3), (0, 0)), constant_values=255) if suffix == ".png" else rgb
    Image.fromarray(framed).save(tmp_path / f"x{suffix}", **({"quality": 95} if suffix == ".jpg" else {}))
    findings = pictures.read(tmp_path / f"x{suffix}")
    assert findings.shape == (60, 40)
    assert np.abs(findings - values.T).mean() < (0.01 if suffix == ".png" else 0.05)


def test_grey_pictures_are_stored_as_they_are(tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (128, 50), dtype=np.uint8)
    Image.fromarray(values).save(tmp_path / "x.png")
    p = image.Params()
    (stored,) = image.blocks(tmp_path / "x.png", p)
    np.testing.assert_array_equal(stored, values[::-1].T)
    spectrogram_store.write(tmp_path / "store", [("x", stored)], image.meta(p))
    db = spectrogram_store.open(tmp_path / "store").clip("x")
    assert db.max() == pytest.approx(0, abs=1e-4) and db.min() == -80
    (halved,) = image.blocks(tmp_path / "x.png", image.Params(bins=64))
    assert halved.shape == (50, 64)


@pytest.mark.parametrize("mode", ["L", "RGB", "LA"])
def test_margins_of_grey_pictures_are_cut_where_they_are_all_around(tmp_path, mode):
    """White at one side may be silence, or the loudest sound: it is a part of the picture."""
    grey = np.random.default_rng(0).integers(0, 240, (32, 48)).astype(np.uint8)
    grey[:3] = 255
    Image.fromarray(np.pad(grey, ((5, 9), (7, 4)), constant_values=255)).convert(mode).save(tmp_path / "framed.png")
    Image.fromarray(np.pad(grey, ((0, 0), (7, 0)), constant_values=255)).convert(mode).save(tmp_path / "side.png")
    framed, side = (pictures.read(tmp_path / name) for name in ("framed.png", "side.png"))
    np.testing.assert_array_equal(framed, grey[3:][::-1].T / np.float32(255))
    assert side.shape == (55, 32)


@pytest.mark.parametrize("name", ["magma", "viridis", "hot", "jet"])
def test_a_plot_with_axes_is_no_spectrogram(tmp_path, name):
    """Its labels would be read as levels."""
    levels = np.add.outer(np.linspace(0, 0.5, 64), np.linspace(0, 0.5, 96))
    rgb = (matplotlib.colormaps[name](levels)[:, :, :3] * 255).round().astype(np.uint8)
    labelled = np.pad(rgb, ((4, 30), (30, 4), (0, 0)), constant_values=255)
    labelled[-8:-4, 40:120:8] = labelled[10:60:8, 4:8] = (30, 120, 30)
    Image.fromarray(rgb).save(tmp_path / "bare.png")
    Image.fromarray(labelled).save(tmp_path / "plot.png")
    assert pictures.read(tmp_path / "bare.png").shape == (96, 64)
    if name == "hot":  # white is its loudest level
        return
    with pytest.raises(ValueError, match=rf"% of it has no colour of {name}, as axes and labels have none"):
        pictures.read(tmp_path / "plot.png")


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_numbers_that_are_no_shades_are_refused_and_those_of_16_bits_are_read(tmp_path, dtype):
    levels = np.add.outer(np.linspace(0, 0.5, 32), np.linspace(0, 0.5, 48))
    Image.fromarray((levels * 65535).astype(np.uint16)).save(tmp_path / "x.tif")
    assert np.abs(pictures.read(tmp_path / "x.tif") - levels[::-1].T).max() < 0.003
    Image.fromarray((80 * levels - 80).astype(dtype)).save(tmp_path / "db.tif")
    with pytest.raises(ValueError, match="its pixels are not of 8 or 16 bits"):
        pictures.read(tmp_path / "db.tif")


def test_pictures_that_are_none_are_excluded(tmp_path):
    rng = np.random.default_rng(0)
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        Image.fromarray(rng.integers(0, 256, (32, 64), dtype=np.uint8)).save(tmp_path / label / "0.png")
    Image.fromarray(rng.integers(0, 256, (32, 64, 3), dtype=np.uint8)).save(tmp_path / "a" / "photo.png")
    Image.new("L", (32, 32), 7).save(tmp_path / "a" / "flat.png")
    (tmp_path / "a" / "cut.png").write_bytes((tmp_path / "a" / "0.png").read_bytes()[:200])
    (tmp_path / "a" / "text.jpg").write_text("no picture")
    findings = examine(tmp_path, "images")
    assert findings.summary()["used"] == 2 and findings.summary()["excluded"] == {"unreadable": 4}
    assert "map" in reason(findings, "a/photo.png") and "single colour" in reason(findings, "a/flat.png")


def test_the_decoders_do_not_write_on_the_terminal(tmp_path, capfd):
    save(tmp_path / "x.mp3", tune(0, 2.0))
    data = (tmp_path / "x.mp3").read_bytes()
    (tmp_path / "x.mp3").write_bytes(data[: len(data) // 2])
    inspect_audio.inspect(tmp_path / "x.mp3", 0.5, False)
    assert capfd.readouterr() == ("", "")
    assert sf.info(tmp_path / "x.mp3").samplerate == RATE
