"""Models whose entries in params.yaml differ in one setting alone, so that a difference of theirs is the effect of that setting."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dalsegno.artefacts import settings_json
from dalsegno.artefacts.model_name import is_twin

WHOLE = "augment"  # counts as one setting, as its parts are one thing that is done to a clip
Groups = list[dict[str, Any]]


def groups(folders: Mapping[str, Path]) -> Groups:
    """`setting`, its path in the entry, and `models`: the value that each of two models or more has, all else being equal,
    if they have not all the same.

    folders: of the models that were trained here. A twin from scratch is left out, as its gain is stated on its own.
    """
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for name, run in folders.items():
        entry = settings_json.read(run).get("entry")
        if entry and not is_twin(name):
            flat = dict(_flat(entry))
            for path, value in flat.items():
                others = json.dumps({k: v for k, v in flat.items() if k != path}, sort_keys=True)
                found.setdefault((name.split("/")[0], path, others), {})[name] = value
    return [
        {"setting": path, "models": models} for (_, path, _), models in found.items() if len(set(models.values())) > 1
    ]


def _flat(entry: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each setting under its path, as text; WHOLE as what of it is switched on."""
    for key, value in entry.items():
        path = f"{above}{key}"
        if path == WHOLE:
            on = [f"{name} {_plain(of)}" for name, of in value.items() if of and not name.endswith("_mask_share")]
            yield path, ", ".join(on) or "none"
        elif isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}.")
        else:
            yield path, _plain(value)


def _plain(value: Any) -> str:
    """`value` as one writes it in a sentence: without quotes and brackets."""
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)
