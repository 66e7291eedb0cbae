"""What a data set is: a folder, and the adapter in `datasets/` that lists its clips."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dalsegno.pipeline import params
from dalsegno.pipeline.params import section


def _adapter(name: str) -> str:
    """`name`, if datasets/ has a file of that name."""
    params.component("dalsegno.datasets", name)
    return name


@section
class Params:
    """`dataset:` in params.yaml."""

    name: Annotated[str, AfterValidator(_adapter)]  # a file of datasets/: folders, gtzan, nsynth, …
    root: str  # folder that holds the data
    title: Annotated[str, Field(min_length=1)] | None = (
        None  # what the report calls it; null: as its about.json, or the folder
    )
    target: str | None = None  # which label to use if there are several (nsynth: instrument_family, instrument_source)
    leave_out: list[str] = field(default_factory=list)  # labels to leave out
    allow_ungrouped: str | None = None  # the reason why groups.csv may match only a part of the files
    per_class: Annotated[int, Field(ge=1)] | None = None  # maximum number of clips per class, for trying things out
    min_duration_s: Annotated[float, Field(ge=0)] = 0.5  # shorter clips are excluded
    near_copies: bool = True  # also search for copies at another gain, bit rate, sample rate, or shifted by up to 1 s
    on_fault: Literal["exclude", "fail"] = "exclude"  # exclude: leave a faulty file out; fail: stop the run


@dataclass(frozen=True)
class Clip:
    """One file of a data set, as its adapter lists it."""

    id: str  # unique, stable, safe as a file name
    path: Path  # audio file (or spectrogram image)
    label: str | None = None  # None: unlabelled, to be predicted (a Kaggle test folder)
    group: str | None = None  # clips that must share a split: artist, song, instrument
    split: str | None = None  # train, valid or test where the data set has a split of its own
    fault: str | None = None  # "kind: explanation" if the adapter already knows why it cannot be used
