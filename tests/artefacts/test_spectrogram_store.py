"""The store: what goes in comes out, in order, whole or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest

from dalsegno.artefacts import spectrogram_store
from dalsegno.pipeline.errors import UserError

META = {"kind": "logmel", "scale": 80 / 255, "offset": -80.0, "floor": -80.0}


def random_clips(n, bins=(4,), dtype=np.uint8):
    rng = np.random.default_rng(0)
    return [(f"c{i}", rng.integers(0, 255, (i + 1, *bins)).astype(dtype)) for i in range(n)]


@pytest.mark.parametrize(("bins", "dtype"), [((4,), np.uint8), ((1,), np.float16), ((5, 3), np.float16)])
def test_round_trip(tmp_path, bins, dtype):
    clips = random_clips(20, bins, dtype)
    spectrogram_store.write(tmp_path / "s", iter(clips), META)
    s = spectrogram_store.open(tmp_path / "s")
    assert isinstance(s.frames, np.memmap) and s.frames.shape == (210, *bins) and s.frames.dtype == dtype
    assert list(s.index.index) == [c for c, _ in clips]
    for clip_id, x in clips:
        start, n = s.index.loc[clip_id]
        assert np.array_equal(s.frames[start : start + n], x)
        assert np.allclose(s.clip(clip_id), x.astype(float) * 80 / 255 - 80, atol=1e-4)
    assert (s.meta["bins"], s.meta["channels"]) == (bins[0], bins[1] if len(bins) > 1 else 1)
    assert np.array_equal(np.load(tmp_path / "s/frames.npy"), s.frames)  # a plain .npy file to anyone else


@pytest.mark.parametrize("n_held", [0, 4, 5, 100])
def test_a_long_clip_comes_by_way_of_a_file_and_is_stored_whole(tmp_path, monkeypatch, n_held):
    monkeypatch.setattr(spectrogram_store, "HELD_BYTES", 4 * n_held)
    whole = np.arange(48, dtype=np.uint8).reshape(12, 4)
    long = spectrogram_store.joined(iter(np.split(whole, [2, 5, 6])), tmp_path / "long.npy")
    assert isinstance(long, Path) == (n_held < len(whole))
    spectrogram_store.write(tmp_path / "s", [("a", whole[:3]), ("b", long), ("c", whole[7:])], META)
    s = spectrogram_store.open(tmp_path / "s")
    assert np.array_equal(s.frames, np.concatenate([whole[:3], whole, whole[7:]]))
    assert s.index["n_frames"].tolist() == [3, 12, 5] and [path.name for path in tmp_path.iterdir()] == ["s"]


@pytest.mark.parametrize("names", [("007", "7"), ("NA", "null")])
def test_clips_may_have_names_that_read_like_numbers_or_like_none(tmp_path, names):
    clips = [(name, np.full((2, 4), i, np.uint8)) for i, name in enumerate(names)]
    spectrogram_store.write(tmp_path / "s", clips, META)
    s = spectrogram_store.open(tmp_path / "s")
    assert [s.clip(name)[0, 0] for name, _ in clips] == pytest.approx([-80, 80 / 255 - 80])


def test_same_clips_same_bytes(tmp_path):
    for name in ("a", "b"):
        spectrogram_store.write(tmp_path / name, random_clips(5), META)
    for file in ("frames.npy", "index.csv", "meta.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_versions_are_recorded_and_describe_no_sound(tmp_path, monkeypatch):
    """A checkpoint is refused on a store with another `meta`; another version of a package is no other spectrogram."""
    monkeypatch.setattr(spectrogram_store.environment, "versions", lambda: {"numpy": "2.0"})
    spectrogram_store.write(tmp_path / "s", random_clips(2), META)
    assert json.loads((tmp_path / "s/meta.json").read_text())["versions"] == {"numpy": "2.0"}
    assert "versions" not in spectrogram_store.open(tmp_path / "s").meta


def test_scale_is_kept_to_the_last_digit(tmp_path):
    spectrogram_store.write(tmp_path / "s", random_clips(2), META)
    assert json.loads((tmp_path / "s/meta.json").read_text())["scale"] == 80 / 255


def test_an_interrupted_write_leaves_what_was_there(tmp_path):
    def clips():
        yield from random_clips(3)
        raise UserError("clip c3 cannot be read")

    with pytest.raises(UserError):
        spectrogram_store.write(tmp_path / "s", clips(), META)
    assert list(tmp_path.iterdir()) == []
    spectrogram_store.write(tmp_path / "s", random_clips(2), META)
    with pytest.raises(UserError):
        spectrogram_store.write(tmp_path / "s", clips(), META)
    assert [p.name for p in tmp_path.iterdir()] == ["s"]
    assert len(spectrogram_store.open(tmp_path / "s").index) == 2


def test_what_does_not_fit_is_refused(tmp_path):
    x = np.zeros((3, 4), np.uint8)
    for second in (x[:, :2], x.astype(np.float16), x[:0]):
        with pytest.raises(ValueError, match="clip b"):
            spectrogram_store.write(tmp_path / "s", [("a", x), ("b", second)], META)
    with pytest.raises(ValueError, match="comes twice"):
        spectrogram_store.write(tmp_path / "s", [("a", x), ("a", x)], META)
    with pytest.raises(UserError, match="no clip"):
        spectrogram_store.write(tmp_path / "s", [], META)


def test_changing_frames_in_memory_leaves_the_file(tmp_path):
    spectrogram_store.write(tmp_path / "s", random_clips(2), META)
    s = spectrogram_store.open(tmp_path / "s")
    before = int(s.frames[0, 0])
    s.frames[0, 0] = before + 1
    assert spectrogram_store.open(tmp_path / "s").frames[0, 0] == before
