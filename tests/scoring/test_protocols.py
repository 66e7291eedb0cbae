"""One model, many protocols: what leaks scores better, what the data does not allow is said."""

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.families import classical
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import protocols
from dalsegno.splits.protocol import OfSegments

NO_COPIES = pd.DataFrame(columns=["clip_id_a", "clip_id_b", "kind", "similarity"])
SVM = {"estimator": "svm", "grid": [{"C": 10.0}]}
REASON = "to see what it does"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """60 clips of three classes by 12 artists whose spectra tell the artist and the clip, and nothing of the class."""
    rng = np.random.default_rng(0)
    artists = [f"artist{i // 5}" for i in range(60)]
    clips = pd.DataFrame({
        "clip_id": [f"clip{i:02d}" for i in range(60)],
        "path": [f"{i}.wav" for i in range(60)],
        "label": [f"class{i // 5 % 3}" for i in range(60)],
        "group": artists,
        "split": "",
        "sha256": [f"sum of {i}" for i in range(60)],
        "excluded": "",
    })  # fmt: skip
    voice = {a: rng.normal(0, 1, 12) for a in sorted(set(artists))}
    frames = (
        (c, (voice[a] + rng.normal(0, 0.5, 12) + rng.normal(0, 0.3, (41, 12))).astype(np.float16))
        for c, a in zip(clips["clip_id"], artists, strict=True)
    )
    folder = tmp_path_factory.mktemp("store") / "logmel"
    spectrogram_store.write(folder, frames, {"kind": "logmel", "scale": 1.0, "offset": 0.0, "frame_rate_hz": 10.0})
    return clips, folder


def evaluate(data, copies=NO_COPIES, confidence=0.95, **protocol):
    clips, folder = data
    p = protocols.Params(
        spectrogram="logmel", segments=4, model=classical.Params(estimator="svm", grid=({"C": 10.0},)), splits={}
    )
    segments = protocols.describe(spectrogram_store.open(folder), list(clips["clip_id"]), 4)
    return protocols.evaluate(segments, clips, copies, OfSegments(**protocol), p, confidence)


def test_segments_are_described_by_the_mean_and_spread_of_their_frames(data):
    _, folder = data
    segments = protocols.describe(spectrogram_store.open(folder), ["clip03", "gone", "clip01"], 2)
    x = spectrogram_store.open(folder).clip("clip01")
    assert list(segments.ids) == ["clip03#0/2", "clip03#1/2", "clip01#0/2", "clip01#1/2"]
    np.testing.assert_allclose(segments.x[2], np.concatenate([x[:21].mean(0), x[:21].std(0)]), rtol=1e-6)
    np.testing.assert_allclose(segments.x[3], np.concatenate([x[21:].mean(0), x[21:].std(0)]), rtol=1e-6)


def test_what_leaks_scores_better(data):
    honest = evaluate(data, protocol="kfold", folds=4)
    artists_parted = evaluate(data, protocol="kfold", folds=4, grouped=False, allow_leaks=REASON)
    shuffled = evaluate(data, protocol="shuffled_segments")
    assert not honest["leaky"] and artists_parted["leaky"] and shuffled["leaky"]
    assert honest["segment_accuracy"] < 0.5
    assert artists_parted["segment_accuracy"] > honest["segment_accuracy_high"]
    assert shuffled["segment_accuracy"] > artists_parted["segment_accuracy"]
    assert shuffled["leaks"]["clip"] > 20 and "clip_accuracy" not in shuffled
    assert (honest["segments"], honest["clips"], honest["part"]) == (240, 60, "test")
    assert artists_parted["why"] == REASON


def test_segments_of_one_clip_are_no_independent_evidence(data):
    clips, folder = data
    alone = evaluate((clips.assign(group=""), folder), protocol="kfold", folds=4)
    accuracy = alone["segment_accuracy"]
    of_independent = 2 * 1.96 * (accuracy * (1 - accuracy) / alone["segments"]) ** 0.5
    assert alone["segment_accuracy_high"] - alone["segment_accuracy_low"] > 1.3 * of_independent


def test_an_exact_copy_counts_where_a_split_lists_it_and_nowhere_else(data):
    clips, folder = data
    clips = clips.assign(excluded=clips["clip_id"].map({"clip07": "exact copy: of clip06"}).fillna(""), split="train")
    clips.loc[clips.index % 5 == 2, "split"] = "test"  # clip07 among them
    copies = pd.DataFrame([("clip06", "clip07", "exact", 1.0)], columns=NO_COPIES.columns)
    assert evaluate((clips, folder), copies, protocol="kfold", folds=4)["clips"] == 59
    assert evaluate((clips, folder), copies, protocol="shuffled_segments")["segments"] < 59 * 4
    assert evaluate((clips, folder), copies, protocol="official", allow_leaks=REASON)["clips"] == 12


def test_less_confidence_is_a_narrower_interval(data):
    at = [evaluate(data, confidence=c, protocol="kfold", folds=4) for c in (0.8, 0.95)]
    assert at[0]["clip_accuracy"] == at[1]["clip_accuracy"]
    assert at[0]["clip_accuracy_high"] < at[1]["clip_accuracy_high"]
    assert at[0]["segment_accuracy_low"] > at[1]["segment_accuracy_low"]


def test_the_same_scores_again(data):
    assert evaluate(data, protocol="holdout") == evaluate(data, protocol="holdout")


def test_a_leak_without_a_reason_is_refused(data):
    with pytest.raises(UserError, match="the split leaks"):
        evaluate(data, protocol="kfold", folds=4, grouped=False)


def test_a_clip_too_short_to_cut(data):
    with pytest.raises(UserError, match=r"protocols.segments: clip clip00 has 41 frames, too few for 21 segments"):
        protocols.describe(spectrogram_store.open(data[1]), ["clip00"], 21)


def test_the_stage_leaves_out_what_the_data_does_not_allow(data, tmp_path, monkeypatch, capsys):
    """With the reason, but for partitions of another data set, which are named in the log alone."""
    clips, folder = data
    script = runpy.run_path("stages/protocols.py")
    monkeypatch.chdir(tmp_path)
    clips = clips.assign(duration_s=1.0, sample_rate_hz=22050, channels=1)
    clips_csv.write("clips.csv", clips)
    NO_COPIES.to_csv("copies.csv", index=False)
    names = {
        "honest": {"protocol": "kfold", "folds": 3},
        "own": {"protocol": "official"},
        "of GTZAN": {"protocol": "artist_folds"},
    }
    section = {"spectrogram": "logmel", "segments": 3, "model": SVM, "splits": names}
    Path("params.yaml").write_text(json.dumps({"protocols": section, "compare": {"confidence": 0.8}}))
    script["main"]("clips.csv", "copies.csv", str(folder), "protocols.json")
    written = json.loads(Path("protocols.json").read_text())
    assert list(written["protocols"]) == ["honest"]
    assert written["left_out"] == {
        "own": "splits.protocol: official: this data set has no split of its own; use holdout or kfold"
    }
    assert "left out, as these data do not allow them: own, of GTZAN" in capsys.readouterr().out
    assert (written["model"], written["spectrogram"], written["segments"]) == ("svm", "logmel", 3)
    assert written["confidence"] == 0.8
    Path("params.yaml").write_text(json.dumps({"protocols": section | {"splits": {}}, "compare": {"confidence": 0.8}}))
    script["main"]("clips.csv", "copies.csv", str(folder), "protocols.json")
    assert json.loads(Path("protocols.json").read_text())["protocols"] == {}
