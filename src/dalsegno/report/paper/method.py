"""How each model was made, in words: one line for each thing that a reader of a paper looks for."""

import json
from collections.abc import Iterator
from typing import Any

from dalsegno.artefacts.model_name import SCRATCH
from dalsegno.report.paper.references import Cited

SAID = frozenset({"optimizer", "lr", "momentum", "weight_decay", "clip_norm", "schedule", "warmup", "plateau_factor",
                  "plateau_patience", "loss", "label_smoothing", "seeds", "epochs", "batch_size", "monitor", "patience"})  # fmt: skip
"""Settings of `train:` that the sentences below hold; the others follow as they are called."""
ONE_OFF = ("time_mask_share", "frequency_mask_share")  # they say how wide masks are, of which there may be none

Topic = tuple[str, str]


def of_model(name: str, doc: dict[str, Any], cite: Cited) -> list[Topic]:
    """(topic, what was done) of a model. doc: params.yaml with its defaults; empty for what it does not name."""
    family, key = name.split("/", 1)
    entries = doc.get(family) or {}
    entry = entries.get(key, entries.get(key.removesuffix(SCRATCH)))
    if isinstance(entry, list):
        return [("members", f"mean of the probabilities of {', '.join(entry)}")]
    if not entry or not isinstance(entry, dict):
        return []
    if family == "external":
        return [("origin", f"predictions made elsewhere, taken in from {entry['file']}")]
    if family == "classical":
        return list(_classical(entry, doc, cite))
    twin = key not in entries
    return list(_network(family, entry, twin, doc, cite))


def _classical(entry: dict[str, Any], doc: dict[str, Any], cite: Cited) -> Iterator[Topic]:
    yield "input", _features(doc, cite)
    yield (
        "estimator",
        f"{entry['estimator']} of scikit-learn{cite(entry['estimator'], 'sklearn')}, standardised features",
    )
    tried = [_listed(options) for options in entry["grid"] if options]
    if tried:
        yield "settings", f"the best on the validation part of {'; '.join(tried)}"
    yield "seeds", _plain(entry["seeds"])


def _network(family: str, entry: dict[str, Any], twin: bool, doc: dict[str, Any], cite: Cited) -> Iterator[Topic]:
    yield "input", _input(family, entry, doc, cite)
    arch, model = str(entry["arch"]), entry.get("model") or {}
    used = [arch, *map(str, model.values()), *(["dropout"] if _any(model.get("dropout")) else [])]
    yield "network", f"{arch}{cite(*_methods(used))}" + (f": {_listed(model)}" if model else "")
    if "head" in entry:
        yield "head", _listed({k: v for k, v in entry["head"].items() if _any(v)}) or "linear"
    if "weights" in entry:
        yield "start", "random weights, the twin of the model without this ending" if twin else _start(entry)
    if "view" in entry:
        yield "view", _listed(entry["view"])
    if "pca" in entry and entry["pca"] is not None:
        yield "principal components", _plain(entry["pca"])
    if "augment" in entry:
        yield "augmentation", _augmentation(entry["augment"], cite)
    train = entry.get("control") if twin else entry["train"]
    yield from _training(train or entry["train"], cite)


def _training(train: dict[str, Any], cite: Cited) -> Iterator[Topic]:
    smoothing = train.get("label_smoothing")
    smoothed = f", labels smoothed by {smoothing:g}{cite('smoothing')}" if smoothing else ""
    rest = _listed({k: v for k, v in train.items() if k not in SAID and _any(v)})
    yield "loss", f"{str(train['loss']).replace('_', ' ')}{smoothed}" + (f"; {rest}" if rest else "")
    decay = f", weight decay {train['weight_decay']:g}" if train.get("weight_decay") else ""
    clip = f", gradients clipped to norm {train['clip_norm']:g}" if train.get("clip_norm") else ""
    momentum = f", momentum {train['momentum']:g}" if train.get("momentum") is not None else ""
    yield (
        "optimiser",
        (
            f"{train['optimizer']}{cite(train['optimizer'])}, learning rate {train['lr']:g}{momentum}{decay}{clip}, "
            f"batches of {train['batch_size']}"
        ),
    )
    yield "schedule", _schedule(train, cite)
    patience = train.get("patience")
    stop = f"ends after {patience} epochs without a better {train['monitor']}" if patience else "no early stopping"
    yield "stopping", f"at most {train['epochs']} epochs, {stop}; the epoch with the best {train['monitor']} is kept"
    yield "seeds", _plain(train["seeds"])


def _schedule(train: dict[str, Any], cite: Cited) -> str:
    schedule = train["schedule"]
    if schedule == "plateau":
        return f"the rate times {train['plateau_factor']:g} after {train['plateau_patience']} epochs without a better metric"
    rise = f", rising over the first {train['warmup']:.0%} of the steps" if schedule in ("cosine", "onecycle") else ""
    return f"{schedule}{cite(schedule)}{rise}"


def _input(family: str, entry: dict[str, Any], doc: dict[str, Any], cite: Cited) -> str:
    if family == "mlp":
        return _features(doc, cite)
    section, _, key = str(entry.get("input", f"spectrograms/{entry.get('spectrogram')}")).partition("/")
    found = (doc.get(section) or {}).get(key) or {}
    if section == "spectrograms":
        return f"{found.get('kind', key)} ({_listed(found.get('options') or {})})"
    return f"embeddings of the frozen network over {_listed(found.get('view') or {}) or 'whole clips'} of {found.get('spectrogram', key)}"


def _features(doc: dict[str, Any], cite: Cited) -> str:
    p = doc.get("features") or {}
    if p.get("source") == "csv":
        return f"a ready-made table of features, {p['table']}"
    names = [str(name).replace("_", " ") for name in p.get("use", [])]
    return (
        f"{', '.join(names)}{cite('mfcc') if 'mfcc' in names else ''}, as {_plain(p.get('stats', []))} over "
        f"{'the clip' if p.get('segments', 1) == 1 else 'each of ' + str(p['segments']) + ' segments'}; "
        f"{p.get('sample_rate_hz')} Hz, frames of {p.get('n_fft')} every {p.get('hop_length')} samples{cite('librosa')}"
    )


def _start(entry: dict[str, Any]) -> str:
    learns = entry.get("unfreeze")
    if learns is None:
        return f"{entry['weights']}, frozen; a new head is trained"
    depth = (
        "all blocks learn"
        if learns == "all"
        else f"the last {learns} blocks learn"
        if learns
        else "only the head learns"
    )
    return f"{entry['weights']}; {depth}, the body at {entry['body_lr']:g} of the rate"


def _augmentation(augment: dict[str, Any], cite: Cited) -> str:
    used = {k: v for k, v in augment.items() if _any(v) and k not in ONE_OFF}
    cited = cite(*(["masks"] * any("masks" in k for k in used)), *(["mixup"] * ("mixup_alpha" in used)))
    return _listed(used) + cited if used else "none"


def _methods(words: list[str]) -> list[str]:
    return [key for word in words for key in ("resnet", "vgg", "lenet", "squeezenet", "efficientat", "efficientnet", "musicnn", "ast", "dropout")
            if word == key or word.startswith(f"{key}_") or (key != "ast" and word.startswith(key))]  # fmt: skip


def _listed(values: dict[str, Any]) -> str:
    """`crop s 3, normalise bin`: what is set, without what is off."""
    shown = {k: v for k, v in values.items() if v is not None and v is not False and v != ()}
    return ", ".join(f"{k.replace('_', ' ')} {_plain(v)}" for k, v in shown.items())


def _any(value: Any) -> bool:
    return any(map(_any, value)) if isinstance(value, list | tuple) else bool(value)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return "{" + _listed(value) + "}"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
