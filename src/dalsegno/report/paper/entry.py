"""What params.yaml asks of one model, as far as sections of the paper go by it."""

from typing import Any

from dalsegno.artefacts.model_name import SCRATCH, is_twin


def is_frozen(name: str, doc: dict[str, Any]) -> bool:
    """Whether a model is a head on the embeddings of a frozen backbone."""
    return str(_settings(name, doc).get("input", "")).startswith("embeddings/")


def learns(name: str, doc: dict[str, Any]) -> str:
    """What of a network learns: the head alone, some blocks, or all."""
    entry = _settings(name, doc)
    if is_twin(name) or "unfreeze" not in entry:
        return "the head alone" if is_frozen(name, doc) else "all, from scratch"
    blocks = {"all": "all blocks", 0: "the head alone", 1: "the last block"}
    return blocks.get(entry["unfreeze"], f"the last {entry['unfreeze']} blocks")


def monitor(name: str, doc: dict[str, Any]) -> str:
    """The metric that chose the epoch of a network."""
    entry = _settings(name, doc)
    train = entry.get("control") if is_twin(name) else entry.get("train")
    return (train or {}).get("monitor", "val_loss")


def of_model(name: str, doc: dict[str, Any]) -> Any:
    """The entry of a model, of a twin that of its model; None if params.yaml has none."""
    family, key = name.split("/", 1)
    entries = doc.get(family) or {}
    return entries.get(key, entries.get(key.removesuffix(SCRATCH)))


def _settings(name: str, doc: dict[str, Any]) -> dict[str, Any]:
    entry = of_model(name, doc)
    return entry if isinstance(entry, dict) else {}
