"""All numbers that compare.json holds of each model, and how reliable its probabilities are."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dalsegno.scoring import compare, held_out
from dalsegno.scoring.gathered import Gathered
from dalsegno.scoring.held_out import Run, Scored
from dalsegno.scoring.intervals import Params
from dalsegno.scoring.per_model import reliability, seeds, segment_accuracy


@dataclass(frozen=True)
class Reliability:
    """The runs of each model as they are, and those of models with a temperature for every run at these temperatures."""

    s: Scored
    runs: dict[str, list[Run]]
    temperatures: dict[str, reliability.Temperatures]
    scaled: dict[str, list[Run]]

    @classmethod
    def of(cls, g: Gathered) -> "Reliability":
        """Fit the temperatures of every model on its validation clips."""
        by_run = {name: reliability.temperatures(g.validation[name], g.s.classes) for name in g.runs}
        tables = {name: reliability.scaled(table, by_run[name]) for name, table in g.predicted.items()}
        scaled = {name: held_out.runs(g.s, table) for name, table in tables.items() if table is not None}
        return cls(g.s, g.runs, by_run, scaled)

    def scores(self, name: str) -> dict[str, float]:
        """As of `reliability.scores`; empty for a model without a temperature."""
        runs = self.scaled.get(name)
        return {} if runs is None else reliability.scores(self.s, runs, self.temperatures[name])

    def bin_rows(self) -> list[pd.DataFrame]:
        """reliability.csv."""
        both = [(self.runs, False), (self.scaled, True)]
        return [
            reliability.bin_rows(name, self.s, runs, is_scaled)
            for models, is_scaled in both
            for name, runs in models.items()
        ]

    def coverage_rows(self) -> list[pd.DataFrame]:
        """coverage.csv, at the temperatures where there are any: confidences of folds and seeds compare better so."""
        return [reliability.coverage_rows(name, self.s, runs) for name, runs in (self.runs | self.scaled).items()]


def scores(g: Gathered, of_models: Reliability, p: Params, synthetic: bool) -> dict[str, dict[str, Any]]:
    """`models` of compare.json: metrics with intervals, over seeds, of segments, calibration, cost, and what weights knew."""
    known = g.known(synthetic)
    return {
        name: metrics
        | seeds.spread(g.s, g.runs[name], metrics, p.confidence)
        | _of_segments(g, name, p)
        | of_models.scores(name)
        | known[name]
        for name, metrics in compare.scores(g.s, g.runs, p).items()
    }


def _of_segments(g: Gathered, name: str, p: Params) -> dict[str, float | None]:
    """Empty for an ensemble, which has no windows of its own."""
    folder = g.folders.get(name)
    return segment_accuracy.scores(name, folder / "segments.parquet", g.s, p.confidence) if folder else {}
