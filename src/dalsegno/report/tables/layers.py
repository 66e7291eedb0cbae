"""The layers of a network, by their places: the names that the code gives them say nothing to a reader."""

import pandas as pd

from dalsegno.report import formatting
from dalsegno.report.tables.table import Column, Table, plain

COLUMNS = [*(Column(head, words=True) for head in ("layer", "type", "output")), Column("parameters")]
LEGEND = (
    "Its layers in the order of the data, with the shape of each layer's output for one clip or window. `layers.csv`, beside "
    "the stored model, has the names that the code gives them."
)


def table(layers: pd.DataFrame) -> Table:
    """A row per layer and one for all. layers: of layers.csv, in their order; the last may be of parameters in no layer."""
    rows = [
        [str(place) if output else formatting.NONE, kind, output, formatting.number(int(n))]
        for place, (kind, output, n) in enumerate(
            zip(*(layers[c] for c in ("type", "output", "parameters")), strict=True), 1
        )
    ]
    return plain(COLUMNS, [*rows, ["all", "", "", formatting.number(int(layers["parameters"].sum()))]])
