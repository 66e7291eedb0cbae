"""Models together: mean probabilities by clip, fold and seed, in the comparison as any other model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import fake_runs

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import ensembles


def rows(seeds, p, clips=("a", "b")):
    """A table of one fold in which every clip has the probability `p` of the first of two classes."""
    frames = [pd.DataFrame({"clip_id": clips, "fold": 0, "seed": s, "p_x": p, "p_y": 1 - p}) for s in seeds]
    return pd.concat(frames, ignore_index=True)


def test_the_mean_is_taken_by_clip_fold_and_seed():
    both = ensembles.mean("e", {"one": rows([0, 1], np.array([0.2, 0.6])), "other": rows([0, 1], np.array([0.4, 1.0]))})
    assert both.set_index(["clip_id", "seed"])["p_x"].to_dict() == pytest.approx(
        {("a", 0): 0.3, ("b", 0): 0.8, ("a", 1): 0.3, ("b", 1): 0.8}
    )


def test_a_member_with_one_seed_stands_beside_each_seed_of_the_others():
    both = ensembles.mean("e", {"one": rows([0], np.array([0.2, 0.6])), "other": rows([3, 5], np.array([0.4, 1.0]))})
    assert sorted(both["seed"].unique()) == [3, 5] and len(both) == 4
    single = ensembles.mean("e", {"one": rows([0], 0.2), "other": rows([4], 0.4)})
    assert list(single["p_x"]) == pytest.approx([0.3, 0.3])
    with pytest.raises(UserError, match=r"one has the seeds \[0, 1\], another member has \[0, 1, 2\]"):
        ensembles.mean("e", {"one": rows([0, 1], 0.2), "other": rows([0, 1, 2], 0.4)})


def test_a_clip_that_one_member_did_not_predict_is_not_predicted_by_all():
    both = ensembles.mean("e", {"one": rows([0], 0.2, ["a"]), "other": rows([0], 0.4)})
    assert list(both["clip_id"]) == ["a"]


def test_columns_are_joined_by_class_and_not_by_place():
    swapped = rows([0], 0.4)[["clip_id", "fold", "seed", "p_y", "p_x"]]
    assert list(ensembles.mean("e", {"one": rows([0], 0.2), "other": swapped})["p_x"]) == pytest.approx([0.3, 0.3])


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (["cnn/conv", "cnn/con"], "ensembles.e: there is no model 'cnn/con' \\(did you mean 'cnn/conv'"),
        (["cnn/conv", "cnn/conv"], "ensembles.e: 'cnn/conv' stands there twice"),
    ],
)
def test_a_member_that_is_none_is_refused(entry, says):
    with pytest.raises(UserError, match=says):
        ensembles.members({"e": entry}, ["cnn/conv", "mlp/small"])


@pytest.mark.parametrize("raw", [{"../e": ["a/b", "c/d"]}, {"e": ["a/b"]}, {"e": "a/b"}, []])
def test_what_is_no_ensemble_is_refused_when_read(raw):
    assert params.parse("ensembles", raw, ensembles.Entries)[1]


def test_it_is_compared_like_any_other_model(tmp_path):
    args = fake_runs.build(tmp_path, skill={"classical/svm": 1.0, "mlp/small": 1.2, "cnn/conv": 1.2})
    fake_runs.write_params(tmp_path, ["classical/svm", "mlp/small", "cnn/conv"], {"all": ["classical/svm", "cnn/conv"]})
    models = fake_runs.compared(tmp_path, args)["models"]
    of = {
        m: predictions_parquet.read(tmp_path / f"runs/{m}/predictions.parquet") for m in ("classical/svm", "cnn/conv")
    }
    right = []
    for seed in (0, 1, 2):
        one, other = of["classical/svm"], of["cnn/conv"]
        other = other[other["seed"] == seed]
        columns = [f"p_{c}" for c in fake_runs.CLASSES]
        test = (one["split"] == "test").to_numpy()
        mean = one[columns].to_numpy()[test] + other[columns].to_numpy()[test]
        right.append((mean.argmax(1) == one.loc[test, "label"].map(fake_runs.CLASSES.index)).mean())
    assert models["ensembles/all"]["accuracy"] == pytest.approx(np.mean(right), abs=1e-6)
    assert models["ensembles/all"]["train_s"] == pytest.approx(
        models["classical/svm"]["train_s"] + models["cnn/conv"]["train_s"], rel=5e-3
    )
    pairs = pd.read_csv(Path(args[7], "pairs.csv"))
    assert "ensembles/all" in set(pairs["model"]) | set(pairs["other"])


def test_what_is_said_of_members_names_them():
    """Once, where it is said of several; an ensemble was not trained elsewhere because one member was."""
    elsewhere, knew = "It was trained elsewhere.", "Its weights knew 3 scored clips."
    known = {"external/a": {"notes": [elsewhere]}, "external/b": {"notes": [elsewhere]},
             "external/d": {"notes": [elsewhere]}, "cnn/c": {"leaks": [knew]}}  # fmt: skip
    assert ensembles.together(known) == {
        "leaks": [f"About cnn/c: {knew}"],
        "notes": [f"About external/a, external/b and external/d: {elsewhere}"],
    }
