"""The manifest: what may be used, why the rest may not, which clips are copies."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy.signal import resample_poly
from support.tunes import RATE, examine, reason, save, tune

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import examine as examination
from dalsegno.clips import inspect_audio, listing
from dalsegno.clips.dataset import Clip, Params
from dalsegno.pipeline import errors, params
from dalsegno.pipeline.runtime import Runtime

REAL = Path("../shared/data")


@pytest.fixture
def root(tmp_path):
    for label in ("a", "b"):
        for i in range(2):
            save(tmp_path / label / f"{i}.wav", tune(10 * ord(label) + i, 2.0))
    return tmp_path


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("empty.wav", lambda p: p.touch(), "empty"),
        ("text.wav", lambda p: p.write_text("no sound at all"), "unreadable"),
        ("none.wav", lambda p: save(p, np.zeros(0)), "empty"),
        ("short.wav", lambda p: save(p, tune(9, 2.0)[:100]), "too short"),
        ("silent.wav", lambda p: save(p, np.zeros(RATE)), "silent"),
        ("offset.wav", lambda p: save(p, np.full(RATE, 0.5)), "silent"),
        ("nan.wav", lambda p: save(p, np.r_[np.nan, tune(9, 2.0)], subtype="FLOAT"), "not finite"),
        ("folder.wav", lambda p: p.mkdir(), "not a file"),
        ("._x.wav", lambda p: save(p, tune(9, 2.0)), "stray file"),
        ("new\nline.wav", lambda p: save(p, tune(9, 2.0)), "bad name"),
        ("loop.wav", lambda p: p.symlink_to("loop.wav"), "unreadable"),
    ],
)
def test_each_fault_is_named_and_the_rest_goes_on(root, tmp_path, name, make, says):
    make(root / "a" / name)
    findings = examine(root)
    faulty = findings.clips[findings.clips["excluded"] != ""]
    assert len(faulty) == 1 and faulty["excluded"].item().startswith(says)
    assert len(clips_csv.usable(findings.clips)) == 4
    assert findings.summary()["excluded"] == {examination.metric_key(says): 1}
    clips_csv.write(tmp_path / "clips.csv", findings.clips)
    again = clips_csv.read(tmp_path / "clips.csv")
    assert list(again["path"]) == list(findings.clips.sort_values("clip_id")["path"])


def test_near_copies_are_found_of_a_clip_of_which_a_truncated_file_holds_the_same_samples(tmp_path):
    y = (8000 * tune(0, 12.0)).astype(np.int16)
    save(tmp_path / "a" / "whole.wav", np.r_[y, y])
    data = (tmp_path / "a" / "whole.wav").read_bytes()
    (tmp_path / "a" / "0 cut.wav").write_bytes(data[: 44 + 2 * len(y)])
    (tmp_path / "a" / "whole.wav").unlink()
    save(tmp_path / "a" / "mended.wav", y)
    save(tmp_path / "b" / "softer.wav", y // 3)
    save(tmp_path / "b" / "other.wav", tune(5, 12.0))
    findings = examine(tmp_path)
    assert findings.clips["excluded"].str.startswith("truncated").sum() == 1
    assert findings.copies[["clip_id_a", "clip_id_b", "kind"]].to_numpy().tolist() == [["a.mended", "b.softer", "near"]]


@pytest.mark.parametrize("suffix", [".wav", ".au", ".aiff", ".flac", ".ogg", ".mp3"])
def test_a_file_cut_in_half_is_truncated(tmp_path, suffix):
    whole, half = tmp_path / f"whole{suffix}", tmp_path / f"half{suffix}"
    save(whole, np.tile(tune(1, 4.0), 2))
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert inspect_audio.inspect(whole, 0.5, False).fault == ""
    assert inspect_audio.inspect(half, 0.5, False).fault.startswith("truncated")


def test_exact_copies_are_found_in_whatever_container_and_named_across_classes(root):
    y, _ = sf.read(root / "a" / "0.wav", dtype="int16")
    save(root / "b" / "same.flac", y)
    save(root / "b" / "same.aiff", y.astype(np.int32) << 16, subtype="PCM_24")
    save(root / "b" / "same float.wav", y / 32768, subtype="FLOAT")
    save(root / "unlabelled" / "same.au", y)
    findings = examine(root)
    for name in ("same.flac", "same.aiff", "same float.wav"):
        assert reason(findings, f"b/{name}") == "exact copy: of a/0.wav, which is labelled “a”"
    assert reason(findings, "unlabelled/same.au") == ""  # a prediction of it is asked for
    assert set(findings.copies["kind"]) == {"exact"} and len(findings.copies) == 4
    assert findings.summary()["copies"] == {"exact": 4, "near": 0, "across": 3}


def near_copies(y, folder):
    """One near copy of each kind."""
    save(folder / "softer.wav", y * 10 ** (-12 / 20))
    save(folder / "louder.wav", np.clip(y * 10 ** (6 / 20), -1, 1))
    save(folder / "vorbis.ogg", y, compression_level=0.6)
    save(folder / "layer3.mp3", y, bitrate_mode="CONSTANT", compression_level=0.63)  # 64 kb/s
    save(folder / "later.wav", np.r_[np.zeros(RATE), y])
    save(folder / "earlier.flac", y[int(0.63 * RATE) :])
    save(folder / "slow.wav", resample_poly(y, 160, 441), 8000)
    save(folder / "fast.wav", resample_poly(y, 320, 147), 48000)
    return 8


def test_near_copies_of_a_tune_are_found_and_other_tunes_are_not(tmp_path):
    for seed in range(6):
        save(tmp_path / "a" / f"tune{seed}.wav", tune(seed))
    n = near_copies(tune(0), tmp_path / "b")
    pairs = examine(tmp_path).copies
    of_first = pairs[pairs["clip_id_a"] == "a.tune0"]
    assert len(of_first) == n and set(of_first["kind"]) == {"near"}
    assert not pairs["clip_id_b"].str.startswith("a.").any()
    assert examine(tmp_path, near_copies=False).copies.empty


@pytest.mark.skipif(not REAL.exists(), reason="the real clips of ../shared/data are not here")
@pytest.mark.parametrize(("folder", "step"), [("gtzan_audio", 7), ("instruments", 9)])
def test_near_copies_of_real_clips_and_notes(tmp_path, folder, step):
    made = 0
    for i, path in enumerate(sorted((REAL / folder).glob("*/*.flac"))[::step]):
        y, rate = sf.read(path, dtype="float32")
        assert rate == RATE
        save(tmp_path / f"{i}" / "original.wav", y)
        made += near_copies(y, tmp_path / f"{i}")
    pairs = examine(tmp_path).copies
    of_original = pairs["clip_id_a"].str.endswith("original") | pairs["clip_id_b"].str.endswith("original")
    same = pairs["clip_id_a"].str.split(".").str[0] == pairs["clip_id_b"].str.split(".").str[0]
    assert same.all() and of_original.sum() >= 0.95 * made


def note(pitch_hz, timbre, seconds=2.0):
    """A decaying note of six partials, whose levels and phases are those of `timbre` [shape=(n,)]."""
    rng, t = np.random.default_rng(timbre), np.arange(int(seconds * RATE)) / RATE
    partials = (rng.uniform(0.1, 1) / k * np.sin(2 * np.pi * (pitch_hz * k * t + rng.random())) for k in range(1, 7))
    return (0.2 * np.exp(-t * rng.uniform(0.5, 4)) * sum(partials)).astype(np.float32)


def test_notes_of_one_pitch_are_no_copies_of_each_other_but_their_copies_are(tmp_path):
    for timbre in range(6):
        for pitch_hz in (220, 233.08, 440):
            save(tmp_path / "a" / f"{pitch_hz:.0f}_{timbre}.wav", note(pitch_hz, timbre))
    n = near_copies(note(220, 0), tmp_path / "b")
    pairs = examine(tmp_path).copies
    assert not pairs["clip_id_b"].str.startswith("a.").any()
    assert (
        set(pairs["clip_id_a"]) - set(pairs["clip_id_b"]) == {"a.220_0"}
        and (pairs["clip_id_a"] == "a.220_0").sum() == n
    )


@pytest.mark.skipif(not REAL.exists(), reason="the pictures of ../shared/data are not here")
def test_no_pair_of_real_pictures_is_taken_for_copies():
    findings = examine(REAL / "gtzan_logmel", "images", leave_out=["blues", "disco", "jazz", "pop", "reggae"])
    assert findings.summary()["left_out"] == 306 and findings.summary()["used"] == 333
    assert len(findings.copies) == 0


def test_fault_can_stop_the_run(root):
    assert examine(root, on_fault="fail").summary()["used"] == 4
    (root / "a" / "bad.wav").touch()
    with pytest.raises(errors.UserError, match=r"1 faulty file, and.*\n.*a/bad\.wav.*empty"):
        examine(root, on_fault="fail")


def test_nothing_usable_is_said_with_reasons(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "x.wav").touch()
    with pytest.raises(errors.UserError, match=r"no file of the data set can be used:\n.*empty"):
        examine(tmp_path)


def test_classes_left_out_and_the_cap(root):
    for i in range(5):
        save(root / "b" / f"more{i}.wav", tune(50 + i, 1.0))
        save(root / "c" / f"{i}.wav", tune(60 + i, 1.0))
    findings = examine(root, leave_out=["a"], per_class=3)
    assert findings.summary()["labels"] == {"b": 3, "c": 3} and findings.n_left_out == 2
    assert "files" not in set(findings.remarks["about"]), (
        "clips that the run was told not to use are clips of the data set"
    )
    assert list(findings.clips["clip_id"]) == list(examine(root, leave_out=["a"], per_class=3).clips["clip_id"])
    with pytest.raises(errors.UserError, match=r"no clip in .* is labelled 'aa' \(did you mean 'a'"):
        examine(root, leave_out=["aa"])


def test_about_names_the_data_set(root):
    assert listing.description(root, None) == {"title": root.name, "synthetic": False}
    (root / "about.json").write_text(json.dumps({"title": "Tunes", "synthetic": True}))
    assert listing.description(root, None) == {"title": "Tunes", "synthetic": True}
    assert listing.description(root, "Mine") == {"title": "Mine", "synthetic": True}
    (root / "about.json").write_text('{"title": "Müsik"}', encoding="utf-8-sig")  # as an editor of Windows writes it
    assert listing.description(root, None) == {"title": "Müsik", "synthetic": False}
    odd = [
        '{"title": null}',
        '{"title": ["a"]}',
        '{"title": ""}',
        '{"title": "T", "synthetic": "false"}',
        '{"titel": "T"}',
    ]
    for text in ("[1]", "{", *odd):
        (root / "about.json").write_text(text)
        with pytest.raises(errors.UserError, match=r"about\.json: expected"):
            listing.description(root, None)


def test_unknown_adapter_is_named_with_the_nearest(root):
    _, problems = params.parse("dataset", {"name": "folder", "root": str(root)}, Params)
    (problem,) = problems
    assert re.match(r"dataset\.name: there is no 'folder'.*did you mean 'folders'", problem)


def test_workers_do_not_change_the_manifest(root):
    for i in range(8):
        save(root / "a" / f"more{i}.flac", tune(70 + i, 1.0))
    p = Params(name="folders", root=str(root))
    one, two = (examination.examine(root, p, Runtime(workers=n)) for n in (1, 2))
    assert one.clips.equals(two.clips) and one.copies.equals(two.copies) and one.remarks.equals(two.remarks)


def test_the_cap_is_of_labelled_clips_alone(tmp_path):
    """Clips without a label are those to predict: a cap that tries a class with few clips keeps all of them."""
    for i in range(4):
        for folder in ("train/rock", "train/jazz", "test"):
            save(tmp_path / folder / f"{i}.wav", tune(80 + i + 10 * len(folder), 1.0))
    findings = examine(tmp_path, name="kaggle", per_class=2)
    assert findings.clips["label"].value_counts().to_dict() == {"": 4, "rock": 2, "jazz": 2}


def test_the_cap_leaves_clips_in_every_published_part():
    parts = ["train"] * 8 + ["test"] * 3
    clips = [Clip(f"c{i}", Path(f"{i}.wav"), label, split=part) for label in "ab" for i, part in enumerate(parts)]
    kept = [(clip.label, clip.split) for clip in listing._capped(iter(clips), 2)]
    assert kept == [(label, part) for label in "ab" for part in ("train", "train", "test", "test")]
