"""The answer in sentences: which model is better, whether a difference is real, and what these clips could have shown."""

from typing import Any

import pandas as pd

from dalsegno.pipeline.errors import joined
from dalsegno.report import formatting

MOST_NAMED = 8  # models that a sentence names; of more the first, as a table has them all
NONE_VISIBLE = "so little independent evidence can show no difference, however large"


def sentence(pair: dict[str, Any], comparison: dict[str, Any]) -> str:
    """One row of pairs.csv in words; the names in it are as the row has them."""
    one, other, n = pair["model"], pair["other"], comparison["verdict"]["pairs"]
    after = f" after Holm over {n} pairs" if n > 1 else ""
    p = f"{formatting.p_value(pair['p_holm'])}{after}"
    gained = formatting.points(pair["accuracy"])
    if pd.isna(pair["low"]):
        return f"{one} has {gained} points more than {other}; with a single {comparison['interval']['unit']}, its uncertainty cannot be estimated."
    alone = " for this pair alone" if n > 1 else ""
    ends = f"{gained} points ({formatting.points(pair['low'])} to {formatting.points(pair['high'])}{alone}), {p}"
    more = f"{_at_odds(pair, n)}{_over_folds(pair)}"
    if pair["told_apart"]:
        return f"{one} beats {other} by {ends}.{more}"
    visible = f"the smallest that could be seen is about {formatting.points(pair['visible'])} points"
    seen = NONE_VISIBLE if pd.isna(pair["visible"]) else visible
    return f"{one} and {other} are not told apart by {_evidence(comparison)}: a difference of {ends}; {seen}.{more}"


def verdict(comparison: dict[str, Any], pairs: list[dict[str, Any]]) -> list[str]:
    """The first paragraph of every report: the best model or models, and how sure that is."""
    said, models = comparison["verdict"], comparison["models"]
    best, *tied = said["best"]
    n = comparison["dataset"]["scored_clips"]
    alone = comparison["interval"]["unit"] if comparison["interval"]["units"] < 2 else ""
    ends = "" if alone else f" ({formatting.with_ends(models[best], 'accuracy')[1]})"
    lead = f"{best} recognises {formatting.share(models[best]['accuracy'])}{ends} of the {n:,} {formatting.scored(comparison)}"
    if said["models"] < 2:
        return [f"{lead}; it is the only model, so there is nothing to compare it with."]
    if alone:
        return [
            f"{lead}. With a single independent {alone} there is no interval, and no model can be told from another."
        ]
    others = [name for name in formatting.ranked(formatting.honest(models) or models) if name != best]
    equal = [name for name in others if models[name]["accuracy"] == models[best]["accuracy"]]
    lead += f", as many as {joined(equal, most=MOST_NAMED)}" if equal else ", the most of all"
    if not said["letters"]:
        return [f"{lead}.", *(sentence(pair, comparison) for pair in pairs)]
    everyone = {1: "the other model", 2: "both other models"}.get(len(others), f"all {len(others)} other models")
    if not tied:
        return [f"{lead}. It is better than {everyone}, by more than chance explains."]
    worse = [name for name in others if name not in tied]
    better = f" It is better than {joined(worse, most=MOST_NAMED)}." if worse else ""
    tie = f"{lead}, {'and' if equal else 'but'} {_evidence(comparison)} do not tell it apart from {joined(tied, most=MOST_NAMED)}."
    none = "" if worse else f"{_of_none(said, comparison['interval'])} "
    among = [pair for pair in pairs if pair["model"] in said["best"] and pair["other"] in said["best"]]
    return [f"{tie}{_visible(among)}{better}", none + _among_tied(said["best"], models, among)]


def _at_odds(pair: dict[str, Any], n_pairs: int) -> str:
    """What to make of an interval that by itself would say otherwise than p, where that is not due to many pairs."""
    holds = pair["low"] <= 0 <= pair["high"]
    if pair["told_apart"] and holds:
        return " The interval holds 0 all the same: of the two it is the more cautious here, and p decides."
    if not pair["told_apart"] and not holds and n_pairs == 1:
        return " The interval leaves out 0 all the same: of the two p is the more cautious here, and it decides."
    return ""


def _visible(pairs: list[dict[str, Any]]) -> str:
    """How large a difference between two of these must be to be seen."""
    sizes = sorted(100 * pair["visible"] for pair in pairs if not pd.isna(pair["visible"]))
    if not sizes:
        return f" Whatever the models, {NONE_VISIBLE}." if pairs else ""
    least, most = (f"{value:.0f}" for value in (sizes[0], sizes[-1]))
    size = f"{least} to {most} points, depending on the pair" if least != most else f"{most} points"
    return f" Between these, the smallest difference that could be seen is about {size}."


def _among_tied(tied: list[str], models: dict[str, Any], pairs: list[dict[str, Any]]) -> str:
    """What to make of a tie, which may be with a baseline that reads nothing of a clip; pairs: of the tied models."""
    deaf = [name for name in tied if models[name].get("input_ms_per_clip") == 0]
    if not deaf:
        return _choice(tied, models, pairs)
    reading = [name for name in tied if name not in deaf]
    learner = "any model" if tied[0] in deaf else tied[0]
    said = (
        f"{joined(deaf, most=MOST_NAMED)} {'reads' if len(deaf) == 1 else 'read'} nothing of a clip, so the accuracies do not show that "
        f"{learner} has learnt from the sound."
    )
    if tied[0] in deaf or len(reading) < 2:
        return said
    of_reading = [pair for pair in pairs if pair["model"] in reading and pair["other"] in reading]
    return f"{said} {_choice(reading, models, of_reading)}"


def _choice(tied: list[str], models: dict[str, Any], pairs: list[dict[str, Any]]) -> str:
    """What to do in a tie: the most accurate, unless another answers in less than half the time, at what it may cost.

    pairs: of the tied models.
    """
    best, *others = tied
    lost = {p["other"]: p["high"] for p in pairs if p["model"] == best and not pd.isna(p["high"])}
    worst = max(lost, key=lambda name: lost[name], default=None)
    at_most = {name: f"may be up to {formatting.points(high)} points less accurate" for name, high in lost.items()}
    unequal = f"{worst} {at_most[worst]} than {best}" if worst else "there are too few clips to say"
    equal = [name for name in others if models[name]["accuracy"] == models[best]["accuracy"]]
    safe = joined([best, *equal], "or") if len(equal) < MOST_NAMED else "any of the most accurate"
    safest = f"Not told apart does not mean equal: {unequal}. If nothing else matters, {safe} is the safest choice"
    parts = ("input_ms_per_clip", "predict_ms_per_clip")
    if any(models[name].get(part) is None for name in tied for part in parts):
        return f"{safest}."
    times_ms = {name: sum(models[name][part] for part in parts) for name in tied}
    fastest = min(others, key=lambda name: times_ms[name])
    if times_ms[fastest] > times_ms[best] / 2:
        none = "none of the others answers" if len(others) > 1 else f"{others[0]} does not answer"
        return f"{safest}; {none} twice as fast."
    read, answered = (formatting.number(models[fastest][part]) for part in parts)
    cost = f"; it {at_most[fastest]}" if fastest in lost and fastest != worst else ""
    return (
        f"{safest}. {fastest} answers fastest: what it reads of a clip (features, spectrograms or embeddings) takes "
        f"{read} ms to compute, and its answer {answered} ms{cost}."
    )


def _of_none(said: dict[str, Any], interval: dict[str, Any]) -> str:
    """What follows where no pair is told apart: Cochran's Q may still say that not all models are equally good."""
    q = f"Cochran's Q over all of them: {formatting.p_value(said['p_value'])}"
    if said["models"] > 2 and said["p_value"] < 1 - interval["confidence"]:
        return f"No model can be named as better than another, although it is unlikely that all are equally good ({q})."
    return f"Nothing here says that any model is better than another{f' ({q})' if said['models'] > 2 else ''}."


def _over_folds(pair: dict[str, Any]) -> str:
    """What repeated cross-validation adds: another draw of the training clips."""
    if pd.isna(pair.get("p_resampled")):
        return ""
    return (
        f" Allowing for another draw of the training clips, it is better with probability {pair['p_better']:.2f}, as good "
        f"with {pair['p_equivalent']:.2f} (corrected resampled t-test: {formatting.p_value(pair['p_resampled'])})."
    )


def _evidence(comparison: dict[str, Any]) -> str:
    n, interval = comparison["dataset"]["scored_clips"], comparison["interval"]
    return f"{n:,} clips" + (f" of {interval['units']:,} groups" if interval["unit"] == "group" else "")
