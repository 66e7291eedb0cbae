"""Rows of a feature table are found by their clips, in the order that is asked for."""

import numpy as np
import torch

from dalsegno.artefacts.features_parquet import FeatureTable
from dalsegno.families import mlp
from dalsegno.families.rows import Rows
from dalsegno.pipeline import params

OWNERS = ["b", "a", "a", "c", "a", "b"]
VIEWS = [0, 0, 0, 0, 1, 0]


def rows() -> Rows:
    x = np.arange(6, dtype=np.float32)[:, None]
    return Rows(FeatureTable(x, np.array(OWNERS, dtype=object), ["f"], np.array(VIEWS)), torch.device("cpu"))


def test_examples_are_all_rows_of_the_clips_with_the_clip_of_each():
    examples, owners = rows().examples(["a", "c", "not stored"])
    assert (examples.tolist(), owners) == ([1, 2, 3, 4], ["a", "a", "c", "a"])


def test_augmentation_that_a_table_cannot_take_is_refused_before_anything_is_computed():
    entry = {"arch": "mlp", "model": {}, "augment": {"time_masks": 1}, "train": {}}
    (problem,) = params.parse("mlp.x", entry, mlp.Params)[1]
    assert problem.startswith(
        "mlp.x: augment: tables cannot be augmented by time_masks; set it to 0, or use mixup_alpha"
    )


def test_evaluation_leaves_augmented_views_out():
    batches = list(rows().evaluation(["b", "a"], batch_size=2))
    assert [x.ravel().tolist() for x, _ in batches] == [[0, 1], [2, 5]]
    assert [owners for _, owners in batches] == [["b", "a"], ["a", "b"]]
    assert list(rows().evaluation(["not stored"], 2)) == []
