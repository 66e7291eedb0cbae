from dalsegno.pipeline import params
from dalsegno.report.paper import complete, method
from dalsegno.report.paper.references import PAPERS, Cited


def topics(name, cite=None):
    doc = complete.complete(params.document("params.yaml"))
    return dict(method.of_model(name, doc, cite or Cited()))


def test_defaults_that_nobody_typed_are_told():
    told = topics("mlp/small")
    assert told["loss"] == "cross entropy"
    assert told["optimiser"].startswith(
        "adamw [4], learning rate 0.001, weight decay 0.01, gradients clipped to norm 5"
    )
    assert told["stopping"].startswith("at most 60 epochs, ends after 15 epochs without a better val_loss")
    assert told["schedule"] == "cosine [5], rising over the first 10% of the steps"
    assert told["augmentation"] == "none"


def test_a_twin_starts_from_random_weights_and_has_the_training_of_its_control():
    model, twin = topics("transfer/finetuned"), topics("transfer/finetuned-scratch")
    assert "all blocks learn" in model["start"] and "random weights" in twin["start"]
    assert model["stopping"].startswith("at most 12 epochs") and twin["stopping"].startswith("at most 50 epochs")


def test_models_without_training_of_ours():
    assert topics("ensembles/three") == {"members": "mean of the probabilities of classical/svm, mlp/small, cnn/conv"}
    assert topics("cnn/gone") == {}
    assert method.of_model("external/keras", {"external": {"keras": {"file": "k.csv"}}}, Cited()) == [
        ("origin", "predictions made elsewhere, taken in from k.csv")
    ]
    assert "C 1; C 3; C 10" in topics("classical/svm")["settings"]


def test_papers_are_numbered_as_they_are_first_cited():
    cite = Cited()
    assert cite("svm", "sklearn") == " [1, 2]"
    assert cite("sklearn", "nothing of the kind") == " [2]"
    assert cite("nothing") == ""
    assert cite.listed() == [PAPERS["svm"], PAPERS["sklearn"]]
