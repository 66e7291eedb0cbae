"""The parameters of a split. Each protocol has options of its own; those of another protocol are refused, not ignored."""

from typing import Annotated, Any, Literal

from pydantic import Field

from dalsegno.pipeline.errors import joined
from dalsegno.pipeline.params import section

NO_LIST = "data/clips.csv"
"""`splits.file` where there is no list: DVC demands a path of every dependency, and on this one the stage depends anyway."""
OPTIONS: dict[str, dict[str, Any]] = {
    "holdout": {"test_share": 0.1, "grouped": True},
    "kfold": {"folds": 5, "repeats": 1, "grouped": True},
    "shuffled_segments": {"test_share": 0.1},
}
"""The options that only some protocols have, and the values that these take where none is given."""

Share = Annotated[float, Field(gt=0, lt=1)]


@section
class Protocol:
    """`splits:` of an entry of `pretrain`. An option that is null, or left out, is not given."""

    protocol: Literal[
        "holdout",  # one random split by the shares below
        "kfold",  # cross-validation: every clip is tested once per repeat
        "official",  # the data set's own split
        "fault_filtered",  # GTZAN, 443/197/290 clips without repeats, faults or shared artists
        "artist_folds",  # GTZAN, three folds without shared artists
    ] = "holdout"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    valid_share: Share = 0.1  # of all clips; of the training ones where a given split has no validation part
    test_share: Share | None = None  # holdout, shuffled_segments: of all clips
    folds: Annotated[int, Field(ge=2)] | None = None  # kfold
    repeats: Annotated[int, Field(ge=1, le=1000)] | None = None  # kfold
    grouped: bool | None = None  # holdout, kfold: groups and copies stay together; false leaks where there are any
    allow_leaks: Annotated[str, Field(min_length=1)] | None = None  # why a split that leaks may go on

    def __post_init__(self) -> None:
        for name in ("test_share", "folds", "repeats", "grouped"):
            if getattr(self, name) is not None and name not in OPTIONS.get(self.protocol, {}):
                owners = joined((protocol for protocol, options in OPTIONS.items() if name in options), "or")
                raise ValueError(
                    f"{name} is an option of protocol {owners}, and the protocol is {self.protocol}: leave it out, or set "
                    "it to null"
                )
        test_share = self.options.get("test_share", 0)
        if self.valid_share + test_share >= 1:
            raise ValueError(f"valid_share {self.valid_share} and test_share {test_share} leave nothing to train on")

    @property
    def options(self) -> dict[str, Any]:
        """The options of this protocol by name, those that are not given with their defaults."""
        given = {name: getattr(self, name) for name in OPTIONS.get(self.protocol, {})}
        return {name: OPTIONS[self.protocol][name] if value is None else value for name, value in given.items()}


@section
class OfSegments(Protocol):
    """An entry of `protocols.splits`."""

    protocol: Literal[
        "holdout", "kfold", "official", "fault_filtered", "artist_folds",
        "shuffled_segments",  # LEAKY: pieces of one clip land in training and test; kept to show what that does
    ] = "holdout"  # fmt: skip


@section
class Params(OfSegments):
    """`splits:` in params.yaml."""

    protocol: Literal[
        "holdout", "kfold", "official", "fault_filtered", "artist_folds", "shuffled_segments",
        "file",  # the lists in `file`
    ] = "holdout"  # fmt: skip
    file: Annotated[str, Field(min_length=1)] = NO_LIST  # a folder of train.txt and test.txt, or a CSV
    # file: why listed clips may be absent from the data
    allow_missing: Annotated[str, Field(min_length=1)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.protocol == "file") != (self.file != NO_LIST):
            raise ValueError(
                f"protocol {self.protocol} and file {self.file!r} do not go together: file is the list that protocol file "
                f"reads, and {NO_LIST} stands for none"
            )
        if self.allow_missing is not None and self.protocol != "file":
            raise ValueError(
                f"allow_missing is an option of protocol file, and the protocol is {self.protocol}: leave it out, or set "
                "it to null"
            )
