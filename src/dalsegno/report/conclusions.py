"""What the numbers support beyond the verdict, in sentences: families, features against spectrograms, mistakes, calibration."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from dalsegno.artefacts.model_name import is_twin
from dalsegno.pipeline.errors import joined, quoted
from dalsegno.report import formatting, gains
from dalsegno.report.settings import nouns
from dalsegno.report.verdict import sentence

MOST_MISTAKES = 5  # that are named
ON_FEATURES, ON_SPECTROGRAMS = ("classical", "mlp"), ("cnn",)


def family(name: str) -> str:
    """The family that a model counts as: the twin of a transfer model is a network on spectrograms, trained from scratch."""
    return "cnn" if is_twin(name.removesuffix(formatting.STAMP)) else name.split("/")[0]


def best_of_each(ranked: Iterable[str]) -> dict[str, str]:
    """The first model of each family among `ranked`, the most accurate first."""
    best: dict[str, str] = {}
    for name in ranked:
        best.setdefault(family(name), name)
    return best


def conclusions(comparison: dict[str, Any], pairs: list[dict[str, Any]], confusion: pd.DataFrame) -> list[str]:
    """Sentences for the report; a comparison of families rests on the pair of their most accurate models.

    comparison: compare.json under the names that models are called by, as pairs (rows of pairs.csv) and confusion have
    them. Models whose weights knew scored clips are left out.
    """
    honest = formatting.honest(comparison["models"])
    ranked = formatting.ranked(honest)
    if not ranked:
        return []
    return [
        *_families(ranked, pairs, comparison),
        *_inputs(ranked, pairs, comparison),
        *_settings(honest, pairs, comparison),
        *_flawless(ranked[0], honest[ranked[0]]),
        *_mistakes(ranked[0], confusion),
        *_calibration(ranked[0], honest[ranked[0]]),
    ]


def _families(ranked: list[str], pairs: list[dict[str, Any]], comparison: dict[str, Any]) -> Iterator[str]:
    """The best of the leading family against the best of the next."""
    best = best_of_each(ranked)
    if len(best) < 2:
        return
    named = [f"{of} ({name}, {formatting.share(comparison['models'][name]['accuracy'])})" for of, name in best.items()]
    yield f"Families by their most accurate model: {', '.join(named)}."
    first, second, *_ = best.values()
    yield from (
        f"The two leading families by their best models. {text}" for text in _said(first, second, pairs, comparison)
    )


def _inputs(ranked: list[str], pairs: list[dict[str, Any]], comparison: dict[str, Any]) -> Iterator[str]:
    """Features against spectrograms, both without pretraining. A baseline that reads no input stands for neither."""
    reading = [name for name in ranked if comparison["models"][name].get("input_ms_per_clip") != 0]
    best = [
        next((name for name in reading if family(name) in families), None)
        for families in (ON_FEATURES, ON_SPECTROGRAMS)
    ]
    if all(best):
        said = _said(str(best[0]), str(best[1]), pairs, comparison)
        yield from (
            f"Features against spectrograms, by the best model of each that was trained from scratch. {text}"
            for text in said
        )


def _settings(honest: dict[str, Any], pairs: list[dict[str, Any]], comparison: dict[str, Any]) -> Iterator[str]:
    """What a setting does, where models differ in it alone."""
    for group in comparison["alone"]:
        setting, values = group["setting"], {name: v for name, v in group["models"].items() if name in honest}
        asked = [pair for pair in pairs if {pair["model"], pair["other"]} <= set(values)]
        if setting == "augment" and len(values) == 2 and "none" in values.values() and asked:
            yield _augmentation(values, asked[0], comparison)
        elif asked:
            ranked = formatting.ranked({name: honest[name] for name in values})
            shown = [
                f"{n}, {nouns.value(setting, values[n])}: {formatting.share(honest[n]['accuracy'])}" for n in ranked
            ]
            yield f"What {nouns.named(setting)} alone does, all else being equal ({'; '.join(shown)}): {_apart(asked, pairs, comparison)}"


def _apart(asked: list[dict[str, Any]], pairs: list[dict[str, Any]], comparison: dict[str, Any]) -> str:
    """Which of these pairs are told apart; of a single one, what is said of every pair."""
    if len(asked) == 1:
        return sentence(asked[0], comparison)
    sure = [f"{pair['model']} beats {pair['other']}" for pair in asked if pair["told_apart"]]
    said = "; ".join(sure) if sure else "No two of them are told apart"
    return f"{said}, with p corrected by Holm over {len(pairs)} pairs."


def _augmentation(values: dict[str, str], pair: dict[str, Any], comparison: dict[str, Any]) -> str:
    """What augmentation gains over the same model without it."""
    bare = next(name for name, value in values.items() if value == "none")
    model = next(name for name in values if name != bare)
    numbers = [None if pd.isna(pair[k]) else pair[k] for k in ("accuracy", "low", "high")]
    if pair["model"] == bare:
        numbers = [None if number is None else -number for number in (numbers[0], numbers[2], numbers[1])]
    gain = dict(zip(("accuracy", "low", "high"), numbers, strict=True)) | {"told_apart": pair["told_apart"]}
    n = comparison["verdict"]["pairs"]
    after = f" after Holm over {n} pairs" if n > 1 else ""
    return (
        f"Augmentation ({nouns.value('augment', values[model])}) {gains.gained(gain)}, {formatting.p_value(pair['p_holm'])}{after}: "
        f"{model} and {bare} differ in it alone."
    )


def _flawless(best: str, model: dict[str, Any]) -> Iterator[str]:
    """What to make sure of where the best model is right about every clip."""
    if model["accuracy"] == 1:
        yield (
            f"{best} makes no mistake. Before you believe it, make sure that nothing but the music tells the classes apart: "
            "where they were recorded, encoded or made louder in different ways, a model can tell them by that alone."
        )


def _mistakes(best: str, confusion: pd.DataFrame) -> Iterator[str]:
    """What the best model confuses most, and what all models together do."""
    wrong = confusion[(confusion["actual"] != confusion["predicted"]) & (confusion["clips"] > 0)]
    own = wrong[wrong["model"] == best]
    if len(own):
        most = own[own["share"] == own["share"].max()]
        calls = [f"{quoted(row.actual)} for {quoted(row.predicted)}" for row in most.itertuples()]
        often = f"{formatting.share(own['share'].max(), 0)} of the clips of"
        yield (
            f"The most frequent mistake of {best}: it takes {often} {calls[0]}."
            if len(calls) == 1
            else f"The most frequent mistakes of {best}, each with {often} a class: it takes "
            f"{joined(calls, most=MOST_MISTAKES)}."
        )
    n_models = confusion["model"].nunique()
    if len(wrong) and n_models > 1:
        mean = wrong.groupby(["actual", "predicted"])["share"].sum() / n_models
        actual, predicted = mean.idxmax()
        models = "both models" if n_models == 2 else f"all {n_models} models"
        yield (
            f"Over {models}, the most frequent mistake is to take {quoted(actual)} for {quoted(predicted)}: on average "
            f"{formatting.share(mean.max(), 0)} of the clips of {quoted(actual)}."
        )


def _calibration(best: str, model: dict[str, Any]) -> Iterator[str]:
    error, ends = formatting.with_ends(model, "calibration_error")
    scaled = model.get("calibration_error_scaled")
    after = f"; after temperature scaling by {formatting.points(scaled)}" if scaled is not None else ""
    yield f"Calibration: the confidence of {best} differs from its accuracy by {error} points ({ends}) on average{after}."


def _said(one: str, other: str, pairs: list[dict[str, Any]], comparison: dict[str, Any]) -> Iterator[str]:
    """The sentence of this pair, if it was asked about."""
    yield from (sentence(pair, comparison) for pair in pairs if {pair["model"], pair["other"]} == {one, other})
