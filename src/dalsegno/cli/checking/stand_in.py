"""What an entry of `spectrograms` will store, before it is computed: the shape of its frames, from half a second of silence."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from PIL import Image
from torch import Tensor

from dalsegno.families.convolutional.shown import frames_of
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import storing
from dalsegno.training.views import augment

RATE_HZ = 22_050
LONG_S = 60.0  # of a view whose length the clips decide


@dataclass(frozen=True)
class StandIn:
    """In place of a store: its name in params.yaml, and its meta."""

    name: str
    meta: dict[str, Any]

    @property
    def scale(self) -> augment.Scale:
        """The units of its values."""
        return augment.Scale(db_per_unit=self.meta.get("db_per_unit"))

    @property
    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and deviation ([channel,] bin), without data."""
        channels, bins = self.meta["channels"], self.meta["bins"]
        shape = (channels, bins) if channels > 1 else (bins,)
        return torch.empty(shape, device="meta"), torch.empty(shape, device="meta")

    def views(self, crop_s: float | None) -> Tensor:
        """Two views without data, as `Crops` makes them: (2, channel, bin, frame), or (2, 1, sample) of a waveform."""
        waveform, n_frames = self.meta["kind"] == "waveform", frames_of(crop_s or LONG_S, self.meta)
        shape = (self.meta["bins"],) if waveform else (self.meta["channels"], self.meta["bins"])
        return torch.empty(2, *shape, n_frames, device="meta")


def of(name: str, p: storing.Params) -> StandIn | None:
    """What the entry `p`, called `name`, will store; None where neither silence nor a picture tells that."""
    kind = params.component("dalsegno.spectrograms", p.kind)
    with tempfile.TemporaryDirectory() as folder:
        tried = (frames for path in _files(Path(folder)) for frames in _first(kind, path, p.options))
        if (frames := next(tried, None)) is None:
            return None
    bins, *channels = frames.shape[1:]
    return StandIn(name, kind.meta(p.options) | {"bins": bins, "channels": channels[0] if channels else 1})


def _files(folder: Path) -> Iterator[Path]:
    """Silence, and a picture."""
    soundfile.write(folder / "silence.wav", np.zeros(RATE_HZ // 2, np.float32), RATE_HZ)
    yield folder / "silence.wav"
    Image.linear_gradient("L").save(folder / "picture.png")
    yield folder / "picture.png"


def _first(kind: Any, path: Path, options: Any) -> Iterator[np.ndarray]:
    """The first block of a file, unless the kind reads no such files."""
    try:
        yield next(iter(kind.blocks(path, options)))
    except (UserError, OSError, StopIteration):
        return
