"""How each model was made: the settings of its entry and of what that rests on, one by one."""

from dataclasses import dataclass
from typing import Any

from dalsegno.artefacts.model_name import SCRATCH
from dalsegno.report import formatting

PRETRAINED = ("weights", "unfreeze", "unfreeze_every", "body_lr", "body_lr_decay", "probe", "batch_norm", "control")


@dataclass(frozen=True)
class Setting:
    """One value under its path within the entry; own: the family has other entries, and none has the same."""

    path: str
    value: str
    own: bool


@dataclass(frozen=True)
class Made:
    """family, the settings of the entry and of its input; empty for what params.yaml does not name."""

    family: str
    settings: list[Setting]
    input: str
    input_settings: list[Setting]


def of_model(name: str, params: dict[str, Any]) -> Made:
    """name: <family>/<key>, as in compare.json; params: as of `Sources`.

    A twin has the entry of its model as far as it was used: trained as `control` says, and from no weights.
    """
    family, key = name.split("/", 1)
    entries = params.get(family) or {}
    twin = key not in entries
    key = key.removesuffix(SCRATCH) if twin else key
    entry = _flat(_of_twin(entries[key]) if twin and key in entries else _without_twin(entries.get(key)))
    others = [_flat(other) for other_key, other in entries.items() if other_key != key]
    settings = [
        Setting(path, value, bool(others) and not any(other.get(path) == value for other in others))
        for path, value in entry.items()
    ]
    where = _input(family, entry)
    section, *inner = where.split(".")
    found: Any = params.get(section) or {}
    for step in inner:
        found = found.get(step) or {}
    return Made(family, settings, where, [Setting(path, value, False) for path, value in _flat(found).items()])


def _of_twin(entry: dict[str, Any]) -> dict[str, Any]:
    """What the same network from scratch was made of; the options of its pretrained model mean nothing to it."""
    own = {k: v for k, v in entry.items() if k not in PRETRAINED}
    return own | ({"train": entry["control"]} if entry.get("control") else {})


def _without_twin(entry: Any) -> Any:
    return {k: v for k, v in entry.items() if k != "control"} if isinstance(entry, dict) else entry


def _input(family: str, entry: dict[str, str]) -> str:
    """The section of params.yaml that says what a model sees; empty if it sees nothing of its own."""
    if family in ("classical", "mlp"):
        return "features"
    if "input" in entry:
        return entry["input"].replace("/", ".")
    return f"spectrograms.{entry['spectrogram']}" if "spectrogram" in entry else ""


def _flat(value: Any, path: str = "") -> dict[str, str]:
    """Values by their dotted path; a list stays whole."""
    if isinstance(value, dict) and value:
        found = {}
        for key, inner in value.items():
            found |= _flat(inner, f"{path}.{key}" if path else str(key))
        return found
    return {path: formatting.setting(value)} if value not in (None, {}) else {}
