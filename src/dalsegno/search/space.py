"""What a search may try: for each setting a range or a choice, as params.yaml says it."""

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from optuna import distributions
from optuna.distributions import BaseDistribution

from dalsegno.artefacts.search_space import KINDS, LISTED
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.pipeline.refusals import shown

Space = dict[str, Any]
"""By dotted path within the entry, as in `train.lr: {loguniform: [1e-4, 1e-2]}`; numbers count the items of a list."""


def problems(space: Space) -> list[str]:
    """What is wrong with a space, each with its path."""
    found = [
        f"{path or repr(path)}: {what}"
        for path, spec in space.items()
        if (what := _wrong(spec) or _inside(path, space) or _gap(path))
    ]
    return found or ([] if drawn(space) else ["there is nothing to draw; give a setting a range or a choice"])


def drawn(space: Space) -> dict[str, BaseDistribution]:
    """The distribution of each setting that a trial draws."""
    return {path: _distribution(*next(iter(spec.items()))) for path, spec in space.items() if "fixed" not in spec}


def fixed(space: Space) -> dict[str, Any]:
    """The settings that are the same in every trial."""
    return {path: spec["fixed"] for path, spec in space.items() if "fixed" in spec}


def meant(space: Space, trial: dict[str, Any]) -> dict[str, Any]:
    """The setting at each path, those that are fixed included. trial: what was drawn, as a journal keeps it."""
    drawn = {path: _restored(spec, trial[path]) for path, spec in space.items() if path in trial}
    return drawn | fixed(space)


def edges(space: Space) -> Iterator[tuple[str, Any]]:
    """Each path with every value of its choice, or with the ends of its range, as floats where it has fractions."""
    for path, spec in space.items():
        ((kind, value),) = spec.items()
        values = [value] if kind == "fixed" else map(float, value) if kind.endswith("uniform") else value
        yield from ((path, v) for v in values)


def grid(space: Space) -> dict[str, Sequence[Any]]:
    """All values of each choice and of each range of whole numbers, as a journal keeps them; other ranges are drawn from at each point.

    Raises UserError if there is neither.
    """
    values: dict[str, Sequence[Any]] = {
        path: list(map(_stored, spec["choice"])) if "choice" in spec else range(spec["int"][0], spec["int"][1] + 1)
        for path, spec in space.items()
        if spec.keys() & set(LISTED)
    }
    if not values:
        raise UserError(f"space: a grid needs a choice or whole numbers (int) besides ranges, got {shown(space)}")
    return values


def points(space: Space) -> list[dict[str, Any]]:
    """Every point of the grid."""
    values = grid(space)
    return [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]


def grid_size(space: Space) -> int:
    """The number of trials that a grid has."""
    return math.prod(len(values) for values in grid(space).values())


def with_values(entry: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A copy of an entry of params.yaml with these values at their paths. Raises UserError for a path that leads nowhere."""
    changed = deepcopy(entry)
    for path, value in values.items():
        *parents, last = path.split(".")
        owner: Any = changed
        for step in parents:
            owner = owner[_place(owner, step, path)]
        owner[_place(owner, last, path, new=isinstance(owner, dict))] = value
    return changed


def _place(owner: Any, step: str, path: str, new: bool = False) -> Any:
    if isinstance(owner, list) and step.isdecimal() and int(step) < len(owner):
        return int(step)
    if isinstance(owner, dict) and (new or step in owner):
        return step
    places = range(len(owner)) if isinstance(owner, list) else owner if isinstance(owner, dict) else ()
    raise UserError(f"space: {path}: the entry has no {step!r} there{hint(step, [*map(str, places)])}")


def _wrong(spec: Any) -> str:
    if not isinstance(spec, dict) or len(spec) != 1 or next(iter(spec)) not in KINDS:
        return f"expected one of {', '.join(KINDS)}, such as {{uniform: [0, 0.5]}}, got {shown(spec)}"
    kind, value = next(iter(spec.items()))
    if kind == "fixed":
        return ""
    if kind == "choice":
        return _wrong_choice(value)
    if not (isinstance(value, list) and len(value) == 2 and all(_is_number(v, kind) for v in value)):
        noun = "whole numbers" if kind.endswith("int") else "numbers"
        return f"{kind} takes two {noun}, the lowest and the highest, got {shown(value)}"
    if value[0] >= value[1]:
        return f"the lowest, {value[0]}, is not below the highest, {value[1]}"
    return (
        f"the logarithm of {value[0]} is not a number; begin above 0"
        if kind.startswith("log") and value[0] <= 0
        else ""
    )


def _wrong_choice(values: Any) -> str:
    if not isinstance(values, list) or not values:
        return f"a choice is a list of values, got {shown(values)}"
    stored = list(map(_stored, values))
    twice = [value for i, value in enumerate(values) if stored[i] in stored[:i]]
    return f"the choice holds {shown(twice[0])} twice" if twice else ""


def _inside(path: str, space: Space) -> str:
    around = [other for other in space if path.startswith(f"{other}.")]
    return f"this is a part of {around[0]}, which is named as well; keep one of them" if around else ""


def _gap(path: str) -> str:
    return "" if all(path.split(".")) else "expected names with a dot between two of them, such as train.lr"


def _stored(value: Any) -> Any:
    """A value of a choice as Optuna can keep it: a list or a mapping as JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _restored(spec: dict[str, Any], value: Any) -> Any:
    return next((v for v in spec.get("choice", ()) if _stored(v) == value), value)


def _is_number(value: Any, kind: str) -> bool:
    return (
        isinstance(value, int if kind.endswith("int") else int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )


def _distribution(kind: str, value: Any) -> BaseDistribution:
    if kind == "choice":
        return distributions.CategoricalDistribution(list(map(_stored, value)))
    if kind.endswith("int"):
        return distributions.IntDistribution(*value, log=kind == "logint")
    return distributions.FloatDistribution(*value, log=kind == "loguniform")
