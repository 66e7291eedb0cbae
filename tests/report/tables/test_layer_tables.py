"""Layers are told by their places and types: the names of the code stand in no report."""

import pandas as pd

from dalsegno.report.tables import layers


def test_layers_are_numbered_and_parameters_in_none_of_them_are_not():
    rows = [("prep", "Standardise", "2 × 8", 0), ("net.body.0.convs", "Conv2d", "16 × 8", 1200), ("", "others", "", 8)]
    shown = layers.table(pd.DataFrame(rows, columns=["layer", "type", "output", "parameters"]))
    assert [[cell.value for cell in row] for row in shown.rows] == [
        ["1", "Standardise", "2 × 8", "0"],
        ["2", "Conv2d", "16 × 8", "1,200"],
        ["–", "others", "", "8"],
        ["all", "", "", "1,208"],
    ]
