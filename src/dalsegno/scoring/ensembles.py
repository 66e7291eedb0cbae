"""Models together: the mean of the probabilities that several models give each clip, in each fold and seed."""

from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from dalsegno.artefacts.learning import predictions_parquet
from dalsegno.pipeline.errors import UserError, hint, joined

FAMILY = "ensembles"
COSTS = ("parameters", "trained_parameters", "train_s", "predict_ms_per_clip")
Key = Annotated[str, Field(pattern="^[A-Za-z][A-Za-z0-9_-]{0,99}$")]
Entries = dict[Key, Annotated[list[str], Field(min_length=2)]]
"""`ensembles:` in params.yaml: the members of each, such as `all: [classical/svm, cnn/conv]`."""


def members(entries: Entries, names: list[str]) -> dict[str, list[str]]:
    """The members of `ensembles/<key>` by that name. Raises UserError if one is not among the models `names`, or there twice."""
    for key, models in entries.items():
        for i, model in enumerate(models):
            if model not in names:
                raise UserError(f"params.yaml: {FAMILY}.{key}: there is no model {model!r}{hint(model, names)}")
            if model in models[:i]:
                raise UserError(f"params.yaml: {FAMILY}.{key}: {model!r} stands there twice")
    return {f"{FAMILY}/{key}": models for key, models in entries.items()}


def means(members: dict[str, list[str]], tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The rows of each ensemble by its name; members: as of `members`, tables: the rows of each model."""
    return {name: mean(name, {model: tables[model] for model in models}) for name, models in members.items()}


def mean(name: str, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of an ensemble: clips, folds and seeds that all members predicted. tables: their predictions by name.

    A member with one seed stands beside each seed of the others. Empty if a member's is.
    Raises UserError if their seeds differ otherwise.
    """
    if any(table.empty for table in tables.values()):
        return next(iter(tables.values())).iloc[:0]
    seeds = {model: sorted(set(table["seed"].tolist())) for model, table in tables.items()}
    most = common_seeds(name, seeds)
    spread = [
        table if len(seeds[model]) > 1 or (len(most) == 1 and seeds[model] == most)
        else pd.concat([table.assign(seed=seed) for seed in most])
        for model, table in tables.items()
    ]  # fmt: skip
    columns = [f"p_{c}" for c in predictions_parquet.classes(spread[0])]
    keys = [c for c in spread[0].columns if not c.startswith("p_")]
    rows = pd.concat(spread)
    by_row = rows.groupby(keys, sort=False)[columns]
    whole = by_row.size() == len(tables)
    return by_row.mean()[whole].reset_index()


def common_seeds(name: str, seeds: dict[str, list[int]]) -> list[int]:
    """The seeds of an ensemble, by those of its members in their order. Raises UserError if they cannot be put together."""
    most = max(seeds.values(), key=len)
    for model, of_model in seeds.items():
        if len(of_model) > 1 and of_model != most:
            raise UserError(f"{name}: {model} has the seeds {of_model}, another member has {most}; give them the same")
    return most


def together(known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What an ensemble costs and what its weights knew, from that of its members, by their names: sums, where all of them
    have the number, and sentences that name the members they are about."""
    costs = {name: sum(m[name] for m in known.values()) for name in COSTS if all(name in m for m in known.values())}
    costs = {name: cost if isinstance(cost, int) else float(f"{cost:.3g}") for name, cost in costs.items()}
    return costs | {kind: texts for kind in ("leaks", "notes") if (texts := _said(known, kind))}


def _said(known: dict[str, dict[str, Any]], kind: str) -> list[str]:
    """Each sentence once, after the members that it is about."""
    about: dict[str, list[str]] = {}
    for model, of_model in known.items():
        for text in of_model.get(kind, []):
            about.setdefault(text, []).append(model)
    return [f"About {joined(models)}: {text}" for text, models in about.items()]
