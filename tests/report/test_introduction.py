"""How a model is introduced and listed: by what was really used of its entry."""

import pytest

from dalsegno.report import gains
from dalsegno.report.page.made import entries, introduction
from dalsegno.report.tables import costs

FINETUNED = {
    "input": "spectrograms/mel", "arch": "resnet", "weights": "data/pretrain/notes/model.pt", "unfreeze": "all", "body_lr": 0.5,
    "train": {"epochs": 12}, "control": {"epochs": 50},
}  # fmt: skip
PARAMS = {
    "classical": {"majority": {"estimator": "majority"}, "svm": {"estimator": "svm"}},
    "cnn": {"wave": {"arch": "wave1d", "spectrogram": "raw"}},
    "transfer": {
        "finetuned": FINETUNED,
        "songs": {"input": "embeddings/songs", "arch": "musicnn", "weights": "data/packaged/msd/model.pt"},
        "mine": FINETUNED | {"weights": "weights/mine.pt", "unfreeze": 2},
        "last": FINETUNED
        | {"arch": "torchvision", "model": {"name": "vgg16"}, "weights": "weights/v.pt", "unfreeze": 1},
        "frozen": {"input": "embeddings/vgg", "arch": "torchvision", "weights": "weights/v.pt"},
    },
    "embeddings": {"vgg": {"model": {"name": "vgg16"}}},
    "ensembles": {"both": ["classical/svm", "cnn/wave"]},
    "pretrain": {"notes": {"dataset": {"root": "data/corpus/notes"}}},
    "packaged": {"msd": {"checkpoint": "MSD_musicnn"}},
    "spectrograms": {"mel": {"kind": "logmel"}, "raw": {"kind": "waveform"}},
}
CALLED = {"cnn/wave": "cnn/wave (LEAKY)"}


def listed(name):
    return {setting.path: setting.value for setting in entries.of_model(name, PARAMS).settings}


def test_a_twin_lists_its_own_training_and_no_weights():
    twin, own = listed("transfer/finetuned-scratch"), listed("transfer/finetuned")
    assert twin["train.epochs"] == "50" and own["train.epochs"] == "12"
    assert {"weights", "unfreeze", "body_lr"} <= own.keys() and not {"weights", "unfreeze", "body_lr"} & twin.keys()
    assert not any(path.startswith("control") for path in [*twin, *own])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("classical/majority", "most frequent class"),
        ("classical/svm", "support vector machine on features"),
        ("cnn/wave", "(wave1d) on the waveform itself, trained from scratch"),
        ("transfer/songs", "published weights MSD_musicnn"),
        ("transfer/finetuned", "pretrained on other data (data/corpus/notes) on log-mel spectrograms: all of it is trained further"),
        ("transfer/finetuned-scratch", "same network as transfer/finetuned, trained from scratch"),
        ("transfer/mine", "with the weights weights/mine.pt on log-mel spectrograms: its last 2 blocks are"),
        ("transfer/last", "a network (torchvision vgg16) with the weights weights/v.pt on log-mel spectrograms: its last block is"),
        ("transfer/frozen", "a network (torchvision vgg16) with the weights weights/v.pt makes of each clip"),
        ("ensembles/both", "mean of the probabilities of classical/svm and cnn/wave (LEAKY)"),
    ],
)  # fmt: skip
def test_each_model_is_introduced_in_a_line(name, said):
    assert said in introduction.line(name, PARAMS, CALLED)


def test_a_model_that_params_does_not_name_has_no_line():
    assert introduction.line("cnn/gone", PARAMS, {}) == ""


def test_a_loss_is_given_as_a_loss():
    lost = {"accuracy": -0.092, "low": -0.163, "high": -0.022, "told_apart": True}
    assert gains.gained(lost) == "costs 9.2 points of accuracy (2.2 to 16.3)"


def test_whether_a_gain_may_be_chance_its_p_value_decides():
    by_p = {"accuracy": 0.075, "low": 0.003, "high": 0.179, "p_value": 0.125, "told_apart": False}
    assert gains.gained(by_p) == "gains 7.5 points of accuracy, which may be chance (0.3 to 17.9)"
    sure = {"accuracy": 0.113, "low": -0.014, "high": 0.312, "p_value": 0.008, "told_apart": True}
    assert gains.gained(sure) == "gains 11.3 points of accuracy (between a loss of 1.4 and a gain of 31.2)"


def test_what_cannot_be_is_told_from_what_was_not_measured():
    assert costs.cost({}, "classical/svm", "epochs") == "–"
    assert costs.cost({}, "cnn/conv", "epochs") == "??"
    assert costs.cost({"train_s": 433.0}, "ensembles/three", "train_s") == "433.00"
