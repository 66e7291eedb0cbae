"""An entry under `search:` in params.yaml."""

from typing import Annotated, Any, Literal

from pydantic import Field

from dalsegno.pipeline.params import section
from dalsegno.search import space

FAMILIES = ("mlp", "cnn", "transfer")
Count = Annotated[int, Field(ge=1)]
LARGEST_GRID = 10_000


@section
class Params:
    """`of` is searched from its entry on: what `space` does not name stays as that has it."""

    of: str  # <family>.<key>, such as mlp.small
    input: str  # what it reads, below data/: features.parquet, spectrograms/<key>, embeddings/<key>
    space: dict[str, Any]
    sampler: Literal["random", "grid", "tpe"] = "random"
    pruner: Literal["halving", "median"] | None = None  # ends trials that fall behind, by the epoch
    trials: Count | None = 20  # null: all points of a grid
    metric: Literal["val_accuracy", "val_balanced_accuracy", "val_macro_f1", "val_loss"] = "val_accuracy"
    folds: Count | None = 1  # the first folds, on which a trial is trained; null: all
    seed: Annotated[int, Field(ge=0)] = 0  # of what is drawn; networks are trained with the seeds of their entry
    workers: Count = 1  # processes; with tpe or a pruner, only one gives the same trials again

    def __post_init__(self) -> None:
        family, _, key = self.of.partition(".")
        if family not in FAMILIES or not key:
            raise ValueError(
                f"of: expected {'.KEY, '.join(FAMILIES)}.KEY, as only what is trained by epochs is searched, got {self.of}"
            )
        wrong = space.problems(self.space)
        wrong += [
            f"{path}: leave out {self.of}, where every path begins"
            for path in self.space
            if path.startswith(f"{self.of}.")
        ]
        if wrong:
            raise ValueError("; ".join(f"space: {what}" for what in wrong))
        if self.sampler != "grid" and self.trials is None:
            raise ValueError("trials: null stands for all of a grid; give a number")
        if self.sampler == "grid" and space.grid_size(self.space) > LARGEST_GRID:
            raise ValueError(
                f"the grid has {space.grid_size(self.space):,} trials, more than {LARGEST_GRID:,}; make it smaller, or draw at random"
            )

    @property
    def n_trials(self) -> int:
        """How many trials there are to be."""
        size = space.grid_size(self.space) if self.sampler == "grid" else None
        return min(n for n in (self.trials, size) if n is not None)

    @property
    def maximise(self) -> bool:
        """Whether more of the metric is better."""
        return self.metric != "val_loss"
