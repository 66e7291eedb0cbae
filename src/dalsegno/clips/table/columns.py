"""Which column of a table says what."""

from typing import Annotated

from pydantic import Field

from dalsegno.pipeline.params import section

Name = Annotated[str, Field(min_length=1)]


@section
class Columns:
    """`dataset.columns` in params.yaml: a column's name, or a text with names of columns in braces, `audio/fold{fold}/{file}`."""

    path: Name  # below the root or the table's own folder; or a file's name alone, with or without its suffix
    label: Name | None = None  # an empty cell: a clip to predict. null: all are
    second_label: Name | None = None  # another labelling of the same clips, to be counted beside the first
    group: Name | None = None  # artist, song, source
    split: Name | None = None  # train, valid or test, as the data set was published
    fold: Name | None = None  # the fold that tests the clip, as the data set was published
    start_s: Name | None = None  # where in the file the clip begins, in seconds
    end_s: Name | None = None  # where it ends

    def __post_init__(self) -> None:
        if self.split and self.fold:
            raise ValueError("split and fold are two ways to state the published parts: name one of them")
