"""Models that params.yaml refers to by name: do they exist, and can they do what is asked of them?"""

from collections.abc import Callable
from functools import partial
from typing import Any

from dalsegno.artefacts.model_name import SCRATCH, TRAINED
from dalsegno.final import entry as final_entry
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError, about, hint
from dalsegno.scoring import ensembles, intervals, pairs
from dalsegno.search import entry as search_entry
from dalsegno.search import subject


def problems() -> list[str]:
    """All that is wrong with such names, each with its path in params.yaml, whose sections are valid by themselves."""
    doc = params.document()
    seeds, entries = _seeds(doc), doc.get(ensembles.FAMILY) or {}
    checks = [
        partial(_ensembles, entries, seeds),
        partial(_pairs, [*seeds, *(f"{ensembles.FAMILY}/{key}" for key in entries)]),
        *(partial(_final, key, list(seeds)) for key in doc.get("final") or {}),
        *(partial(_search, key) for key in doc.get("search") or {}),
    ]
    return [problem for check in checks if (problem := _said(check))]


def _said(check: Callable[[], None]) -> str | None:
    """What `check` raises UserError with, without the name of the file."""
    try:
        check()
    except UserError as error:
        return str(error).removeprefix(f"{params.FILE}: ")
    return None


def _ensembles(entries: dict[str, list[str]], seeds: dict[str, list[int]]) -> None:
    """Raise UserError for an ensemble of models that do not exist or whose seeds differ."""
    for name, models in ensembles.members(entries, list(seeds)).items():
        known = {model: seeds[model] for model in models if seeds[model]}
        if known:
            ensembles.common_seeds(name.replace("/", "."), known)


def _pairs(names: list[str]) -> None:
    """Raise UserError for a pair of models that do not exist."""
    pairs.asked(names, params.load(compare=intervals.Params))


def _final(key: str, names: list[str]) -> None:
    """Raise UserError if the model to train on all clips does not exist."""
    model = params.variant(key, final=final_entry.Params).model
    if model not in names:
        raise UserError(f"final.{key}.model: there is no model {model!r}{hint(model, names)}")


def _search(key: str) -> None:
    """Raise UserError if the model to search, or a setting that is searched, does not exist."""
    p = params.variant(key, search=search_entry.Params)
    with about(f"search.{key}"):
        subject.searched(p.of).check(p.input, p.space)


def _seeds(doc: dict[str, Any]) -> dict[str, list[int]]:
    """The seeds of each model by its name, those of twins from scratch included; none of what was made elsewhere."""
    seeds: dict[str, list[int]] = {f"external/{key}": [] for key in doc.get("external") or {}}
    for family in TRAINED:
        for key, entry in (doc.get(family) or {}).items():
            of = entry if family == "classical" else entry.get("train") or {}
            seeds[f"{family}/{key}"] = sorted(set(of.get("seeds") or [0]))
            if entry.get("control"):
                seeds[f"{family}/{key}{SCRATCH}"] = seeds[f"{family}/{key}"]
    return seeds
