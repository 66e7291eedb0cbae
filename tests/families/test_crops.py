"""Crops, windows and parts of a stored clip, and which views are refused."""

import gc
import re
import weakref

import numpy as np
import pandas as pd
import pytest
import torch

from dalsegno.artefacts import spectrogram_store
from dalsegno.families.convolutional import cnn, crops, shown
from dalsegno.families.convolutional.view import View
from dalsegno.models import conv
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.training import train
from dalsegno.training.views import augment

CPU = torch.device("cpu")


META = {"kind": "logmel", "db_per_unit": 1.0, "scale": 0.5, "offset": -80.0, "floor": -80.0, "frame_rate_hz": 10.0}
LENGTHS = {"a": 35, "b": 20, "c": 7, "d": 101}


def numbered_store(folder, **meta):
    """Clips whose two bins say, in the store's unit, which clip it is and which frame: halves of what is stored."""
    rows = [
        (c, np.stack([np.full(n, i + 1), np.arange(n)], 1).astype(np.uint8)) for i, (c, n) in enumerate(LENGTHS.items())
    ]
    spectrogram_store.write(folder, rows, META | {"scale": 1.0, "offset": 0.0} | meta)
    return folder


def seen(tmp_path, keep=None, **view):
    return crops.Crops(numbered_store(tmp_path / "s"), View(**view), keep, CPU)


def test_crops_lie_inside_their_clip_and_reach_both_ends(tmp_path):
    p = seen(tmp_path, crop_s=2.0)
    g = torch.Generator().manual_seed(0)
    rows, owners = p.examples(["a", "b", "d"])
    assert owners == ["a", "b", "d"]
    starts = {c: set() for c in owners}
    for _ in range(600):
        x = p.take(rows, g)
        assert x.shape == (3, 1, 2, 20)
        for owner, (clip, frame) in zip(owners, x[:, 0], strict=True):
            assert set(clip.tolist()) == {"abcd".index(owner) + 1}
            assert (frame.diff() == 1).all() and frame[-1] < LENGTHS[owner]
            starts[owner].add(int(frame[0]))
    assert starts["a"] == set(range(16)) and starts["b"] == {0} and {0, 81} <= starts["d"] <= set(range(82))


@pytest.mark.parametrize(("crop_s", "hop_s"), [(2.0, None), (2.0, 0.7), (1.0, 0.9), (3.0, 3.0)])
def test_windows_cover_every_frame_of_a_clip(tmp_path, crop_s, hop_s):
    p = seen(tmp_path, crop_s=crop_s, hop_s=hop_s)
    for clip, n in LENGTHS.items():
        covered, last = set(), -1
        for x, owners in p.evaluation([clip], 3):
            assert set(owners) == {clip} and len(x) == len(owners) <= 3
            for which, frame in x[:, 0]:
                inside = which != -80
                covered |= set(frame[inside].int().tolist())
                last = int(frame[inside][-1])
        assert covered == set(range(n)) and last == n - 1


def test_short_clips_are_padded_at_the_end_with_the_floor(tmp_path):
    p = seen(tmp_path, crop_s=2.0)
    for x in (p.take(p.examples(["c"])[0])[0, 0], p.take(p.examples(["c"])[0], torch.Generator())[0, 0]):
        assert x[1, :7].tolist() == list(range(7)) and (x[:, 7:] == -80).all()


def test_whole_clips_are_padded_to_the_longest(tmp_path):
    p = seen(tmp_path, crop_s=None)
    assert p.input_shape == (1, 2, 101)
    x, owners = next(p.evaluation(list("abcd"), 8))
    assert owners == list("abcd") and [int((row[0, 0] != -80).sum()) for row in x] == list(LENGTHS.values())


def test_stored_numbers_become_their_unit(tmp_path):
    numbered_store(tmp_path / "s", scale=0.5, offset=-80.0)
    p = crops.Crops(tmp_path / "s", View(crop_s=0.5), None, CPU)
    assert p.take(torch.tensor([0]))[0, 0].tolist() == [[-79.5] * 5, [-80, -79.5, -79, -78.5, -78]]


@pytest.mark.parametrize(
    ("kind", "shape", "expected"),
    [("logmel", (8,), (1, 8, 10)), ("image", (8, 3), (3, 8, 10)), ("waveform", (1,), (1, 10))],
)
def test_shapes(tmp_path, kind, shape, expected):
    x = np.random.default_rng(0).normal(size=(30, *shape)).astype(np.float16)
    spectrogram_store.write(
        tmp_path / "s", [("a", x)], META | {"kind": kind, "scale": 1.0, "offset": 0.0, "floor": 0.0}
    )
    p = crops.Crops(tmp_path / "s", View(crop_s=1.0), None, CPU)
    assert p.input_shape == expected and p.example().shape == (2, *expected)
    assert np.array_equal(
        p.take(torch.tensor([0]))[0].reshape(-1), np.moveaxis(x[:10], 0, -1).swapaxes(0, -2).reshape(-1)
    )
    mean, std = p.moments(["a"])
    assert np.allclose(mean, x.astype(float).mean(0).T, atol=1e-5)  # channels differ in meaning: each has its own
    assert np.allclose(std, x.astype(float).std(0).T, atol=1e-5)


def test_only_the_clips_asked_for_are_there(tmp_path):
    p = seen(tmp_path, keep={"d", "b"})
    assert p.clip_ids == ["b", "d"] and p.examples(["a", "d"])[1] == ["d"]
    with pytest.raises(UserError, match="none of its clips is in the splits"):
        seen(tmp_path, keep={"x"})


@pytest.mark.parametrize("evaluate", ["windows", "whole"])
def test_parts_are_each_an_example_and_cover_the_clip(tmp_path, evaluate):
    p = seen(tmp_path, crop_s=None, parts=4, evaluate=evaluate)
    rows, owners = p.examples(["b", "d"])
    assert owners == ["b"] * 4 + ["d"] * 4 and p.crop == 26  # the longest part: 101 frames in four
    starts = {"b": [0, 5, 10, 15, 20], "d": [0, 25, 50, 75, 101]}
    for x, owner, k in zip(p.take(rows, torch.Generator())[:, 0], owners, [*range(4)] * 2, strict=True):
        frames = x[1][x[0] != -80].int().tolist()
        assert frames == list(range(*starts[owner][k : k + 2]))
    shown = [
        (owner, int((x[0, 0] != -80).sum()))
        for x, who in p.evaluation(["b"], 8)
        for x, owner in zip(x, who, strict=True)
    ]
    assert shown == ([("b", 5)] * 4 if evaluate == "windows" else [("b", 20)])
    assert np.allclose(p.moments(["d"])[0], [4, 50])  # over all its frames, once each


def test_whole_clips_at_their_own_length(tmp_path):
    p = seen(tmp_path, crop_s=2.0, evaluate="whole")
    shown = {
        owner: x[0] for batch, owners in p.evaluation(list("abcd"), 8) for x, owner in zip(batch, owners, strict=True)
    }
    assert {c: x.shape[1] for c, x in shown.items()} == {"a": 35, "b": 20, "c": 20, "d": 101}
    assert shown["d"][1].tolist() == list(range(101)) and (shown["c"][:, 7:] == -80).all()
    assert p.take(p.examples(["d"])[0]).shape == (1, 1, 2, 20)  # what is trained on are crops


@pytest.mark.parametrize(
    ("view", "n"), [({}, 5), ({"resize": (2, 50)}, 2), ({"channels": "repeat"}, 1), ({"evaluate": "whole"}, 2)]
)
def test_evaluation_batches_are_bounded(tmp_path, monkeypatch, view, n):
    p = seen(tmp_path, crop_s=2.0, **view)
    monkeypatch.setattr(shown, "LARGEST", 2 * 100)
    sizes = [(len(x), x.shape[3]) for x, _ in p.evaluation(list("abcd"), 256)]
    assert max(s for s, _ in sizes) == n and all(s * frames * 2 <= 200 or s == 1 for s, frames in sizes)


def test_clips_shorter_than_a_crop_are_told_of(tmp_path, capsys):
    seen(tmp_path, crop_s=3.0)
    assert re.search(r"shorter than view\.crop_s, 3 s, and ended by silence: 2 of 4 clips", capsys.readouterr().out)
    seen(tmp_path, crop_s=None)
    assert capsys.readouterr().out == ""
    with pytest.raises(UserError, match=r"crop_s is 41, but the longest clip of .* lasts 10\.1 s.*little but silence"):
        seen(tmp_path, crop_s=41.0)
    with pytest.raises(UserError, match=r"view\.parts, 8, is more than the shortest clip .* has frames"):
        seen(tmp_path, crop_s=None, parts=8)
    with pytest.raises(UserError, match=r"pieces of a clip, features\.segments, are more than the shortest clip"):
        seen(tmp_path, keep={f"c#{k}/9" for k in range(9)})


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"parts": 10}, "parts: 10 sets how long a view is; set crop_s to null"),
        ({"crop_s": None, "hop_s": 1.0}, "hop_s is 1, but crop_s is null"),
        ({"crop_s": 1.0, "hop_s": 1.5}, "hop_s, 1.5, is more than crop_s, 1: what lies between is unseen"),
        (
            {"evaluate": "whole", "vote": "majority"},
            "evaluate: whole shows one view of a clip; leave out hop_s and vote",
        ),
        ({"channels": "colour"}, "channels: colour paints values from 0 to 1; set normalise to minmax, not bin"),
        ({"resize": [224]}, r"view\.resize"),
        ({"channels": "colours"}, r"view\.channels: .*'colour'.*got \"colours\""),
    ],
)
def test_views_that_make_no_sense_are_refused_when_read(raw, says):
    _, problems = params.parse("view", raw, View)
    assert problems and re.search(says, problems[0]), problems


@pytest.mark.parametrize(
    ("meta", "shape", "view", "says"),
    [
        ({"kind": "waveform"}, (1,), {"resize": (8, 8)}, r"view\.resize: of no use for .*, which holds waveforms"),
        (
            {"kind": "windows"},
            (4, 3),
            {"channels": "repeat"},
            r"channels: repeat makes channels out of one, but .* has 3",
        ),
    ],
)
def test_views_that_do_not_go_with_the_store_are_refused(tmp_path, meta, shape, view, says):
    spectrogram_store.write(tmp_path / "s", [("a", np.zeros((50, *shape), np.uint8))], META | meta)
    with pytest.raises(UserError, match=says):
        crops.Crops(tmp_path / "s", View(**view), None, CPU)


def test_each_channel_has_its_own_unit(tmp_path):
    x = np.stack([np.full((20, 4), 100), np.full((20, 4), 128)], 2).astype(np.uint8)
    each = {"scale": [0.5, 0.1], "offset": [-80.0, -12.8], "floor": [-80.0, 0.0]}
    spectrogram_store.write(tmp_path / "s", [("a", x)], META | {"kind": "phase"} | each)
    p = crops.Crops(tmp_path / "s", View(crop_s=3.0), None, CPU)
    x = p.take(torch.tensor([0]))[0]
    assert x.shape == (2, 4, 30)
    assert (x[0, :, :20] == -30).all() and (x[0, :, 20:] == -80).all()
    assert torch.allclose(x[1], torch.zeros(4, 30), atol=1e-5)
    assert np.allclose(spectrogram_store.open(tmp_path / "s").clip("a")[0, 0], [-30, 0], atol=1e-5)


def test_a_network_takes_all_channels_each_normalised_by_its_training_clips(tmp_path):
    rng = np.random.default_rng(0)
    clips = [(c, np.stack([rng.integers(0, 256, (60, 16)), rng.integers(100, 140, (60, 16))], 2)) for c in "abc"]
    each = {"scale": [80 / 255, 0.1], "offset": [-80.0, 0.0], "floor": [-80.0, 0.0]}
    spectrogram_store.write(
        tmp_path / "s", [(c, x.astype(np.uint8)) for c, x in clips], META | {"kind": "phase"} | each
    )
    p = crops.Crops(tmp_path / "s", View(crop_s=3.0), None, CPU)
    model = cnn.from_scratch("conv", conv.Params(), p, ["a", "b"], 4)
    x = torch.cat([x for x, _ in p.evaluation(["a", "b"], 8)])
    assert model(x).shape == (4, 4) and x.shape == (4, 2, 16, 30)
    assert torch.allclose(model.prep(x).mean((0, 3)), torch.zeros(2, 16), atol=1e-4)
    assert torch.allclose(model.prep(x).std((0, 3), correction=0), torch.ones(2, 16), atol=1e-3)


def test_a_gain_in_decibels_is_not_added_to_phases(tmp_path):
    each = {"db_per_unit": [1.0, None], "scale": [0.3, 0.1], "offset": [-80.0, 0.0], "floor": [-80.0, 0.0]}
    spectrogram_store.write(
        tmp_path / "s", [(c, np.zeros((60, 16, 2), np.uint8)) for c in "ab"], META | {"kind": "phase"} | each
    )
    splits = pd.DataFrame({"clip_id": ["a", "b"], "label": "x", "group": "a", "fold0": ["train", "valid"]})
    p = cnn.Params(
        spectrogram="s", arch="conv", model=conv.Params(), view=View(), augment=augment.Params(gain_db=6.0),
        train=train.Params(),
    )  # fmt: skip
    with pytest.raises(
        UserError,
        match=r"cnn\.x: augment\.gain_db cannot be applied to this spectrogram: .* the phase, holds no levels",
    ):
        cnn.train_all("cnn.x", p, tmp_path / "s", splits, CPU, tmp_path / "run", tmp_path / "metrics")


@pytest.mark.parametrize(("view", "frames"), [({"crop_s": None}, 35), ({"crop_s": None, "parts": 4}, 9)])
def test_training_clips_alone_decide_how_long_a_crop_is(tmp_path, view, frames):
    """Not the longest clip of the store, which may be unlabelled or held out; it is then seen in windows."""
    p = seen(tmp_path, **view).for_training(["a", "b"])
    assert p.input_shape == (1, 2, frames) and p.take(p.examples(["a"])[0]).shape[-1] == frames
    shown = [x for x, _ in p.evaluation(["d"], 64)]
    assert {x.shape[-1] for x in shown} == {frames}
    inside = torch.cat([x[:, 0, 1].flatten()[(x[:, 0, 0] != -80).flatten()] for x in shown])
    assert sorted({int(frame) for frame in inside}) == list(range(101))
    assert seen(tmp_path, **view).for_training(["d"]).input_shape == seen(tmp_path, **view).input_shape
    fixed = seen(tmp_path, crop_s=2.0)
    assert fixed.for_training(["c"]) is fixed


def test_frames_go_with_the_last_view_of_them_and_wait_for_no_collection_of_garbage(tmp_path):
    """On a GPU they may be as much as half of its memory, and each trial of a search opens them anew."""
    gc.disable()
    try:
        p = seen(tmp_path, crop_s=None)
        frames, of_training = weakref.ref(p.frames), p.for_training(["a"])
        assert p.for_training(["a"]) is of_training
        del p, of_training
        assert frames() is None
    finally:
        gc.enable()


def test_a_very_long_clip_shown_whole_is_shown_in_equal_pieces_none_shorter_than_a_crop(tmp_path, monkeypatch):
    """In a run as in `dalsegno predict`, so that both say the same of it."""
    whole = seen(tmp_path, crop_s=1.0, evaluate="whole")
    n_frames = dict(zip(whole.clip_ids, whole.whole[1].tolist(), strict=True))
    for most in (2, 24, 60):
        monkeypatch.setattr("dalsegno.families.convolutional.shown.LONGEST", most * whole.meta["bins"])
        lengths = {clip: [] for clip in n_frames}
        for batch in whole.batches(whole.clip_ids, 1):
            lengths[batch.owners[0]] += batch.n_frames
        for clip, of_pieces in lengths.items():
            assert sum(of_pieces) == n_frames[clip] and max(of_pieces) - min(of_pieces) <= 1
            assert len(of_pieces) == max(1, n_frames[clip] // max(whole.crop, most // 2))


def test_whole_clips_longer_than_those_trained_on_are_shown_whole(tmp_path):
    p = seen(tmp_path, crop_s=None, evaluate="whole").for_training(["b", "c"])
    lengths = {owner: x.shape[-1] for x, owners in p.evaluation(list("abcd"), 1) for owner in owners}
    assert lengths == {"a": 35, "b": 20, "c": 20, "d": 101} and p.longest().shape[-1] == 101


def test_training_clips_of_very_different_lengths_are_told_of_once(tmp_path, capsys):
    p = seen(tmp_path, crop_s=None)
    assert p.for_training(["a", "b"]).crop == 35 and capsys.readouterr().out == ""
    for _ in range(2):
        p.for_training(["b", "c", "d"])
    said = capsys.readouterr().out
    assert said.count("view.crop_s is null") == 1 and "the longest training clip lasts, 10.1 s" in said
    assert "half of them last 2 s or less" in said


def test_a_store_says_how_many_decibels_a_unit_is(tmp_path):
    spectrogram_store.write(tmp_path / "s", [("a", np.zeros((60, 16), np.uint8))], META | {"db_per_unit": 20.0})
    assert crops.Crops(tmp_path / "s", View(), None, CPU).scale.db_per_unit == 20.0
