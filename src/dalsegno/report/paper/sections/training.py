"""The section on how training went, and what models cost."""

from collections.abc import Iterator
from typing import Any

from dalsegno.report import formatting
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, entry, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.sections.results import ranked

COSTS = {"train_s": "training, s", "predict_ms_per_clip": "prediction, ms/clip", "peak_memory_mb": "peak memory, MB"}


def training(s: Sources) -> Iterator[Block]:
    """Curves, and what the models cost."""
    yield blocks.figures(figures.curves(s))
    drawn = figures.learning(s)
    if drawn:
        yield blocks.figures(
            drawn,
            "Log-loss and accuracy by epoch, on the validation clips and on equally many training clips that are shown without "
            "augmentation: where the two part, a network fits its training clips only.",
        )
    head = ["model", "trained parameters", "epochs", "best epoch", *COSTS.values(), "device"]
    rows = [_row(name, m, entry.is_frozen(name.removesuffix(formatting.STAMP), s.params)) for name, m in ranked(s)]
    yield blocks.table("Cost of each model, as means over its runs; –: it has none; ??: not measured.", head, rows)
    yield blocks.text(
        "Times are wall-clock times of this machine, on which several runs may have shared the processors, so that the same network may "
        "take several times as long in another run. Features, spectrograms and embeddings are computed once for all models, and are "
        "not part of these times."
    )
    yield blocks.figures(figures.costs(s), "Accuracy against what a model costs; costs are on logarithmic scales.", 2)


def _row(name: str, m: dict[str, Any], frozen: bool) -> list[str]:
    none = "–" if name.startswith("ensembles/") else formatting.UNMEASURED
    network = "–" if m.get("max_epochs") is None else formatting.UNMEASURED
    values = {cost: formatting.number(m[cost]) if m.get(cost) is not None else none for cost in COSTS}
    if frozen:
        values["predict_ms_per_clip"] += "\nfrom embeddings"
    parameters, best = (
        formatting.number(m[what]) if m.get(what) is not None else network for what in ("parameters", "best_epoch")
    )
    epochs = formatting.epochs(m) if m.get("epochs") is not None else network
    return [name, parameters + "\nhead alone" * frozen, epochs, best, *values.values(), m.get("device", none)]
