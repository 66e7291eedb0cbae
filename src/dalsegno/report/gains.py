"""What pretraining changes, in words: a loss is given as a loss, with the ends of its interval positive as well."""

from collections.abc import Callable, Mapping
from typing import Any

from dalsegno.report import formatting


def gained(gain: Mapping[str, Any]) -> str:
    """A gain of compare.json as the rest of a sentence on pretraining: `costs 9.2 points of accuracy (2.2 to 16.3)`.

    Whether it may be chance, the p-value decides, as everywhere; the interval may just hold 0, or leave it out, beside it.
    """
    value, low, high = gain["accuracy"], gain["low"], gain["high"]
    lost = formatting.points(value).startswith("−")
    said = f"{'costs' if lost else 'gains'} {formatting.points(abs(value))} points of accuracy"
    if low is None or high is None:
        return f"{said} (no interval can be stated)"
    said += "" if gain["told_apart"] else ", which may be chance"
    if low <= 0 <= high:
        return f"{said} (between a loss of {formatting.points(-low)} and a gain of {formatting.points(high)})"
    ends = (-high, -low) if lost else (low, high)
    return f"{said} ({formatting.points(ends[0])} to {formatting.points(ends[1])})"


def alone(name: str, gain: Mapping[str, Any], written: Callable[[str], str] = str) -> str:
    """A sentence on the clips that one of a model and its twin is right about and the other is not; written: as of `budgets`."""
    right, wrong = (round(gain[of], 1) for of in ("right_alone", "wrong_alone"))
    clips = "clip" if right == 1 else "clips"
    return (
        f"On average over its runs {written(name)} is right about {formatting.number(right)} {clips} that {written(gain['over'])} gets wrong, "
        f"and wrong about {formatting.number(wrong)} that it gets right."
    )


def budgets(name: str, over: str, models: Mapping[str, Mapping[str, Any]], written: Callable[[str], str] = str) -> str:
    """A sentence on how long and how fast a model and its twin from scratch, `over`, were trained at most.

    models: of compare.json; written: a name as the report has it.
    """
    (epochs, rate), others = (
        (formatting.n_epochs(models[model].get("max_epochs")), formatting.number(models[model].get("lr")))
        for model in (name, over)
    )
    if (epochs, rate) == others:
        return f"Both were trained for at most {epochs}, layers that began at random with a learning rate of {rate}."
    return (
        f"They differ in their training as well: {written(name)} had at most {epochs} at a learning rate of {rate}, and "
        f"{written(over)} at most {others[0]} at {others[1]}."
    )
