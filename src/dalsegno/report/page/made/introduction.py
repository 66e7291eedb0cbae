"""One plain line on each model, made from its settings: what it is, what it is given, and what it was trained on."""

from collections.abc import Mapping
from typing import Any

from dalsegno.artefacts.model_name import SCRATCH
from dalsegno.pipeline.errors import joined
from dalsegno.transfer import published

ESTIMATORS = {
    "logistic": "Logistic regression", "svm": "A support vector machine", "knn": "The nearest training clips",
    "forest": "A random forest",
}  # fmt: skip
KINDS = {
    "logmel": "log-mel spectrograms", "stft": "spectrograms (STFT)", "waveform": "the waveform itself",
    "image": "pictures of spectrograms",
}  # fmt: skip
FEATURES = "features that summarise each clip"


def line(name: str, params: dict[str, Any], called: Mapping[str, str]) -> str:
    """The line on a model; empty for one that params.yaml does not name.

    name: <family>/<key>, as in compare.json; params: as of `Sources`; called: the name under which each model stands.
    """
    family, key = name.split("/", 1)
    entries = params.get(family) or {}
    if key not in entries and key.removesuffix(SCRATCH) in entries:
        original = name.removesuffix(SCRATCH)
        return f"The same network as {called.get(original, original)}, trained from scratch: it starts from random weights."
    entry = entries.get(key)
    if not entry:
        return ""
    if family == "ensembles":
        return f"An ensemble: the mean of the probabilities of {joined(called.get(one, one) for one in entry)}."
    if family == "external":
        return f"Predictions made elsewhere, read from {entry['file']}."
    if family == "classical":
        return _classical(entry)
    if family == "mlp":
        return f"A network of fully connected layers on {FEATURES}, trained from scratch."
    if family == "cnn":
        return f"A neural network ({entry.get('arch')}) on {_spectrogram(entry.get('spectrogram'), params)}, trained from scratch."
    return _transfer(entry, params) if "weights" in entry else ""


def _classical(entry: dict[str, Any]) -> str:
    estimator = entry.get("estimator")
    if estimator == "majority":
        return (
            "Always names the most frequent class of its training clips, which any model has to beat. If classes are about "
            "equally large, that class is rarer among the other clips, so this can be less accurate than guessing."
        )
    return f"{ESTIMATORS.get(str(estimator), f'{estimator} of scikit-learn')} on {FEATURES}."


def _transfer(entry: dict[str, Any], params: dict[str, Any]) -> str:
    section, _, key = entry.get("input", "").partition("/")
    network = f"a network ({_kind(entry, params)}) {_origin(str(entry['weights']), params)}"
    if section == "embeddings":
        return f"New last layers on what {network} makes of each clip; that network stays as it is."
    learns = entry.get("unfreeze")
    what = {"all": "all of it is", 0: "only its last layer is", 1: "its last block is"}.get(
        learns, f"its last {learns} blocks are"
    )
    return f"Fine-tuning of {network} on {_spectrogram(key, params)}: {what} trained further."


def _kind(entry: dict[str, Any], params: dict[str, Any]) -> str:
    """The architecture, with the name of the network where it has many; a frozen one is named by its embeddings."""
    section, _, key = entry.get("input", "").partition("/")
    of = (params.get(section) or {}).get(key) or {} if section == "embeddings" else entry
    name = (of.get("model") or {}).get("name")
    return " ".join(map(str, filter(None, (entry.get("arch"), name))))


def _origin(weights: str, params: dict[str, Any]) -> str:
    """Where the weights of a backbone come from, by the path at which the stages leave them."""
    *_, section, key, _ = ["", "", *weights.split("/")]
    found = (params.get(section) or {}).get(key) or {}
    if section == "pretrain" and found:
        return f"that was pretrained on other data ({found['dataset']['root']})"
    if section == "packaged" and found:
        return f"with the published weights {published.described(found['checkpoint'])}"
    return f"with the weights {published.described(weights)}"


def _spectrogram(key: str | None, params: dict[str, Any]) -> str:
    kind = str(((params.get("spectrograms") or {}).get(key) or {}).get("kind", key))
    return KINDS.get(kind, f"spectrograms ({kind})")
