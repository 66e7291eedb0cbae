"""The section on how training went, and what models cost."""

from collections.abc import Iterator

from dalsegno.report import curve_plots
from dalsegno.report.page.sources import Sources
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.tables import costs, inputs


def training(s: Sources) -> Iterator[Block]:
    """Curves, and what the models cost."""
    drawn = figures.learning(s)
    if drawn:
        yield blocks.text(
            "Networks are trained epoch by epoch; of each run, the epoch that did best on the validation clips is kept."
        )
        yield blocks.figures(figures.curves(s))
        yield blocks.figures(
            drawn,
            "Metrics by epoch, on the validation clips (valid) and on equally many training clips that are shown without "
            "augmentation (train): where the two diverge, a network fits its training clips better than new ones. Thin lines are single runs, strong ones their "
            f"mean. {curve_plots.behind(s.tables['curves'])}".rstrip(),
            columns=2,
        )
    yield blocks.heading("Cost")
    yield blocks.text("Among models that are not told apart, the cheaper one may be the better choice.")
    yield blocks.tabled(f"Cost of each model. {costs.legend(s.compare['models'])}", costs.table(s.compare["models"]))
    of_inputs = inputs.table(s.compare)
    if of_inputs.rows:
        yield blocks.tabled(f"What the inputs cost. {inputs.LEGEND}", of_inputs)
    yield blocks.figures(
        figures.costs(s),
        "Accuracy against what a model costs, on logarithmic scales. Where there is no room for a name, a number gives the rank of the model among the scores.",
        2,
    )
