"""The sections on what was measured: scores, pairs, confusions, training, cost, and what follows from them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from dalsegno.report import conclusions, formatting, verdict
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.references import Cited

METRICS = {
    "accuracy": "accuracy", "balanced_accuracy": "balanced", "macro_precision": "precision", "macro_recall": "recall",
    "macro_f1": "F1",
}  # fmt: skip
MOST_COLUMNS = 12  # of a table of pairs, and of a matrix of half the width of a page
Scores = Mapping[str, tuple[float, str]]


def scored(s: Sources) -> str:
    """What the clips are called that models are scored on."""
    return "test clips" if s.compare["protocol"]["part"] == "test" else "validation clips"


def ranked(s: Sources) -> list[tuple[str, dict[str, Any]]]:
    """The models, the most accurate first."""
    return sorted(s.compare["models"].items(), key=lambda item: -item[1]["accuracy"])


def results(s: Sources, kaggle: Scores, cite: Cited) -> Iterator[Block]:
    """The table of scores, the differences of all pairs, and class by class. kaggle: score and date by model."""
    interval = s.compare["interval"]
    yield blocks.text(
        f"All models are scored on the same {s.compare['dataset']['scored_clips']:,} {scored(s)}, with {interval['confidence']:.0%} "
        f"intervals over {interval['units']:,} independent {interval['unit']}s{cite('wilson')}. Folds of a repeat are pooled{cite('folds')}, and "
        "scores are means over repeats and seeds."
    )
    yield _table(s, kaggle)
    yield blocks.figures(figures.results(s, scored(s)))
    yield from _pairs(s, cite)
    yield from _gains(s, cite)
    names = _of_each_family(s)
    drawn = figures.confusions(s, names)
    if drawn:
        yield blocks.heading("Confusions")
        caption = (
            "Clips by actual class (row) and called class (column), summed over runs; the best model of each family."
        )
        yield blocks.figures(drawn, caption, 2 if s.compare["dataset"]["classes"] <= MOST_COLUMNS else 1)
    yield from _classes(s, names[0])
    yield blocks.heading("Calibration")
    yield blocks.figures(figures.calibration(s, [name for name, _ in ranked(s)]))
    yield blocks.text(f"Temperatures are fitted on the validation part{cite('guo')}.")


def _table(s: Sources, kaggle: Scores) -> Block:
    letters = s.compare["verdict"]["letters"]
    head = ["model", "group", *METRICS.values(), "log-loss"] + ["Kaggle"] * bool(kaggle)
    rows = []
    for name, m in ranked(s):
        shares = ["{}\n{}".format(*formatting.with_ends(m, metric)) for metric in METRICS]
        loss = "{}\n{}".format(*formatting.with_ends(m, "log_loss", 1.0, 3))
        back = [f"{100 * kaggle[name][0]:.1f}\n{kaggle[name][1]}" if name in kaggle else "–"] * bool(kaggle)
        rows.append([name, letters.get(name, "–"), *shares, loss, *back])
    submitted = " Kaggle: the score that came back for the submission, and when." if kaggle else ""
    caption = "Scores in per cent with intervals below; precision, recall and F1 are means over classes. Models that share a letter are not told apart."
    return blocks.table(caption + submitted, head, rows)


def _pairs(s: Sources, cite: Cited) -> Iterator[Block]:
    of_pairs, said = s.tables["pairs"].to_dict("records"), s.compare["verdict"]
    if not of_pairs:
        return
    yield blocks.heading("Pairs of models")
    repeated = cite("resampled", "benavoli") if s.compare["protocol"]["repeats"] > 1 else ""
    yield blocks.text(
        f"Every two models are compared on the same clips{cite('tango')}; p-values are corrected over {said['pairs']} pairs{cite('holm')}{repeated}. "
        f"Over all models, Cochran's Q is {formatting.number(said['cochran_q'], 1)}, p {formatting.p_value(said['p_value'])}{cite('cochran')}."
        if said.get("cochran_q") is not None
        else f"Every two models are compared on the same clips{cite('tango')}."
    )
    if len(s.compare["models"]) <= MOST_COLUMNS:
        yield _matrix([name for name, _ in ranked(s)], of_pairs)
    best = s.compare["verdict"]["best"][0]
    told = [verdict.sentence(pair, s.compare) for pair in of_pairs if best in (pair["model"], pair["other"])]
    yield blocks.points(told)
    if len(of_pairs) > len(told):
        yield blocks.text(
            f"In words, the other {len(of_pairs) - len(told)} pairs are in reports/report.html; metrics/plots/pairs.csv has all numbers."
        )


def _matrix(names: list[str], of_pairs: list[dict[str, Any]]) -> Block:
    """What the model of a row has more than that of a column, a star where the two are told apart."""
    cells = {
        (pair["model"], pair["other"]): formatting.points(pair["accuracy"]) + "*" * bool(pair["told_apart"])
        for pair in of_pairs
    }
    rows = [[f"{i} {name}", *(cells.get((name, other), "") for other in names[1:])] for i, name in enumerate(names, 1)]
    caption = "What the model of the row has more than that of the column, in points of accuracy; *: told apart after the correction."
    return blocks.table(caption, ["", *map(str, range(2, len(names) + 1))], rows)


def _gains(s: Sources, cite: Cited) -> Iterator[Block]:
    for name, gain in s.compare["gains"].items():
        low, high = (formatting.points(gain[end]) for end in ("low", "high"))
        yield blocks.text(
            f"Pretraining: {name} has {formatting.points(gain['accuracy'])} points of accuracy ({low} to {high}) more than the same network "
            f"from scratch, {gain['over']}; p {formatting.p_value(gain['p_value'])} by the sign-flip test of this planned comparison."
        )


def _classes(s: Sources, name: str) -> Iterator[Block]:
    rows = s.tables["classes"]
    of_model = rows[rows["model"] == name].head(figures.MOST_CLASSES)
    if of_model.empty:
        return
    cells = [
        [
            row["class"],
            *(_share(row[metric]) for metric in ("precision", "recall", "f1")),
            formatting.number(int(row["clips"])),
        ]
        for row in of_model.to_dict("records")
    ]
    yield blocks.heading("Class by class")
    caption = f"Classification report of {name}, in per cent; clips: how many of the class are scored."
    yield blocks.table(caption, ["class", "precision", "recall", "F1", "clips"], cells)


def _share(value: float) -> str:
    return "–" if pd.isna(value) else formatting.percent(value)


def training(s: Sources) -> Iterator[Block]:
    """Curves, and what the models cost."""
    yield blocks.figures(figures.curves(s))
    drawn = figures.learning(s)
    if drawn:
        yield blocks.figures(
            drawn,
            "Log-loss and accuracy by epoch, on validation clips and on as many training clips seen alike: where the two part, a network learns its training clips by heart.",
        )
    costs = {
        "best_epoch": "best epoch",
        "train_s": "training, s",
        "predict_ms_per_clip": "prediction, ms/clip",
        "peak_memory_mb": "peak memory, MB",
    }
    head = ["model", "parameters", "epochs", *costs.values(), "device"]
    rows = [
        [
            *(name, formatting.number(m.get("parameters")), formatting.epochs(m)),
            *(formatting.number(m.get(cost)) for cost in costs),
            m.get("device", formatting.UNMEASURED),
        ]
        for name, m in ranked(s)
    ]
    yield blocks.table("Cost of each model, as means over its runs; ??: not measured, or it has none.", head, rows)
    yield blocks.figures(figures.costs(s), "What accuracy costs.", 2)


def discussion(s: Sources) -> Iterator[Block]:
    """What the numbers support, and what they do not."""
    yield blocks.points(conclusions.conclusions(s.compare, s.tables["pairs"].to_dict("records"), s.tables["confusion"]))
    yield blocks.heading("Limits")
    limits = [
        "An interval covers the choice of these clips among others of the same source. It does not cover another draw of the training "
        "clips, other recording conditions, or a choice made after a look at the scores.",
        f"Being the best of {len(s.compare['models'])} models on the clips that are scored flatters a model a little.",
    ]
    if s.compare["interval"]["units"] < 10:
        limits.append(
            f"With {s.compare['interval']['units']} independent {s.compare['interval']['unit']}s, intervals are rough."
        )
    said = [of_models(s.compare["models"]) for of_models in (formatting.mixture, formatting.unfinished)]
    limits += [sentence for sentence in said if sentence]
    limits += [
        f"{name}: {words}" for kind in ("leaks", "notes") for name, words in formatting.sentences(s.compare, kind)
    ]
    yield blocks.points(limits)


def _of_each_family(s: Sources) -> list[str]:
    best: dict[str, str] = {}
    for name, _ in ranked(s):
        best.setdefault(name.split("/")[0], name)
    return list(best.values())
