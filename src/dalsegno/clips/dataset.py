"""What a data set is: a folder, and the adapter in `datasets/` that lists its clips."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dalsegno.clips.known import collections
from dalsegno.clips.table.columns import Columns
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import joined
from dalsegno.pipeline.params import section

WHERE = "`dataset.root` in params.yaml says where the data set lies, `dataset.name` which layout it has."


def _adapter(name: str) -> str:
    """`name`, if datasets/ has a file of that name."""
    params.component("dalsegno.datasets", name)
    return name


@section
class Params:
    """`dataset:` in params.yaml."""

    name: Annotated[str, AfterValidator(_adapter)]  # a file of datasets/: folders, gtzan, nsynth, …
    root: str  # folder that holds the data
    title: Annotated[str, Field(min_length=1)] | None = None  # in the report; null: as its about.json, or the folder
    target: str | None = None  # which label to use if there are several (nsynth: instrument_family, instrument_source)
    table: str | None = None  # table: the file of paths and labels below the root; `*/metadata.csv`: one in each folder
    columns: Columns | None = None  # table: which of its columns says what
    labels: dict[str, str] = field(default_factory=dict)  # table: what a label is called here, if not as in the table
    # a known one: its licence goes with results
    collection: Annotated[str, AfterValidator(collections.known)] | None = None
    leave_out: list[str] = field(default_factory=list)  # labels to leave out
    # auto: groups.csv or what the data set states, else tags; tags: of the files; folders: below the class; file: groups.csv
    groups: Literal["auto", "tags", "folders", "file", "none"] = "auto"
    allow_ungrouped: str | None = None  # the reason why groups.csv may match only a part of the files
    per_class: Annotated[int, Field(ge=1)] | None = None  # maximum number of clips per class, for trying things out
    min_duration_s: Annotated[float, Field(ge=0)] = 0.5  # shorter clips are excluded
    near_copies: bool = True  # also search for copies at another gain, bit rate, sample rate, or shifted by up to 1 s
    on_fault: Literal["exclude", "fail"] = "exclude"  # exclude: leave a faulty file out; fail: stop the run

    def __post_init__(self) -> None:
        given = [name for name in ("table", "columns", "labels") if getattr(self, name)]
        if self.name == "table" and not (self.table and self.columns):
            raise ValueError("name: table needs `table`, a file of paths and labels below the root, and `columns`")
        if self.name != "table" and given:
            raise ValueError(f"{', '.join(given)}: of no use where name is {self.name!r}; they go with name: table")
        targets = getattr(params.component("dalsegno.datasets", self.name), "TARGETS", ())
        if self.target is not None and self.target not in targets:
            none = f"null, as name is {self.name!r}, which has one label per clip"
            expected = joined(targets, "or") if targets else none
            raise ValueError(f"target is {self.target!r}; expected {expected}")


@dataclass(frozen=True)
class Clip:
    """A clip of a data set, as its adapter lists it."""

    id: str  # unique, stable, safe as a file name
    path: Path  # audio file, a part of one (sound.excerpt), or a spectrogram as a picture
    label: str | None = None  # None: unlabelled, to be predicted (a Kaggle test folder)
    group: str | None = None  # clips that must share a split: artist, song, instrument
    split: str | None = None  # train, valid or test, or `fold 3`, where the data set has a split of its own
    second_label: str | None = None  # what it is by the data set's other labelling (NSynth: source beside family)
    fault: str | None = None  # "kind: explanation" if the adapter already knows why it cannot be used
