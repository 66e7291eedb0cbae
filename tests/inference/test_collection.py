"""What `dalsegno evaluate` takes from a folder, and what it makes of answers, without a model that had to be trained."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from sklearn import metrics

from dalsegno.inference import asked, evaluate
from dalsegno.inference.known import Known
from dalsegno.inference.model import Model
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring.intervals import Params

LABELS = ["disco", "Hip Hop", "hip-hop", "jazz"]


class Named(Model):
    """A model of sound that knows LABELS, and can be asked nothing."""

    labels = LABELS
    of_pictures = False


MODEL = Named("named", [])


def folder(root, *paths):
    """A folder with a short sound at each of these paths."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        sf.write(root / path, np.full(800, 0.1), 8000)
    return root


def test_a_class_is_the_one_named_else_the_same_else_one_that_is_spelt_alike(tmp_path):
    names = ["Hip Hop", "hip-hop", "HIP_HOP", "Jazz", "disco", "nu disco"]
    there = folder(tmp_path, *(f"{name}/1.wav" for name in names))
    found = evaluate.collection(there, MODEL, {"disco": "jazz", "nu disco": "disco"})
    of = {path.parent.name: label for path, label in zip(found.clips["path"], found.clips["label"], strict=True)}
    assert of.pop("HIP_HOP") in ("Hip Hop", "hip-hop")
    assert of == {"Hip Hop": "Hip Hop", "hip-hop": "hip-hop", "Jazz": "jazz", "disco": "jazz", "nu disco": "disco"}


def test_every_file_is_scored_or_counted(tmp_path):
    inside = folder(
        tmp_path / ".x", "jazz/1.wav", "jazz/deep/2.wav", "unlabelled/3.wav", "polka/4.wav", "jazz/.5.wav", "6.wav"
    )
    (inside / "disco").mkdir()
    (inside / "disco/7.wav").touch()
    (inside / "groups.csv").write_text("path,group\njazz/deep/2.wav,trio\njazz/1.wav,\n")
    found = evaluate.collection(inside, MODEL, {})
    clips = [(path.name, label, group) for path, label, group in found.clips.itertuples(index=False)]
    assert sorted(clips) == [("1.wav", "jazz", ""), ("2.wav", "jazz", "trio")]
    assert (found.unlabelled, found.hidden, found.no_counterpart) == (1, 1, {"polka": 1})
    assert sorted(path.name for path, _ in found.unread) == ["6.wav", "7.wav"]


def test_a_folder_without_any_class_is_refused(tmp_path):
    with pytest.raises(UserError, match="every file lies outside of a class folder"):
        evaluate.collection(folder(tmp_path, "unlabelled/1.wav"), MODEL, {})


def test_what_there_is_of_a_file_is_scored_and_silence_is_not(monkeypatch):
    p = np.full(4, 0.25)
    of = {
        "cut": {"p": p, "note": "only 1 s"},
        "silent": {"note": "silent"},
        "broken": {"fault": "no sound"},
        "whole": {"p": p},
    }
    monkeypatch.setattr(
        asked, "answers", lambda _, files, __: iter([asked.Answer(files[0][0], **of[files[0][0].name])])
    )
    found = evaluate.Collection(pd.DataFrame({"path": [Path(name) for name in of]}))
    assert [i for i, _ in evaluate.answered(MODEL, found)] == [0, 3]
    assert (found.cut_off, found.unheard) == ([(Path("cut"), "only 1 s")], [(Path("silent"), "silent")])
    assert found.unread == [(Path("broken"), "no sound")]


@pytest.fixture
def case():
    """120 clips in a shuffled order, which nobody grouped; the answer to 3 is missing, the rest of each ten is what the tests say."""
    rng, paths = np.random.default_rng(1), [Path(f"{i}.wav") for i in np.random.default_rng(0).permutation(120)]
    clips = pd.DataFrame({"path": paths, "label": rng.choice(LABELS, 120), "group": ""})
    answers = [(i, p) for i, p in enumerate(rng.dirichlet(np.ones(4), 120)) if i != 3]
    return evaluate.Collection(clips), answers


def as_known(found, copies=(), **changed):
    """What is known of the clips: all differ but for what is `changed`, their content or their recording by place."""
    paths = list(found.clips["path"])
    content, recordings = ([changed.get(what, {}).get(i, i) for i in range(120)] for what in ("content", "recordings"))
    known = pd.DataFrame([(paths[i], "exact", "x") for i in copies], columns=["path", "kind", "clip"])
    near = pd.DataFrame([(paths[0], paths[1]), (paths[0], paths[3])], columns=["path_a", "path_b"])
    of_path = {path: str(text) for path, text in zip(paths, content, strict=True)}
    return Known(known, near, dict(zip(paths, recordings, strict=True)), (), of_path)


def scored(case, **known):
    return evaluate.scores_apart(MODEL, *case, as_known(case[0], **known), Params(confidence=0.9, resamples=200))


def expected(case, places):
    """Accuracy, macro F1, log-loss and the confusion of the clips at these places, by scikit-learn."""
    found, answers = case
    p = np.stack([p for i, p in answers if i in places])
    y = found.clips["label"].map(LABELS.index)[[i for i, _ in answers if i in places]]
    called, all_four = p.argmax(1), list(range(4))
    values = [metrics.accuracy_score(y, called), metrics.f1_score(y, called, average="macro"), metrics.log_loss(y, p)]
    return values, metrics.confusion_matrix(y, called, labels=all_four).tolist()


def same(scores, case, places):
    values, confusion = expected(case, places)
    found = [scores[name] for name in ("accuracy", "macro_f1", "log_loss")]
    return scores["clips"] == len(places) and np.allclose(found, values) and scores["confusion"] == confusion


def test_scores_are_those_of_scikit_learn_whatever_the_order_of_files(case):
    scores = scored(case)
    assert same(scores, case, set(range(120)) - {3}) and scores["with_known"] is None
    assert (scores["unit"], scores["units"], scores["confidence"]) == ("clip", 119, 0.9)
    assert scores["near"] == [{f"path_{x}": str(case[0].clips["path"][i]) for i, x in enumerate("ab")}]


def test_clips_of_the_training_are_left_out_unless_there_are_no_others(case):
    scores = scored(case, copies=range(60, 120))
    assert same(scores, case, set(range(60)) - {3}) and same(scores["with_known"], case, set(range(120)) - {3})
    scores = scored(case, copies=range(120))
    assert scores["clips"] == 119 and scores["with_known"] is None


def test_exact_copies_count_once_and_not_at_all_where_labels_differ(case):
    clips = case[0].clips
    for places, labels in (((5, 6, 7), ["jazz"] * 3), ((8, 9, 10), ["jazz", "disco", "jazz"]), ((1, 2), ["disco"] * 2)):
        clips.loc[list(places), "label"] = labels
    content = {6: 5, 7: 5, 9: 8, 10: 8, 1: "", 2: ""}  # of the last two nothing is known
    scores = scored(case, content=content)
    assert same(scores, case, set(range(120)) - {3, 6, 7, 8, 9, 10})
    assert (scores["copies"], scores["doubtful"]) == (2, 3)
    case[0].clips["label"] = [LABELS[i % 2] for i in range(120)]
    with pytest.raises(UserError, match="an exact copy in another class"):
        scored(case, content=dict.fromkeys(range(120), 0))


def test_units_are_groups_and_recordings_together(case):
    one = scored(case, recordings={1: 0, 2: 0})
    case[0].clips.loc[[2, 4, 5], "group"] = "trio"
    two = scored(case)
    both = scored(case, recordings={1: 0, 2: 0})
    assert [(of["unit"], of["units"]) for of in (one, two, both)] == [("group", 117), ("group", 117), ("group", 115)]
    case[0].clips["group"] = [f"g{i}" for i in range(120)]
    assert (scored(case)["unit"], scored(case)["units"]) == ("group", 119)


def test_without_an_answer_nothing_is_scored(case):
    with pytest.raises(UserError, match="nothing to score"):
        scored((case[0], []))
