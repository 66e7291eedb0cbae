"""`view:` in params.yaml: what a network sees of a stored clip."""

from pathlib import Path
from typing import Annotated, Any, Literal

from jaxtyping import Int
from pydantic import Field
from torch import Tensor

from dalsegno.pipeline import progress
from dalsegno.pipeline.errors import UserError, counted
from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import typed
from dalsegno.training.views.preprocess import Channels, Normalisation, Size

Seconds = Annotated[float, Field(gt=0, le=86_400)]  # a day at most
WIDELY = 2.0  # the longest clip against the median one, from where on padding is worth a word


@section
class Windows:
    """`view:` of an embeddings entry: the pieces in which a network sees a clip."""

    crop_s: Seconds | None = 3.0  # seconds at a time; null: whole clips
    hop_s: Seconds | None = None  # between evaluation windows; null: crop_s, end to end


@section
class View(Windows):
    """`view:` of every cnn, pretrain and fine-tuned transfer entry: what the network sees of a clip, and how."""

    # train on all of so many equal parts of a clip, not a random crop
    parts: Annotated[int, Field(ge=2, le=10_000)] | None = None
    evaluate: Literal["windows", "whole"] = "windows"  # whole: a held-out clip is shown at once, however long it is
    vote: Literal["mean", "majority"] = "mean"  # how a clip's windows become one prediction
    normalise: Normalisation = "bin"
    resize: Size | None = None  # [bins, frames] to which every crop, window or whole clip is scaled
    channels: Channels = "one"

    def __post_init__(self) -> None:
        if self.parts and (self.crop_s or self.hop_s):
            raise ValueError(f"parts: {self.parts} sets how long a view is; set crop_s to null and leave hop_s out")
        if self.hop_s and not self.crop_s:
            raise ValueError(f"hop_s is {self.hop_s:g}, but crop_s is null: a clip seen whole has no second window")
        if self.hop_s and self.crop_s and self.hop_s > self.crop_s:
            raise ValueError(
                f"hop_s, {self.hop_s:g}, is more than crop_s, {self.crop_s:g}: what lies between is unseen"
            )
        if self.evaluate == "whole" and (self.hop_s or self.vote == "majority"):
            raise ValueError("evaluate: whole shows one view of a clip; leave out hop_s and vote, or evaluate: windows")
        if self.channels == "colour" and self.normalise != "minmax":
            raise ValueError(
                f"channels: colour paints values from 0 to 1; set normalise to minmax, not {self.normalise}"
            )

    @property
    def input_settings(self) -> str:
        """The settings that decide the shape of a network's input, in words for an error."""
        values = {name: getattr(self, name) for name in ("crop_s", "parts", "resize", "channels")}
        return ", ".join(f"{name} {typed(value)}" for name, value in values.items() if value is not None)


def check(resize: Size | None, channels: Channels | None, meta: dict[str, Any], folder: str | Path) -> None:
    """Raise UserError if what `meta` says of the store does not go with these of a view."""
    changes = {"resize": resize, "channels": None if channels == "one" else channels}
    given = ", ".join(f"view.{name}" for name, value in changes.items() if value)
    if given and meta["kind"] == "waveform":
        raise UserError(f"{given}: of no use for {folder}, which holds waveforms; leave it out")
    if changes["channels"] and meta["channels"] > 1:
        raise UserError(
            f"view.channels: {channels} makes channels out of one, but {folder} has {meta['channels']}; leave it out"
        )


def check_lengths(
    view: View, n_frames: Int[Tensor, " example"], crop: int, frame_rate_hz: float, folder: str | Path
) -> None:
    """Say how many clips, or parts of clips, of `n_frames` are shorter than the crop, also in frames.

    Raises UserError if a part has no frame, or if not even the longest clip fills a quarter of the crop.
    """
    if int(n_frames.min()) < 1:
        cut = f"view.parts, {view.parts}, is" if view.parts else "the pieces of a clip, features.segments, are"
        raise UserError(f"{cut} more than the shortest clip of {folder} has frames; lower it")
    n_short, longest_s = int((n_frames < crop).sum()), int(n_frames.max()) / frame_rate_hz
    if not view.crop_s or not n_short:
        return
    if longest_s * 4 < crop / frame_rate_hz:
        raise UserError(
            f"view.crop_s is {view.crop_s:g}, but the longest clip of {folder} lasts {longest_s:.3g} s, and the network "
            "would see little but silence; lower crop_s, or set it to null for whole clips"
        )
    progress.say(
        f"{folder}: shorter than view.crop_s, {view.crop_s:g} s, and ended by silence: {n_short} of "
        f"{counted(len(n_frames), 'clip')}; the longest lasts {longest_s:.3g} s"
    )


def compare_lengths(view: View, n_frames: Int[Tensor, " example"], frame_rate_hz: float, folder: str | Path) -> None:
    """Say so if training clips, or parts of clips, of `n_frames` differ widely in length, as all are padded to the longest."""
    longest_s, median_s = int(n_frames.max()) / frame_rate_hz, float(n_frames.float().median()) / frame_rate_hz
    if longest_s >= WIDELY * median_s:
        one = "part of a training clip" if view.parts else "training clip"
        progress.say(
            f"{folder}: view.crop_s is null, so the network sees as much as the longest {one} lasts, {longest_s:.3g} s; "
            f"half of them last {median_s:.3g} s or less and end in silence. Set view.crop_s to the length of most clips"
        )
