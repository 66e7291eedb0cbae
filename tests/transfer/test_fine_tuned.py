"""Fine-tuning: which blocks learn, how the head starts, and a twin that fails."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from support.easy_task import LABELS, easy_splits
from support.transfer_task import OURS, TRAIN, TUNED, left, refuse, tuned

from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.transfer.adapting import entry, fine_tuned


def test_more_blocks_than_there_are_cannot_learn(here):
    with pytest.raises(UserError, match=r"transfer.x: unfreeze is 11, but torchvision has 10 blocks"):
        tuned(unfreeze=11)
    with pytest.raises(
        UserError, match=r"the last of 2 blocks would begin to learn after epoch 2, but train.epochs is 2"
    ):
        tuned(unfreeze=2, unfreeze_every=1)
    assert left() == []


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"unfreeze": 2}, False),  # the dense layer and the average
        ({"unfreeze": 3}, True),
        ({"unfreeze": "all", "batch_norm": "frozen"}, False),
        ({"unfreeze": 4, "unfreeze_every": 1}, True),  # in the end
    ],
)
def test_batches_of_one_are_refused_only_where_batch_norm_would_take_their_statistics(here, changes, refused):
    one = {"train": TRAIN | {"batch_size": 1, "epochs": 5, "lr": 1e-4}}
    with pytest.raises(UserError, match="batches of one") if refused else nullcontext():
        tuned(**OURS | changes | one)


@pytest.mark.parametrize("n_labels", [2, 3])
def test_a_probed_head_starts_as_a_logistic_regression_on_frozen_embeddings(here, n_labels):
    splits = easy_splits()
    splits = splits[splits["label"].isin(["", *LABELS[:n_labels]])]
    p, problems = params.parse("transfer.x", TUNED | OURS | {"probe": 0.1}, entry.Params)
    assert problems == []
    job = fine_tuned.prepare(p, "store", splits, torch.device("cpu")).job
    labels = splits[splits["fold0"] == "train"].set_index("clip_id")["label"]
    model = job.build(0, list(labels.index)).model.eval()
    with torch.no_grad():
        x, owners = zip(*job.source.evaluation(list(labels.index), 256), strict=True)
        e, p = model.net.body(model.prep(torch.cat(x))).numpy(), model(torch.cat(x)).softmax(1).numpy()
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    wanted = fitted.fit(e, labels[np.concatenate(owners)]).predict_proba(e)
    np.testing.assert_allclose(p, wanted, atol=2e-3)
    assert wanted.max(1).mean() > 1.2 / n_labels  # it says something


def test_a_twin_that_fails_takes_the_whole_run_with_it(here, monkeypatch):
    monkeypatch.setattr(fine_tuned, "from_scratch", lambda p, model: refuse(p, model, None))
    with pytest.raises(ValueError, match="32000"):
        tuned(control=TRAIN)
    assert left() == []
