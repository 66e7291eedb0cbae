"""The section on how training went, and what models cost."""

from collections.abc import Iterator
from typing import Any

from dalsegno.report import curve_plots, formatting, input_costs
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.sections.results import ranked

COSTS = {
    "input_ms_per_clip": "input,\nms/clip", "train_s": "training,\ns", "predict_ms_per_clip": "prediction,\nms/clip",
    "peak_memory_mb": "peak memory,\nMB",
}  # fmt: skip


def training(s: Sources) -> Iterator[Block]:
    """Curves, and what the models cost."""
    yield blocks.figures(figures.curves(s))
    drawn = figures.learning(s)
    if drawn:
        yield blocks.figures(
            drawn,
            "Log-loss and accuracy by epoch, on the validation clips (valid) and on equally many training clips that are shown without "
            "augmentation (train): where the two part, a network fits its training clips only. Thin lines are single runs, strong ones their "
            f"mean. {curve_plots.behind(s.tables['curves'])}".rstrip(),
            columns=2,
        )
    yield blocks.heading("Cost")
    yield blocks.text(
        f"Times are wall-clock times{_where(s)}. Several runs may have shared the processor, so that the same network may take several times "
        "as long in another run. Parameters count a frozen network in; below them are those that were trained, where it is not all. The input of a model, its features, spectrograms or embeddings, is "
        "computed once for all models that read it, and prediction begins with it."
    )
    head = ["model", "parameters\ntrained", "epochs", "best\nepoch", *COSTS.values()]
    yield blocks.table(
        "Cost of each model, as means over its runs; –: it has none; ??: not measured.",
        head,
        [_row(name, m) for name, m in ranked(s)],
    )
    rows = input_costs.rows(s.compare)
    if rows:
        yield blocks.table("What the inputs of the models took to compute.", input_costs.HEAD, rows, words=2)
    yield blocks.figures(figures.costs(s), "Accuracy against what a model costs; costs are on logarithmic scales.", 2)


def _where(s: Sources) -> str:
    """The machine, as far as the trainings said it."""
    known = [", ".join(s.machine[what]) for what in ("Processor", "GPU") if what in s.machine]
    return f" on this machine: {' and '.join(known)}, {', '.join(s.machine.get('Cores', []))} cores" if known else ""


def _row(name: str, m: dict[str, Any]) -> list[str]:
    none = "–" if name.startswith("ensembles/") else formatting.UNMEASURED
    network = "–" if m.get("max_epochs") is None else formatting.UNMEASURED
    values = [formatting.number(m[cost]) if m.get(cost) is not None else none for cost in COSTS]
    all_of_it, trained, best = (
        formatting.number(m[what]) if m.get(what) is not None else network
        for what in ("parameters", "trained_parameters", "best_epoch")
    )
    epochs = formatting.epochs(m) if m.get("epochs") is not None else network
    parameters = all_of_it if all_of_it == trained else f"{all_of_it}\n{trained}"
    return [name, parameters, epochs, best, *values]
