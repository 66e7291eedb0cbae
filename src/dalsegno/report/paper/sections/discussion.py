"""The section on what follows: what the numbers support, what transfer gains, each model's strengths, and the limits."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dalsegno.artefacts.model_name import is_twin
from dalsegno.report import conclusions, formatting, gains, verdict
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, entry
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.own_words import Params
from dalsegno.report.paper.sections import closing
from dalsegno.report.paper.sections.results import ranked
from dalsegno.report.tables import strengths
from dalsegno.report.tables.table import Cell, Column, Table


def discussion(s: Sources, p: Params) -> Iterator[Block]:
    """What the numbers support, and what they do not; then the answer, and the conclusions of whoever made the run."""
    of_pairs = s.tables["pairs"].to_dict("records")
    yield blocks.points(conclusions.conclusions(s.compare, of_pairs, s.tables["confusion"]))
    yield from _transfer(s)
    yield from _strengths(s)
    yield blocks.heading("Limits")
    yield blocks.points(_limits(s))
    yield blocks.heading("Conclusions")
    yield blocks.text(closing.conclusions(s))
    yield from blocks.paragraphs(p.conclusions or "")


def _gain(name: str, s: Sources) -> str:
    """What pretraining does to a model, against its twin from scratch."""
    of, models = s.compare["gains"][name], s.compare["models"]
    return (
        f"Pretraining {gains.gained(of)}, {formatting.p_value(of['p_value'])} by flipping signs. {name} "
        f"starts from pretrained weights, and {of['over']} is the same network from scratch. {gains.budgets(name, of['over'], models)}"
    )


def _transfer(s: Sources) -> Iterator[Block]:
    """Every transfer model and every twin against the best network that was trained from scratch."""
    order, models = [name for name, m in ranked(s) if not m.get("leaks")], s.compare["models"]
    best = next((name for name in order if conclusions.family(name) == "cnn"), None)
    transferred = [name for name in order if name.startswith("transfer/")]
    if not transferred:
        return
    yield blocks.heading("Transfer")
    yield blocks.text(
        "The question is what is gained by starting from a network that was trained on other data, and how much of it should be trained further."
    )
    against = {frozenset((pair["model"], pair["other"])): pair for pair in s.tables["pairs"].to_dict("records")}
    rows = []
    for name in [*transferred, *([best] if best and best not in transferred else [])]:
        m, pair = models[name], against.get(frozenset((name, best)))
        rows.append([
            *(name, entry.learns(name, s.params), formatting.number(m.get("max_epochs")), formatting.number(m.get("lr"))),
            *(formatting.percent(m["accuracy"]), _difference(name, pair), "–" if pair is None else formatting.p_number(pair["p_holm"])),
        ])  # fmt: skip
    head = ["model", "what learns", "epochs at most", "learning rate", "accuracy, %", "difference", "p after Holm"]
    compared = f", and their difference from {best}, the most accurate network from scratch, in points" if best else ""
    yield blocks.table(
        f"Networks that start from pretrained weights, beside the same networks from scratch{compared}.",
        head,
        rows,
        words=2,
    )
    yield from _strategies(transferred, against, s)
    for name in s.compare["gains"]:
        pair = against.get(frozenset((name, s.compare["gains"][name]["over"])))
        n = s.compare["verdict"]["pairs"]
        corrected = (
            f" This comparison was planned, so its p is not corrected; as one of {n} pairs, it has {formatting.p_value(pair['p_holm'])} after Holm."
            if pair is not None and n > 1
            else ""
        )
        yield blocks.text(_gain(name, s) + corrected)


def _strategies(transferred: list[str], against: dict[frozenset[str], dict[str, Any]], s: Sources) -> Iterator[Block]:
    """The best frozen network against the best that was fine-tuned, and what either learnt and took."""
    models, own = s.compare["models"], [name for name in transferred if not is_twin(name)]
    frozen, tuned = (next((n for n in own if entry.is_frozen(n, s.params) is still), None) for still in (True, False))
    if not frozen or not tuned or frozenset((frozen, tuned)) not in against:
        return
    took = (
        f"{name} learnt {formatting.number(models[name].get('trained_parameters'))} of {formatting.number(models[name].get('parameters'))} "
        f"parameters in {formatting.number(models[name].get('train_s'))} s"
        for name in (frozen, tuned)
    )
    yield blocks.text(
        f"A frozen network with a new head against a fine-tuned one, the most accurate of each: {verdict.sentence(against[frozenset((frozen, tuned))], s.compare)} "
        f"{'; '.join(took)}. These networks may differ in more than what learns, such as the data that they were pretrained on."
    )


def _difference(name: str, pair: dict[str, Any] | None) -> str:
    if pair is None:
        return "–"
    return formatting.points(pair["accuracy"] if pair["model"] == name else -pair["accuracy"])


def _strengths(s: Sources) -> Iterator[Block]:
    """What each model does best and worst, and how its training went."""
    of = strengths.table(s.compare["models"], s.tables["confusion"])
    trained = [Cell(_course(name, m, s)) for name, m in ranked(s)]
    rows = [[*row, last] for row, last in zip(of.rows, trained, strict=True)]
    course = "Training: what is right at the best epoch of the validation and of the training clips, seconds, and runs that ended at their limit of epochs."
    yield blocks.heading("Strengths and weaknesses")
    said = ["Models that are equally accurate may be wrong about different clips.", *_by_class(s), *_overfitting(s)]
    yield blocks.text(" ".join(said))
    yield blocks.tabled(f"{strengths.LEGEND} {course}", Table([*of.columns, Column("training", words=True)], rows))


def _by_class(s: Sources) -> Iterator[str]:
    """Which classes are easiest and hardest, whatever the model."""
    recall, n = s.tables["classes"].groupby("class")["recall"].mean().dropna(), len(s.compare["models"])
    if n > 1 and recall.nunique() > 1:
        best, worst = (
            f"{name} ({formatting.share(recall[name], 0)} of its clips)" for name in (recall.idxmax(), recall.idxmin())
        )
        yield f"On average over all {n} models, {best} is recognised best and {worst} worst."


def _overfitting(s: Sources) -> Iterator[str]:
    """Which network fits its training clips most beyond new ones, and which least."""
    found = {name: _right_at_best(name, s) for name, _ in ranked(s)}
    right = {name: shares for name, shares in found.items() if shares and all(map(pd.notna, shares))}
    if len(right) < 2:
        return
    by_gap = sorted(right, key=lambda name: right[name][0] - right[name][1])
    least, most = (
        f"{name} ({' and '.join(formatting.share(share, 0) for share in right[name])} right)"
        for name in (by_gap[0], by_gap[-1])
    )
    yield (
        f"Of the networks at their best epochs, {most} has the widest gap between training and validation clips, so it "
        f"fits what it knows most beyond what is new to it; {least} has the narrowest."
    )


def _course(name: str, m: dict[str, Any], s: Sources) -> str:
    """How training went, from the curves of a model and its cost."""
    rows = s.tables["curves"]
    rows, took = rows[rows["model"] == name], f"{formatting.number(m.get('train_s'))} s"
    if rows.empty:
        return took
    shares = _right_at_best(name, s)
    right = f"{_told(*shares)}; " if shares else ""
    runs = rows.groupby("run")["epoch"].max() + 1
    capped = int((runs >= m["max_epochs"]).sum()) if m.get("max_epochs") else 0
    cap = f"; {capped} of {len(runs)} runs at {formatting.n_epochs(m['max_epochs'])}" if capped else ""
    return f"{right}{took}{cap}"


def _right_at_best(name: str, s: Sources) -> tuple[float, float] | None:
    """What a network has right of the training and of the validation clips at the best epochs of its runs, if curves say it."""
    rows, watched = s.tables["curves"], entry.monitor(name.removesuffix(formatting.STAMP), s.params)
    rows = rows[rows["model"] == name]
    if rows.empty or watched not in rows or rows[watched].isna().any():
        return None
    at = rows.loc[rows.groupby("run")[watched].agg(_best_row)]
    return at["train_accuracy"].mean(), at["val_accuracy"].mean()


def _told(fit: float, held: float) -> str:
    training = f", training {formatting.share(fit, 0)}" if pd.notna(fit) else ""
    return f"validation {formatting.share(held, 0)}{training}"


def _best_row(values: pd.Series) -> Any:
    """The row of the best epoch of a run: of the lowest loss, or of the highest score."""
    return values.idxmin() if str(values.name).endswith("loss") else values.idxmax()


def _limits(s: Sources) -> Iterator[str]:
    interval, protocol = s.compare["interval"], s.compare["protocol"]
    yield (
        "An interval covers the choice of these clips among others of the same source. It does not cover another draw of the training "
        "clips, other recording conditions, or a choice made after a look at the scores."
    )
    if protocol.get("seeds") == 1:
        yield "Each network was trained with one seed; how far another seed would move its score was not measured."
    if len(s.compare["models"]) > 1:
        yield f"The best of {len(s.compare['models'])} models looks somewhat better than it is, as it was chosen on the clips that are scored."
    if interval["units"] < 10:
        yield f"With {formatting.units(interval, 'independent ')}, intervals are rough."
    said = [of_models(s.compare["models"]) for of_models in (formatting.mixture, formatting.unfinished)]
    yield from (sentence for sentence in said if sentence)
    for kind in ("leaks", "notes"):
        yield from (f"{name}: {words}" for name, words in formatting.sentences(s.compare, kind))
