"""How numbers and models are written, in the Markdown table as on the page. What was not measured prints as ??.

A model whose weights knew scored clips carries a stamp in its name, so that it stands wherever its scores do.
"""

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dalsegno.pipeline.errors import counted, listed, quoted
from dalsegno.scoring.statistics import ranking

UNMEASURED = "??"
NONE = "–"  # there can be no such number
STAMP = " (LEAKY)"


def percent(value: float | None, digits: int = 1) -> str:
    """A share between 0 and 1 in per cent, without the sign, as under a head that has it."""
    return scaled(value, 100.0, digits)


def share(value: float | None, digits: int | None = 1) -> str:
    """A share between 0 and 1 as all text has it: `12.5%`, without a space; digits: None for as many as are needed."""
    if value is None:
        return UNMEASURED
    return f"{100 * value:g}%" if digits is None else f"{percent(value, digits)}%"


def scaled(value: float | None, scale: float, digits: int) -> str:
    """`value` times `scale`, with so many digits after the point."""
    return UNMEASURED if value is None else f"{scale * value:.{digits}f}"


def number(value: int | float | None, digits: int | None = None) -> str:
    """Digits in groups of three; so many of them after the point as `digits` says, or as many as are needed."""
    if value is None:
        return UNMEASURED
    if digits is None:
        return f"{value:,}" if isinstance(value, int) else f"{value:,g}"
    return f"{value:,.{digits}f}"


def n_epochs(n: int | None) -> str:
    """`1 epoch`, `12 epochs`, or how many were not measured."""
    return f"{UNMEASURED} epochs" if n is None else counted(n, "epoch")


def points(value: float | None) -> str:
    """A difference of shares in points of a hundred, with a true minus sign."""
    return UNMEASURED if value is None else f"{100 * value:z.1f}".replace("-", "−")


def p_value(p: float | None, gap: str = "\xa0") -> str:
    """A p-value as all text has it: `p = 0.043`, `p < 0.001`, with spaces at which no line breaks; gap: another space."""
    known = p_number(p)
    return f"p {'' if known.startswith('<') else '= '}{known}".replace(" ", gap)


def p_number(p: float | None) -> str:
    """A p-value under a head that says so: `0.043`, `< 0.001`."""
    if p is None or pd.isna(p):
        return UNMEASURED
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def setting(value: Any) -> str:
    """A value of params.yaml, a list without brackets."""
    if isinstance(value, list | tuple):
        return ", ".join(map(setting, value)) or "none"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {setting(v)}" for k, v in value.items()) + "}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def ranked(models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the models of compare.json in the order of all reports."""
    return ranking.ranked({name: model["accuracy"] for name, model in models.items()})


def mixture(models: Mapping[str, Mapping[str, Any]]) -> str:
    """A sentence on networks that were trained on more than one device; empty if not so.

    On a GPU, networks on spectrograms and those on tables differ in number format, which is not a mixture.
    """
    trained: dict[str, list[str]] = {}
    for name, model in models.items():
        if model.get("epochs") is not None and model.get("device"):
            trained.setdefault(model["device"], []).append(name)
    if len(trained) < 2:
        return ""
    where = "; ".join(f"on {device}: {', '.join(several)}" for device, several in sorted(trained.items()))
    return (
        f"Trained {where}. That alone can move a score as far as another seed does; train all networks on one device."
    )


def still_improving(model: Mapping[str, Any]) -> bool:
    """Whether most runs of a model ran out of epochs while their validation metric was still improving."""
    return model.get("still_improving", 0) > 0.5


def epochs(model: Mapping[str, Any]) -> str:
    """The epochs that a model was trained on average, with a mark if they were too few."""
    return number(model.get("epochs")) + (", still improving" if still_improving(model) else "")


def unfinished(models: Mapping[str, Mapping[str, Any]]) -> str:
    """A sentence on networks that ran out of epochs while they were still improving; empty if there are none."""
    named = [f"{name} ({n_epochs(m['max_epochs'])})" for name, m in models.items() if still_improving(m)]
    if not named:
        return ""
    return (
        f"Out of epochs while still improving on the validation clips: {', '.join(named)}. A low score does not mean that such "
        "a network failed: more epochs (`train.epochs`) may well raise it."
    )


def with_ends(scores: Mapping[str, Any], name: str, scale: float = 100.0, digits: int = 1) -> tuple[str, str]:
    """The score `name` of a model, and its interval: ("81.2", "74.0–86.9")."""
    low, high = (scaled(scores.get(f"{name}_{end}"), scale, digits) for end in ("low", "high"))
    return scaled(scores.get(name), scale, digits), f"{low}–{high}"


def units(interval: Mapping[str, Any], kind: str = "") -> str:
    """What an interval counts, such as `80 groups`; interval: as in compare.json, kind: a word before the noun."""
    return counted(interval["units"], f"{kind}{interval['unit']}")


def guessing(dataset: Mapping[str, Any]) -> str:
    """The accuracy that is reached without listening, in a sentence; dataset: as in compare.json."""
    even, most = share(1 / dataset["classes"]), dataset["most_frequent"]
    said = f"Uniform guessing among {counted(dataset['classes'], 'class')} gives {even}"
    always = f", and calling every clip {quoted(most['class'])} gives {share(most['share'])}"
    return f"{said}{always * (share(most['share']) != even)}."


def lone(interval: Mapping[str, Any]) -> str:
    """Why means over classes have no interval; empty if they have one. interval: as in compare.json."""
    unit, names = interval["unit"], listed(map(quoted, interval["lone_classes"]))
    return names and (
        f"Means over classes have no interval, as there are classes whose scored clips are all of a single {unit}, so that "
        f"nobody can tell how much other {unit}s of them would differ: {names}."
    )


def names(comparison: dict[str, Any]) -> dict[str, str]:
    """How each model of compare.json is to be called."""
    return {name: name + STAMP * bool(model.get("leaks")) for name, model in comparison["models"].items()}


def of_called(values: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    """What is known by model, under the names that models are called by; without models that there are no more."""
    return {called[name]: value for name, value in values.items() if name in called}


def honest(models: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Those of compare.json whose weights did not know scored clips: a leaky score is not a measure for another."""
    return {name: model for name, model in models.items() if not model.get("leaks")}


def stamped(comparison: dict[str, Any]) -> dict[str, Any]:
    """compare.json with models under the names of `names`."""
    called = names(comparison)
    models = {called[name]: model for name, model in comparison["models"].items()}
    gains = {called[name]: gain | {"over": called[gain["over"]]} for name, gain in comparison["gains"].items()}
    said = comparison["verdict"]
    alone = [
        group | {"models": {called[name]: value for name, value in group["models"].items()}}
        for group in comparison["alone"]
    ]
    letters = {called[name]: shown for name, shown in said["letters"].items()}
    said = said | {"best": [called[name] for name in said["best"]], "letters": letters}
    return comparison | {"models": models, "gains": gains, "alone": alone, "verdict": said}


def stamped_rows(comparison: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table about models with these under the names of `names`."""
    called = names(comparison)
    return rows.assign(**{c: rows[c].map(called) for c in ("model", "other") if c in rows})


def scored(comparison: Mapping[str, Any]) -> str:
    """What the clips are called that models are scored on."""
    return "test clips" if comparison["protocol"]["part"] == "test" else "validation clips"


def sentences(comparison: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """Each model with what is to be said of its weights, in one paragraph. kind: "leaks" or "notes"."""
    return [(name, " ".join(model[kind])) for name, model in comparison["models"].items() if model.get(kind)]
