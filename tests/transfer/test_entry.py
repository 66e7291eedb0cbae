"""Parameters of a transfer entry."""

import pytest
from support.transfer_task import TRAIN, TUNED
from torch import nn

from dalsegno.pipeline import params
from dalsegno.transfer.adapting import entry, head


def test_a_head_is_linear_or_has_layers_and_drops_out():
    linear = head.Head(dropout=0.5).build(6, 3)
    assert [type(layer) for layer in linear] == [nn.Dropout, nn.Linear] and linear[0].p == 0.5
    deep = head.Head(widths=(512, 256, 128, 64), dropout=0.2).build(6, 3)
    assert [m.in_features for m in deep if isinstance(m, nn.Linear)] == [6, 512, 256, 128, 64]
    assert [m.p for m in deep if isinstance(m, nn.Dropout)] == [0.2] * 4


@pytest.mark.parametrize("source", ["embeddings/x", "spectrograms/x"])
def test_an_architecture_that_there_is_not_is_named_once_whether_its_settings_are_given_or_not(source):
    """dvc.yaml depends on its file."""
    head = {"input": source, "arch": "resne", "weights": "w.pt", "head": {}, "train": {}}
    tuned = {"model": {}, "view": {}, "augment": {}, "unfreeze": 0, "body_lr": 1.0}
    (problem,) = params.parse("transfer.x", head | (tuned if source.startswith("spec") else {}), entry.Params)[1]
    assert problem.startswith("transfer.x.arch: there is no 'resne' in dalsegno/models/ (did you mean 'resnet'?)")


def test_a_parameter_that_is_missing_or_of_no_use_is_named():
    def problems(**changes):
        raw = {k: v for k, v in (TUNED | changes).items() if v != "gone"}
        return params.parse("transfer.x", raw, entry.Params)[1]

    assert problems() == [] and problems(unfreeze="all", unfreeze_every=2, body_lr_decay=0.4, batch_norm="frozen") == []
    assert problems(model="gone", body_lr="gone") == ["transfer.x.model: is missing", "transfer.x.body_lr: is missing"]
    frozen = problems(input="embeddings/x", dropout=0.5, train=TRAIN | {"epochs": 0})
    assert frozen[0] == 'transfer.x: view, augment, unfreeze, body_lr: of no use where input is "embeddings/x"'
    assert frozen[1:] == [
        "transfer.x.train.epochs: should be greater than or equal to 1, got 0",
        "transfer.x.dropout: there is no such parameter",
    ]
    assert problems(input="features") == [
        'transfer.x: input is "features"; it must begin with embeddings/ or spectrograms/'
    ]
    assert "must begin with embeddings/" in problems(input="gone")[0]
    assert problems(probe=0.1) == [] and problems(probe=0.1, head={"widths": [8]})[0].endswith("leave one of them out")
    assert problems(body_lr_decay=1.5) and problems(unfreeze_every=0)
    (late,) = problems(unfreeze=1, unfreeze_every=2)
    assert (
        late.startswith("transfer.x: unfreeze_every is 2, so the last of 1 block would") and "train.epochs is 2" in late
    )
    assert problems(control=TRAIN) == [] and problems(control=True)[0].startswith(
        "transfer.x.control: should be an object"
    )
    assert "control.seeds is [1], but train.seeds is [0]" in problems(control=TRAIN | {"seeds": [1]})[0]
