"""What models are made from, features, spectrograms, embeddings and pretrained weights, and what it took to make them."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from dalsegno.artefacts import input_cost, settings_json

OF_FEATURES, PRETRAIN = ("classical", "mlp"), "pretrain"
TAKEN = ("s", "ms_per_clip", "train_s", "val_accuracy", "clips", "classes", "parameters", "best_epoch", "epochs", "of")
"""What compare.json has of what is known of an input."""


def read(folders: Mapping[str, Path], members: Mapping[str, list[str]]) -> dict[str, list[str] | None]:
    """What each model reads and starts from, by names such as spectrograms/logmel; None where it is not known.

    folders: of the models that were trained here; members: the models of each ensemble.
    """
    found = {name: _of_model(name, run) for name, run in folders.items()}
    return found | {name: _together([found[model] for model in models]) for name, models in members.items()}


def _of_model(name: str, run: Path) -> list[str] | None:
    family, entry = name.split("/")[0], settings_json.read(run).get("entry") or {}
    if family in OF_FEATURES:
        return [] if entry.get("estimator") == "majority" else ["features"]
    source = entry.get("input") or (f"spectrograms/{entry['spectrogram']}" if entry.get("spectrogram") else None)
    if source is None:
        return None
    folder = Path(entry.get("weights") or "")
    started = [f"{PRETRAIN}/{folder.parent.name}"] if folder.parent.parent == Path("data", PRETRAIN) else []
    return [source, *started]


def _together(of_members: Iterable[list[str] | None]) -> list[str] | None:
    """Each input once, as it is computed once."""
    every = list(of_members)
    return None if None in every else list(dict.fromkeys(name for names in every for name in names or []))


def costs(of_models: Mapping[str, list[str] | None], costs_dir: str | Path) -> dict[str, dict[str, Any]]:
    """What is known of each input of the models, and of what it was computed from itself; times to three digits."""
    read = cache(partial(input_cost.read, costs_dir))
    names = _with_sources((name for names in of_models.values() for name in names or []), read)
    return {
        name: {kind: _rounded(cost[kind]) for kind in TAKEN if cost.get(kind) is not None}
        for name in names
        if (cost := read(name))
    }


def ms_per_clip(names: list[str] | None, of: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """`input_ms_per_clip`: what all that a model reads of a clip takes to compute; empty where one of it was not timed."""
    if names is None:
        return {}
    read = [name for name in names if not name.startswith(f"{PRETRAIN}/")]
    times = [of.get(name, {}).get("ms_per_clip") for name in _with_sources(read, lambda name: of.get(name, {}))]
    known = [time for time in times if time is not None]
    return {"input_ms_per_clip": _rounded(float(sum(known)))} if len(known) == len(times) else {}


def _with_sources(names: Iterable[str], cost: Callable[[str], Mapping[str, Any]]) -> list[str]:
    """These inputs and what each was computed from, each once. cost: what is known of an input, by its name."""
    found, waiting = list[str](), list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            waiting += [source] if (source := cost(name).get("of")) else []
    return found


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else float(f"{value:.3g}")
