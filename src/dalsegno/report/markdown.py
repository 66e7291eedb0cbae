"""The comparison as a table in Markdown, to be read in a terminal, an editor or a pull request."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dalsegno.artefacts.markdown import literal, sentence
from dalsegno.pipeline.errors import capitalised, counted, joined
from dalsegno.report import conclusions, formatting, gains, verdict
from dalsegno.report.tables import calibration, costs, grids, inputs, scores
from dalsegno.report.tables.table import Table


def table(
    comparison: dict[str, Any],
    pairs: pd.DataFrame,
    confusion: pd.DataFrame,
    chosen: dict[str, Table],
    kaggle: scores.Kaggle,
) -> str:
    """compare.json as a Markdown table, the best accuracy first, under the verdict and what was tested how.

    pairs: pairs.csv, each row of which is a sentence below the table. confusion: confusion.csv. chosen: of each model that
    chose among settings, as `grids.read` has them. kaggle: the score of a submission and its date, by model.
    """
    of_pairs = formatting.stamped_rows(comparison, pairs).to_dict("records")
    called, confusion = formatting.names(comparison), formatting.stamped_rows(comparison, confusion)
    chosen, kaggle = formatting.of_called(chosen, called), formatting.of_called(kaggle, called)
    comparison = formatting.stamped(comparison)
    dataset = comparison["dataset"]
    synthetic = " (synthetic)" if dataset["synthetic"] else ""
    lines = [f"# {literal(capitalised(dataset['title']))}{synthetic}: models compared", ""]
    lines += [literal(" ".join(verdict.verdict(comparison, of_pairs))), "", *_setting(comparison), ""]
    concluded = conclusions.conclusions(comparison, of_pairs, confusion)
    lines += ["## Conclusions", "", *(f"- {sentence(text)}" for text in concluded), ""] if concluded else []
    lines += ["## Scores", "", sentence(formatting.guessing(dataset))]
    lines += _tables(comparison, chosen, kaggle)
    of_gains = [_gain(name, gain, comparison["models"]) for name, gain in comparison["gains"].items()]
    lines += ["", "## What pretraining changes"] if of_gains else []
    lines += [line for said in of_gains for line in ("", said)]
    lines += ["", *_on_pairs(comparison), ""] if of_pairs else []
    lines += [f"- {literal(verdict.sentence(pair, comparison))}" for pair in of_pairs]
    return "\n".join(lines) + "\n"


def _tables(comparison: dict[str, Any], chosen: dict[str, Table], kaggle: scores.Kaggle) -> Iterator[str]:
    """The tables that the page and the paper have as well, with what a reader of them has to know."""
    models = comparison["models"]
    yield from _tabled(scores.legend(comparison, kaggle), scores.table(comparison, kaggle))
    yield from ("", "## Calibration")
    yield from _tabled(calibration.legend(comparison["interval"]), calibration.table(models))
    yield from ("", "## Cost")
    yield from _tabled(costs.legend(models), costs.table(models))
    of_inputs = inputs.table(comparison)
    yield from _tabled(inputs.LEGEND, of_inputs) if of_inputs.rows else []
    yield from ("", "## Settings that were chosen") if chosen else []
    for name, of in chosen.items():
        yield from _tabled(f"Settings to choose from for {name}. {grids.LEGEND}", of)


def _tabled(legend: str, of: Table) -> Iterator[str]:
    """A table in Markdown below its legend."""
    yield from ("", sentence(legend), "")
    yield _row([literal(column.head.replace("\n", " ")) for column in of.columns])
    yield _row(["---" if column.words else "---:" for column in of.columns])
    for row in of.rows:
        yield _row([literal(f"{cell.value} ({cell.below})" if cell.below else cell.value) for cell in row])


def _on_pairs(comparison: dict[str, Any]) -> list[str]:
    n = comparison["verdict"]["pairs"]
    many = (
        f" An interval is that of one pair alone, while p is corrected (Holm) over all {n} pairs, as among many pairs some "
        "differ by chance; models are told apart by p."
    )
    return ["## Every pair of models", "", f"In points of accuracy, on the same clips.{many if n > 1 else ''}"]


def _gain(name: str, gain: dict[str, Any], models: dict[str, dict[str, Any]]) -> str:
    return (
        f"{literal(gain['over'])} is the network of {literal(name)} from scratch. "
        f"{gains.budgets(name, gain['over'], models, literal)} "
        f"Pretraining {gains.gained(gain)}. {gains.alone(name, gain, literal)} Sign-flip test: {formatting.p_value(gain['p_value'])}, not corrected, as this comparison was planned."
    )


def _setting(comparison: dict[str, Any]) -> list[str]:
    dataset, protocol, interval = (comparison[k] for k in ("dataset", "protocol", "interval"))
    scored = "test clips" if protocol["part"] == "test" else "**validation clips, as the splits hold no test clip**"
    lines = [
        f"Protocol {literal(protocol['name'])}: {dataset['scored_clips']} {scored} of {counted(dataset['classes'], 'class')}, "
        f"folds {protocol['folds']}, repeats {protocol['repeats']}, seeds {protocol['seeds']}. In brackets: "
        f"{formatting.share(interval['confidence'], None)} intervals over {formatting.units(interval)}."
    ]
    if dataset["synthetic"]:
        lines.append("The data are **synthetic**: the scores say that the workflow runs, and nothing about music.")
    if protocol["leaky"]:
        lines.append(
            "**LEAKY**: models were trained on parts or copies of what is scored, or on clips of its group; the scores are too high."
        )
    lines += _limits(dataset, protocol, interval)
    said = [of_models(comparison["models"]) for of_models in (formatting.mixture, formatting.unfinished)]
    lines += [sentence(text) for text in said if text]
    for name, text in formatting.sentences(comparison, "leaks"):
        lines.append(f"**{literal(name)}**: {literal(text)} Its scores are too high.")
    lines += [f"{literal(name)}: {literal(text)}" for name, text in formatting.sentences(comparison, "notes")]
    return [line for paragraph in lines for line in (paragraph, "")][:-1]


def _limits(dataset: dict[str, Any], protocol: dict[str, Any], interval: dict[str, Any]) -> list[str]:
    """What the table does not say of every clip, class or model, a line for each kind."""
    caveats = ". ".join(map(capitalised, protocol["caveats"]))
    lines = [f"The split: {literal(caveats)}."] if caveats else []
    if protocol["predictions"] != dataset["scored_clips"] * protocol["repeats"]:
        lines.append(
            f"Folds overlap unevenly: all {protocol['predictions']} predictions are pooled, and each counts once."
        )
    if interval["lone_classes"]:
        lines.append(literal(formatting.lone(interval)))
    if protocol["not_shared"]:
        lines.append(f"Left out: {protocol['not_shared']} predictions due that some model did not make.")
    if protocol["left_out"]:
        names = joined(map(literal, protocol["left_out"]))
        lines.append(f"Left out: {names}, which predicted none of these clips.")
    return lines


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
