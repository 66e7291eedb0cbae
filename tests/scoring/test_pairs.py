"""All pairs of models, or the ones that params.yaml asks about."""

import contextlib
import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import fake_runs

from dalsegno.pipeline.errors import UserError
from dalsegno.scoring.statistics import holm

COMPARE = runpy.run_path(str(Path("stages/compare.py").resolve()))["main"]
SKILL = {"classical/majority": None, "mlp/features": 1.2, "cnn/conv": 1.4, "cnn/resnet": 1.6}


def compare(root, args, asked):
    """compare.json, pairs.csv and compare.md where `compare.pairs` is `asked`."""
    path = root / "params.yaml"
    doc = json.loads(path.read_text())
    path.write_text(json.dumps(doc | {"compare": doc["compare"] | {"pairs": asked}}))
    with contextlib.chdir(root):
        COMPARE(*args)
    return json.loads(Path(args[5]).read_text()), pd.read_csv(Path(args[7], "pairs.csv")), Path(args[6]).read_text()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("pairs")
    return root, fake_runs.build(root, skill=SKILL)


def test_holm_counts_the_pairs_that_are_asked(tree):
    _, every, _ = compare(*tree, None)
    found, asked, text = compare(*tree, [["mlp/features", "cnn/resnet"], ["cnn/conv", "mlp/features"]])
    assert len(every) == 6 and len(asked) == 2
    same = every.merge(asked, on=["model", "other"], suffixes=("", "_asked"))
    assert len(same) == 2 and (same["p_value"] == same["p_value_asked"]).all()
    assert np.allclose(asked["p_holm"], holm.adjusted(asked["p_value"].to_numpy()))
    assert (asked["told_apart"] == (asked["p_holm"] < 0.05)).all()
    assert found["verdict"]["letters"] == {} and found["verdict"]["models"] == 4
    assert "over 2 pairs" in text and "share a letter" not in text


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ([["mlp/features", "cnn/resnt"]], r"no model 'cnn/resnt'.*cnn/resnet"),
        ([["cnn/conv", "cnn/conv"]], "are one model"),
        ([["cnn/conv", "mlp/features"], ["mlp/features", "cnn/conv"]], "a pair that stands there twice"),
        ([["cnn/conv"]], "compare.pairs"),
    ],
)
def test_a_pair_that_cannot_be_asked_about_is_refused(tree, asked, message):
    with pytest.raises(UserError, match=message):
        compare(*tree, asked)


def test_no_pair_at_all_leaves_a_table_and_no_sentence(tree):
    found, pairs, text = compare(*tree, [])
    assert pairs.empty and found["verdict"]["pairs"] == 0
    assert "the most of all" in text
