"""The section on what was measured: scores, pairs of models, confusions, classes one by one, and calibration."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dalsegno.report import conclusions, formatting
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.references import Cited
from dalsegno.report.tables import calibration, scores

MOST_COLUMNS = 12  # of a table of pairs, and of a matrix of half the width of a page


def ranked(s: Sources) -> list[tuple[str, dict[str, Any]]]:
    """The models, the most accurate first."""
    return [(name, s.compare["models"][name]) for name in formatting.ranked(s.compare["models"])]


def results(s: Sources, kaggle: scores.Kaggle, cite: Cited) -> Iterator[Block]:
    """The table of scores, the differences of all pairs, and class by class. kaggle: score and date by model."""
    interval = s.compare["interval"]
    yield blocks.text(
        f"All models are scored on the same {s.compare['dataset']['scored_clips']:,} {formatting.scored(s.compare)}, with {formatting.share(interval['confidence'], None)} "
        f"intervals over {formatting.units(interval, 'independent ')}{cite('wilson')}. Folds of a repeat are pooled{cite('folds')}, and "
        f"scores are means over repeats and seeds.{_left_out(s)} {formatting.guessing(s.compare['dataset'])}"
    )
    yield blocks.tabled(f"Scores. {scores.legend(s.compare, kaggle)}", scores.table(s.compare, kaggle))
    yield blocks.figures(figures.results(s))
    yield from _pairs(s, cite)
    names = list(conclusions.best_of_each(name for name, _ in ranked(s)).values())
    drawn = figures.confusions(s, names)
    if drawn:
        yield blocks.heading("Confusions")
        yield blocks.text("Which classes a model takes for which others; what lies on the diagonal is right.")
        caption = (
            "Clips by actual class (row) and predicted class (column), summed over runs; the best model of each family."
        )
        yield blocks.figures(drawn, caption, _side_by_side(s.compare["dataset"]["classes"]))
    yield blocks.heading("Class by class")
    yield blocks.text("An accuracy may hide that a model is good at some classes and poor at others.")
    yield _classes(s, names)
    yield blocks.heading("Calibration")
    yield blocks.text(
        "A model is calibrated if it is right about 80% of the clips to which it gives a probability of 80%. A temperature, fitted on the "
        f"validation part of each fold{cite('guo')}, makes it more or less sure and changes none of its answers. reports/report.html shows all models."
    )
    yield blocks.tabled(calibration.legend(interval), calibration.table(s.compare["models"]))
    yield blocks.figures(figures.calibration(s, names))


def _pairs(s: Sources, cite: Cited) -> Iterator[Block]:
    of_pairs, said = s.tables["pairs"].to_dict("records"), s.compare["verdict"]
    if not of_pairs:
        return
    yield blocks.heading("Pairs of models")
    repeated = cite("resampled", "benavoli") if any(pd.notna(pair.get("p_resampled")) for pair in of_pairs) else ""
    alone = cite("tango")
    several = said["pairs"] > 1
    many = f", and is corrected over {said['pairs']} pairs{cite('holm')}" if several else ""
    may_part = " So an interval may exclude zero where the pair, as one of many, is not told apart." if several else ""
    honest = " that are not marked LEAKY" if any("leaks" in m for m in s.compare["models"].values()) else ""
    over_all = (
        f" Over all models{honest}, Cochran's Q is {formatting.number(said['cochran_q'], 1)}, "
        f"{formatting.p_value(said['p_value'])}{cite('cochran')}."
    )
    yield blocks.text(
        f"Every pair of models is compared on the same clips. An interval is that of one pair alone{alone}; a p-value comes from "
        f"flipping the signs of the differences of whole {s.compare['interval']['unit']}s{many}{repeated}."
        f"{may_part}{over_all}"
    )
    yield _matrix([name for name, _ in ranked(s)], of_pairs)
    best = said["best"][0]
    told = [_pair(best, pair) for pair in of_pairs if best in (pair["model"], pair["other"])]
    head = ["other model", "difference", "p", "p corrected", "smallest visible", "told apart"]
    yield blocks.table(
        f"{best} against each other model: differences of accuracy in points, with intervals below.", head, told
    )
    if len(of_pairs) > len(told):
        yield blocks.text("metrics/plots/pairs.csv has these numbers for every pair.")


def _pair(best: str, pair: dict[str, Any]) -> list[str]:
    """A row of the table of the best model against another."""
    sign, other = (1, pair["other"]) if pair["model"] == best else (-1, pair["model"])
    size, *ends = (formatting.points(sign * pair[name]) for name in ("accuracy", "low", "high"))
    known = not pd.isna(pair["low"])
    shown = f"{size}\n{' to '.join(ends[::sign])}" if known else size
    ps = [formatting.p_number(pair[name]) for name in ("p_value", "p_holm")]
    return [
        other,
        shown,
        *ps,
        "–" if pd.isna(pair["visible"]) else formatting.points(pair["visible"]),
        "yes" if pair["told_apart"] else "no",
    ]


def _matrix(names: list[str], of_pairs: list[dict[str, Any]]) -> Block:
    """What the model of a row has more than that of a column, a star where the two are told apart; of the best MOST_COLUMNS."""
    cells = {
        (pair["model"], pair["other"]): formatting.points(pair["accuracy"]) + "*" * bool(pair["told_apart"])
        for pair in of_pairs
    }
    shown = names[:MOST_COLUMNS]
    rows = [[f"{i} {name}", *(cells.get((name, other), "") for other in shown[1:])] for i, name in enumerate(shown, 1)]
    of = f" Of {len(names)} models, the {len(shown)} most accurate." * (len(names) > len(shown))
    caption = f"Accuracy of the row's model minus that of the column's model, in points; *: told apart after the correction.{of}"
    return blocks.table(caption, ["", *map(str, range(2, len(shown) + 1))], rows)


def _classes(s: Sources, names: list[str]) -> Block:
    """A row per class, a column per model."""
    rows, by_model = [], dict(list(s.tables["classes"].groupby("model")))
    for i, of_first in enumerate(by_model[names[0]].head(figures.MOST_CLASSES).to_dict("records")):
        cells = [by_model[name].iloc[i] for name in names]
        shown = [f"{_share(of['f1'])}\n{_share(of['precision'])} / {_share(of['recall'])}" for of in cells]
        rows.append([of_first["class"], formatting.number(int(of_first["clips"])), *shown])
    caption = "F1 of each class in per cent, with precision / recall below, of the best model of each family; clips: how many are scored."
    return blocks.table(caption, ["class", "clips", *names], rows)


def _side_by_side(n_classes: int) -> int:
    """How many matrices of so many classes fit beside one another."""
    return 3 if n_classes <= MOST_COLUMNS - 4 else 2 if n_classes <= MOST_COLUMNS else 1


def _share(value: float) -> str:
    return "–" if pd.isna(value) else formatting.percent(value)


def _left_out(s: Sources) -> str:
    """Which clips are not scored, and which intervals there are not, and why."""
    protocol, interval = s.compare["protocol"], s.compare["interval"]
    said = []
    if protocol["not_shared"]:
        said.append(f"{protocol['not_shared']:,} predictions are left out, as not every model made them: a clip without features, for one.")  # fmt: skip
    if interval["lone_classes"]:
        said.append(formatting.lone(interval))
    return "".join(f" {sentence}" for sentence in said)
