"""The paper's table of how a model was made: defaults, twins from scratch, and numbered references."""

from dataclasses import asdict

import pytest

from dalsegno.artefacts import settings_json
from dalsegno.families import classical, mlp
from dalsegno.families.convolutional import cnn
from dalsegno.pipeline import params
from dalsegno.report import complete
from dalsegno.report.paper import method
from dalsegno.report.paper.references import PAPERS, Cited
from dalsegno.report.settings.phrases import listed
from dalsegno.transfer.adapting import entry

ENTRIES = {"classical": classical.Params, "mlp": mlp.Params, "cnn": cnn.Params, "transfer": entry.Params}


@pytest.fixture(scope="module")
def doc(tmp_path_factory):
    """params.yaml of the repository, but for the epochs of a twin, completed by what its models' stages would have written."""
    doc, runs = params.document("params.yaml"), tmp_path_factory.mktemp("runs")
    doc["transfer"]["finetuned"]["control"]["epochs"] = 40
    for family, cls in ENTRIES.items():
        for key, raw in doc[family].items():
            (runs / family / key).mkdir(parents=True)
            value, problems = params.parse(f"{family}.{key}", raw, cls)
            assert problems == []
            settings_json.write(runs / family / key, asdict(value), None, None)
    return complete.complete(doc, runs)


@pytest.fixture
def topics(doc):
    return lambda name: dict(method.of_model(name, doc, Cited()))


def test_defaults_that_nobody_typed_are_told(topics):
    told = topics("mlp/small")
    assert told["loss"] == "cross entropy"
    assert told["optimiser"] == "AdamW [2], gradients clipped to norm 5"
    assert told["learning rate"] == "0.001, weight decay 0.01"
    assert told["epochs"] == "at most 60, ended after 15 without a better validation loss"
    assert told["epoch kept"] == "the one with the best validation loss"
    assert told["schedule"] == "cosine [3], rising over the first 10% of the steps"
    assert told["augmentation"] == "none"


def test_a_backbone_that_learns_nothing_has_no_rate_and_a_clip_seen_whole_no_vote(doc):
    tuned = doc["transfer"]["finetuned"]
    train = tuned["train"] | {"curves": ["weighted_f1"]}
    view = tuned["view"] | {"evaluate": "whole", "vote": "mean"}
    told = dict(method.of_model("transfer/finetuned", {"transfer": {"finetuned": tuned | {"unfreeze": 0, "view": view, "train": train}}}, Cited()))  # fmt: skip
    assert told["start"].endswith("; only the head learns")
    assert "seen whole" in told["view"] and "averaged" not in told["view"]
    assert "weighted" not in str(told)  # what is only drawn is no part of how it was made


def test_how_a_backbone_learns_is_told_with_all_that_the_entry_says(doc):
    tuned = doc["transfer"]["finetuned"] | {"unfreeze": 1, "probe": 0.03, "body_lr_decay": 0.5, "batch_norm": "frozen"}
    told = dict(method.of_model("transfer/finetuned", {"transfer": {"finetuned": tuned}}, Cited()))
    assert told["start"].endswith(
        "the last block learns, the backbone at 0.5 times the learning rate, times 0.5 from each block to the one below it, "
        "statistics of batch normalisation frozen; the head starts as a logistic regression (C = 0.03)"
    )


def test_a_head_on_embeddings_names_the_network_that_made_them(doc):
    made = {"spectrogram": "logmel", "model": {"name": "squeezenet1_0"}, "view": {}}
    told = dict(method.of_model("transfer/frozen", doc | {"embeddings": {"net": made}, "transfer": {"frozen": doc["transfer"]["frozen"] | {"model": None, "input": "embeddings/net"}}}, Cited()))  # fmt: skip
    assert told["network"].endswith("]: squeezenet1_0")


def test_settings_have_their_units_in_words():
    assert (
        listed({"gain_db": 6.0, "bins": 128, "frame_rate_hz": 12.9})
        == "gains of up to 6 dB, 128 bins, 12.9 frames per second"
    )


def test_features_have_the_names_of_the_field():
    doc = {"mlp": {"a": {}}, "features": {"use": ["mfcc", "zcr", "tempo"], "stats": ["mean", "std"]}}
    assert "are MFCC [1], zero-crossing rate, tempo, each as mean and standard deviation over" in method.features(doc, Cited())  # fmt: skip


def test_dropout_is_not_claimed_where_no_hidden_layer_has_it(topics):
    assert "global average pooling" in topics("cnn/conv")["network"] and "dropout" not in topics("cnn/conv")["network"]
    assert "dropout 0.3" in topics("mlp/small")["network"]


def test_a_twin_starts_from_random_weights_and_has_the_training_of_its_control(topics):
    model, twin = topics("transfer/finetuned"), topics("transfer/finetuned-scratch")
    assert "all blocks learn" in model["start"] and "random weights" in twin["start"]
    assert model["epochs"].startswith("at most 50,") and twin["epochs"].startswith("at most 40,")


def test_models_without_training_of_ours(topics):
    assert topics("ensembles/three") == {
        "members": "mean of the probabilities of classical/svm, mlp/small and cnn/conv"
    }
    assert topics("cnn/gone") == {}
    assert method.of_model("external/keras", {"external": {"keras": {"file": "k.csv"}}}, Cited()) == [
        ("origin", "predictions made elsewhere, taken in from k.csv")
    ]
    assert "C = 1; C = 3; C = 10" in topics("classical/svm")["settings"]


def test_papers_are_numbered_as_they_are_first_cited():
    cite = Cited()
    assert cite("svm", "sklearn") == " [1, 2]"
    assert cite("sklearn", "nothing of the kind") == " [2]"
    assert cite("nothing") == ""
    assert cite.listed() == [PAPERS["svm"], PAPERS["sklearn"]]
