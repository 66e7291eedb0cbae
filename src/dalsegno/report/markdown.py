"""The comparison as a table in Markdown, to be read in a terminal, an editor or a pull request."""

from typing import Any

import pandas as pd

from dalsegno.report import conclusions, formatting, gains, input_costs, verdict

PERCENT = {
    "accuracy": "accuracy %", "segment_accuracy": "segment acc. %", "balanced_accuracy": "balanced acc. %",
    "top_3_accuracy": "top-3 acc. %", "macro_precision": "precision %", "macro_recall": "recall %", "macro_f1": "F1 %",
    "calibration_error": "calibration error %",
}  # fmt: skip

COSTS = {
    "parameters": "parameters", "trained_parameters": "trained", "train_s": "training s",
    "input_ms_per_clip": "input ms/clip", "predict_ms_per_clip": "prediction ms/clip",
}  # fmt: skip


def table(comparison: dict[str, Any], pairs: pd.DataFrame, confusion: pd.DataFrame) -> str:
    """compare.json as a Markdown table, the best accuracy first, under the verdict and what was tested how.

    pairs: pairs.csv, each row of which is a sentence below the table. confusion: confusion.csv.
    """
    of_pairs = formatting.stamped_pairs(comparison, pairs)
    confusion = confusion.assign(model=confusion["model"].map(formatting.names(comparison)))
    comparison = formatting.stamped(comparison)
    dataset = comparison["dataset"]
    synthetic = " (synthetic)" if dataset["synthetic"] else ""
    models = [(name, comparison["models"][name]) for name in formatting.ranked(comparison["models"])]
    lines = [f"# {_cell(dataset['title'])}{synthetic}: models compared", ""]
    lines += [_cell(" ".join(verdict.verdict(comparison, of_pairs))), "", *_setting(comparison), ""]
    concluded = conclusions.conclusions(comparison, of_pairs, confusion)
    lines += ["## Conclusions", "", *(f"- {_cell(text)}" for text in concluded), ""] if concluded else []
    lines += [
        "## Scores",
        "",
        f"Even guessing among {dataset['classes']} classes gives {formatting.share(1 / dataset['classes'])}.",
    ]
    lines += ["", *_rows(models, comparison["verdict"]["letters"], few=dataset["classes"] <= 3)]
    lines += (
        ["", 'Models that share a letter in the column "tied" are not told apart by these clips; a letter is no grade.']
        if comparison["verdict"]["letters"]
        else []
    )
    if any("segment_accuracy" in model for _, model in models):
        lines += ["", "Segment accuracy: before the segments of a clip are put together; – where a clip is seen whole."]
    lines += _on_costs(comparison)
    of_gains = [_gain(name, gain, comparison["models"]) for name, gain in comparison["gains"].items()]
    lines += ["", "## What pretraining changes"] if of_gains else []
    lines += [line for said in of_gains for line in ("", said)]
    lines += ["", *_on_pairs(comparison), ""] if of_pairs else []
    lines += [f"- {_cell(verdict.sentence(pair, comparison))}" for pair in of_pairs]
    return "\n".join(lines) + "\n"


def _rows(models: list[tuple[str, dict[str, Any]]], letters: dict[str, str], few: bool) -> list[str]:
    """few: no more than three classes, of which the right one is always among three."""
    percent = {metric: head for metric, head in PERCENT.items() if any(metric in model for _, model in models)}
    percent = {metric: head for metric, head in percent.items() if not (few and metric == "top_3_accuracy")}
    head = ["model", "tied", *percent.values(), "log-loss", *COSTS.values()]
    lines = [_row(head), _row(["---", "---", *["---:"] * (len(head) - 2)])]
    for name, model in models:
        shares = [_with_ends(model, metric, 100.0, 1) for metric in percent]
        costs = [formatting.number(model.get(c)) for c in COSTS]
        lines.append(
            _row([_cell(name), letters.get(name, "–"), *shares, _with_ends(model, "log_loss", 1.0, 3), *costs])
        )
    return lines


def _on_costs(comparison: dict[str, Any]) -> list[str]:
    """What the columns of costs mean, and what the inputs took."""
    lines = [
        "",
        "Parameters count a frozen network in, those trained do not. Input: the features, spectrograms or embeddings that a model reads, "
        "computed once for all models; prediction begins with them.",
    ]
    rows = input_costs.rows(comparison)
    table = [
        _row(input_costs.HEAD),
        _row(["---", "---", *["---:"] * 3]),
        *(_row(list(map(_cell, row))) for row in rows),
    ]
    return lines + (["", *table] if rows else [])


def _on_pairs(comparison: dict[str, Any]) -> list[str]:
    n = comparison["verdict"]["pairs"]
    how = f"{n} pairs" if n > 1 else "one pair"
    return [
        "## Every pair of models",
        "",
        f"In points of accuracy, on the same clips: {how}. An interval is that of one pair alone, while p is corrected (Holm) over "
        "all pairs, as among many pairs some differ by chance; models are told apart by p.",
    ]


def _gain(name: str, gain: dict[str, Any], models: dict[str, dict[str, Any]]) -> str:
    right, wrong = (formatting.number(round(gain[k], 1)) for k in ("right_alone", "wrong_alone"))
    return (
        f"{_cell(gain['over'])} is the network of {_cell(name)} from scratch. "
        f"{gains.budgets(name, gain['over'], models, _cell)} "
        f"Pretraining {gains.gained(gain)}. On average over runs {_cell(name)} is right about {right} clips that "
        f"{_cell(gain['over'])} calls wrong, and wrong about {wrong} that it calls right: sign-flip test, "
        f"p {formatting.p_value(gain['p_value'])}, not corrected, as this comparison was planned."
    )


def _setting(comparison: dict[str, Any]) -> list[str]:
    dataset, protocol, interval = (comparison[k] for k in ("dataset", "protocol", "interval"))
    scored = "test clips" if protocol["part"] == "test" else "**validation clips, as the splits hold no test clip**"
    lines = [
        f"Protocol {_cell(protocol['name'])}: {dataset['scored_clips']} {scored} of {dataset['classes']} classes, "
        f"folds {protocol['folds']}, repeats {protocol['repeats']}, seeds {protocol['seeds']}. In brackets: "
        f"{formatting.share(interval['confidence'], None)} intervals over {formatting.units(interval)}."
    ]
    if dataset["synthetic"]:
        lines.append("The data are **synthetic**: the scores say that the workflow runs, and nothing about music.")
    if protocol["leaky"]:
        lines.append(
            "**LEAKY**: models were trained on parts, copies or the group of what is scored; the scores are too high."
        )
    lines += _limits(dataset, protocol, interval)
    said = [of_models(comparison["models"]) for of_models in (formatting.mixture, formatting.unfinished)]
    lines += [_cell(sentence) for sentence in said if sentence]
    for name, text in formatting.sentences(comparison, "leaks"):
        lines.append(f"**{_cell(name)}**: {_cell(text)} Its scores are too high.")
    lines += [f"{_cell(name)}: {_cell(text)}" for name, text in formatting.sentences(comparison, "notes")]
    return [line for paragraph in lines for line in (paragraph, "")][:-1]


def _limits(dataset: dict[str, Any], protocol: dict[str, Any], interval: dict[str, Any]) -> list[str]:
    """What the table does not say of every clip, class or model, a line for each kind."""
    lines = [f"The split: {_cell(caveat)}." for caveat in protocol["caveats"]]
    if protocol["predictions"] != dataset["scored_clips"] * protocol["repeats"]:
        lines.append(
            f"Folds overlap unevenly: all {protocol['predictions']} predictions are pooled, and each counts once."
        )
    if interval["lone_classes"]:
        names = ", ".join(map(_cell, interval["lone_classes"]))
        lines.append(f"No interval for means over classes: all clips of {names} are of a single {interval['unit']}.")
    if protocol["not_shared"]:
        lines.append(f"Left out: {protocol['not_shared']} predictions due that some model did not make.")
    if protocol["left_out"]:
        names = ", ".join(map(_cell, protocol["left_out"]))
        lines.append(f"Left out: {names}, which predicted none of these clips.")
    return lines


def _with_ends(model: dict[str, Any], metric: str, scale: float, digits: int) -> str:
    return "{} ({})".format(*formatting.with_ends(model, metric, scale, digits)) if metric in model else "–"


def _cell(text: str) -> str:
    """`text` as literal Markdown that cannot break out of its cell."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return "".join("\\" + c if c in "\\|*_`[]" else c for c in text)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
