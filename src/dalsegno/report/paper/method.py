"""How each model was made, in words: one line for each thing that a reader of a paper looks for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dalsegno.pipeline.errors import joined
from dalsegno.report.paper import entry as entry_of
from dalsegno.report.paper.references import Cited
from dalsegno.report.settings.phrases import FEATURES, is_on, listed, metric, plain
from dalsegno.transfer import published

SAID = frozenset({"optimizer", "lr", "momentum", "weight_decay", "clip_norm", "schedule", "warmup", "plateau_factor",
                  "plateau_patience", "loss", "label_smoothing", "seeds", "epochs", "batch_size", "monitor", "patience", "curves"})  # fmt: skip
"""Settings of `train:` that the sentences below hold, and what is only drawn; the others follow as they are called."""
ONE_OFF = ("time_mask_share", "frequency_mask_share")  # they say how wide masks are, of which there may be none

FROM_TABLE = "the features described at the head of this section"
ESTIMATORS = {"logistic": "logistic regression", "svm": "support-vector machine", "knn": "nearest neighbours", "forest": "random forest"}  # fmt: skip
OPTIMISERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSProp"}
LEARNING = {
    "body_lr_decay": "times {:g} from each block to the one below it", "unfreeze_every": "one more block after every {} epochs",
    "batch_norm": "statistics of batch normalisation {}",
}  # fmt: skip
"""How a backbone learns, where an entry says so."""

Topic = tuple[str, str]


def of_model(name: str, doc: dict[str, Any], cite: Cited) -> list[Topic]:
    """(topic, what was done) of a model. doc: params.yaml with its defaults; empty for what it does not name."""
    family, key = name.split("/", 1)
    entry = entry_of.of_model(name, doc)
    if isinstance(entry, list):
        return [("members", f"mean of the probabilities of {joined(entry)}")]
    if not entry or not isinstance(entry, dict):
        return []
    if family == "external":
        return [("origin", f"predictions made elsewhere, taken in from {entry['file']}")]
    if family == "classical":
        return list(_classical(entry, cite))
    twin = key not in doc[family]
    return list(_network(family, entry, twin, doc, cite))


def _classical(entry: dict[str, Any], cite: Cited) -> Iterator[Topic]:
    if entry["estimator"] == "majority":
        yield "estimator", "the class with most training clips, whatever the clip: what is reached without listening"
        return
    yield "input", FROM_TABLE
    yield (
        "estimator",
        f"{ESTIMATORS.get(entry['estimator'], entry['estimator'])}{cite(entry['estimator'])} on standardised features, by scikit-learn{cite('sklearn')}",
    )
    tried = [listed(options) for options in entry["grid"] if options]
    if tried:
        yield "settings", f"the best on the validation part among {'; '.join(tried)}"
    yield from _seeds(entry["seeds"])


def _network(family: str, entry: dict[str, Any], twin: bool, doc: dict[str, Any], cite: Cited) -> Iterator[Topic]:
    yield "input", _input(family, entry, doc)
    arch, model = str(entry["arch"]), entry.get("model") or _embedding(entry, doc).get("model") or {}
    if "dense" in model and not model["dense"]:  # no hidden layer that dropout could follow
        model = {name: value for name, value in model.items() if name != "dropout"}
    dropout = cite("dropout") if is_on(model.get("dropout")) else ""
    yield (
        "network",
        f"{arch}{cite(*_methods([arch, *map(str, model.values())]))}"
        + (f": {listed(model)}{dropout}" if model else ""),
    )
    if "head" in entry:
        yield "head", ("" if is_on(entry["head"].get("widths")) else "one linear layer, ") + listed(entry["head"])
    if "weights" in entry:
        yield (
            "start",
            "random weights instead of pretrained ones: the control of the fine-tuned model" if twin else _start(entry),
        )
    if "view" in entry:
        whole = entry["view"].get("evaluate") == "whole"  # then there is one window, and nothing to vote on
        yield "view", listed({k: v for k, v in entry["view"].items() if k != "vote" or not whole})
    if "pca" in entry and entry["pca"] is not None:
        yield "principal components", plain(entry["pca"])
    if "augment" in entry:
        yield "augmentation", _augmentation(entry["augment"], cite)
    train = entry.get("control") if twin else entry["train"]
    yield from _training(train or entry["train"], cite)


def _training(train: dict[str, Any], cite: Cited) -> Iterator[Topic]:
    smoothing = train.get("label_smoothing")
    smoothed = f", labels smoothed by {smoothing:g}{cite('smoothing')}" if smoothing else ""
    rest = listed({k: v for k, v in train.items() if k not in SAID and is_on(v)})
    yield "loss", f"{str(train['loss']).replace('_', ' ')}{smoothed}" + (f"; {rest}" if rest else "")
    decay = f", weight decay {train['weight_decay']:g}" if train.get("weight_decay") else ""
    clip = f", gradients clipped to norm {train['clip_norm']:g}" if train.get("clip_norm") else ""
    momentum = f", momentum {train['momentum']:g}" if train.get("momentum") is not None else ""
    yield (
        "optimiser",
        f"{OPTIMISERS.get(train['optimizer'], train['optimizer'])}{cite(train['optimizer'])}{momentum}{clip}",
    )
    yield "learning rate", f"{train['lr']:g}{decay}"
    yield "schedule", _schedule(train, cite)
    yield "batch size", str(train["batch_size"])
    patience = train.get("patience")
    better = f"without a better {metric(train['monitor'])}"
    stop = f"ended after {patience} {better}" if patience else "no early stopping"
    yield "epochs", f"at most {train['epochs']}, {stop}"
    yield "epoch kept", f"the one with the best {metric(train['monitor'])}"
    yield from _seeds(train["seeds"])


def _seeds(seeds: list[int]) -> Iterator[Topic]:
    yield "runs", f"{len(seeds)} per fold, with seed {plain(seeds)}"


def _schedule(train: dict[str, Any], cite: Cited) -> str:
    schedule = train["schedule"]
    if schedule == "plateau":
        return f"the rate times {train['plateau_factor']:g} after {train['plateau_patience']} epochs without a better metric"
    rise = f", rising over the first {train['warmup']:.0%} of the steps" if schedule in ("cosine", "onecycle") else ""
    return f"{schedule}{cite(schedule)}{rise}"


def _input(family: str, entry: dict[str, Any], doc: dict[str, Any]) -> str:
    if family == "mlp":
        return FROM_TABLE
    section, _, key = str(entry.get("input", f"spectrograms/{entry.get('spectrogram')}")).partition("/")
    found = (doc.get(section) or {}).get(key) or {}
    if section == "spectrograms":
        return f"the spectrograms {key}"
    seen = listed(found.get("view") or {}) or "whole clips"
    return (
        f"embeddings {key}: what the frozen network makes of {seen} of the spectrograms {found.get('spectrogram', key)}"
    )


def features(doc: dict[str, Any], cite: Cited) -> str:
    """The table of features in a sentence; empty if no model reads it."""
    p = doc.get("features") or {}
    if not p or (not any(name != "majority" for name in doc.get("classical") or {}) and not doc.get("mlp")):
        return ""
    if p.get("source") == "csv":
        return f"Features are those of a ready-made table, {p['table']}."
    over = "the clip" if p.get("segments", 1) == 1 else f"each of {p['segments']} segments of a clip"
    names, stats = ([FEATURES.get(word, word) for word in map(str, p.get(key, []))] for key in ("use", "stats"))
    names = [name + (cite("mfcc") if name == "MFCC" else "") for name in names]
    return (
        f"The features are {', '.join(names)}, each as {joined(stats)} over {over}, computed as librosa does"
        f"{cite('librosa')} at {p.get('sample_rate_hz')} Hz in frames of {p.get('n_fft')} samples with a hop length of {p.get('hop_length')} samples."
    )


def _start(entry: dict[str, Any]) -> str:
    learns = entry.get("unfreeze")
    if learns is None:
        return f"{_weights(entry)}, frozen; a new head is trained"
    depth = {"all": "all blocks learn", 0: "only the head learns", 1: "the last block learns"}.get(
        learns, f"the last {learns} blocks learn"
    )
    rate = f", the backbone at {entry['body_lr']:g} times the learning rate" if learns else ""
    others = "".join(f", {words.format(entry[name])}" for name, words in LEARNING.items() if learns and entry.get(name))
    probe = f"; the head starts as a logistic regression (C = {entry['probe']:g})" if entry.get("probe") else ""
    return f"{_weights(entry)}; {depth}{rate}{others}{probe}"


def _embedding(entry: dict[str, Any], doc: dict[str, Any]) -> dict[str, Any]:
    """The entry of the embeddings that a head is put on, if it is put on some."""
    section, _, key = str(entry.get("input", "")).partition("/")
    return (doc.get("embeddings") or {}).get(key) or {} if section == "embeddings" else {}


def _weights(entry: dict[str, Any]) -> str:
    """The weights by the entry that makes them, if one does."""
    folder = Path(entry["weights"]).parent
    made = folder.parent in (Path("data/pretrain"), Path("data/packaged"))
    return f"the weights of {folder.relative_to('data').as_posix()}" if made else published.described(entry["weights"])


def _augmentation(augment: dict[str, Any], cite: Cited) -> str:
    used = {k: v for k, v in augment.items() if is_on(v) and k not in ONE_OFF}
    cited = cite(*(["masks"] * any("masks" in k for k in used)), *(["mixup"] * ("mixup_alpha" in used)))
    return listed(used) + cited if used else "none"


def _methods(words: list[str]) -> list[str]:
    return [key for word in words for key in ("resnet", "vgg", "lenet", "squeezenet", "efficientat", "efficientnet", "musicnn", "ast")
            if word == key or word.startswith(f"{key}_") or (key != "ast" and word.startswith(key))]  # fmt: skip
