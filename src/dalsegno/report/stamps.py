"""Models whose weights knew scored clips carry a stamp in their names, so that it stands wherever their scores do."""

from typing import Any

STAMP = " (LEAKY)"


def names(comparison: dict[str, Any]) -> dict[str, str]:
    """How each model of compare.json is to be called."""
    return {name: name + STAMP * bool(model.get("leaks")) for name, model in comparison["models"].items()}


def stamped(comparison: dict[str, Any]) -> dict[str, Any]:
    """compare.json with models under the names of `names`."""
    called = names(comparison)
    models = {called[name]: model for name, model in comparison["models"].items()}
    gains = {called[name]: gain | {"over": called[gain["over"]]} for name, gain in comparison["gains"].items()}
    return comparison | {"models": models, "gains": gains}


def sentences(comparison: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """Each model with what is to be said of its weights, in one paragraph. kind: "leaks" or "notes"."""
    return [(name, " ".join(model[kind])) for name, model in comparison["models"].items() if model.get(kind)]
