# ruff: noqa: F821 (shapes are written as strings)
"""Frames of a spectrogram store as tensors on the training device, in the unit of the store."""

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.training import memory


class Frames:
    """The frames (total_frames, bins[, channels]) of all clips; resident on `device` if they fit there."""

    def __init__(self, stored: Store, device: torch.device) -> None:
        self.meta, self.device = stored.meta, device
        self.scale, self.offset, self.floor = (_constant(self.meta[k], device) for k in ("scale", "offset", "floor"))
        self.stored = _resident(torch.from_numpy(stored.frames), device)

    @property
    def streamed(self) -> bool:
        """Whether they do not fit on the GPU, so that batches are brought there one by one."""
        return self.device.type == "cuda" and not self.stored.is_cuda

    def cut(
        self, start: Int[Tensor, " batch"], n_frames: Int[Tensor, " batch"], length: int
    ) -> Float[Tensor, "batch channel *shape"]:
        """`length` frames from each `start`, of which only `n_frames` belong to the clip; the rest becomes silence.

        Returns (batch, channel, bin, frame), or (batch, 1, sample) of a waveform.
        """
        x = self._gather(start, length) if self.stored.is_cuda else self._copy(start, n_frames, length)
        if self.meta["kind"] == "waveform":
            return self._padded(self._unit(x), n_frames, axis=1).transpose(1, 2)
        x = x[:, None].mT if x.ndim == 3 else x.permute(0, 3, 2, 1)
        return self._padded(self._unit(x.contiguous()), n_frames, axis=3)  # turned while its numbers are still small

    def all_of(self, start: int, n_frames: int) -> Float[Tensor, "*channel frame bin"]:
        """`n_frames` from `start`, without padding."""
        stored = self.stored[start : start + n_frames].to(self.device)
        return self._unit(stored if stored.ndim == 2 else stored.movedim(-1, 0))

    def _padded(
        self, x: Float[Tensor, "batch *shape"], n_frames: Int[Tensor, " batch"], axis: int
    ) -> Float[Tensor, "batch *shape"]:
        """x with the floor of the store in place of what lies along `axis` beyond `n_frames`."""
        length = x.shape[axis]
        if int(n_frames.min()) >= length:
            return x
        shape = [len(x), *[1] * (x.ndim - 1)]
        shape[axis] = length
        beyond = torch.arange(length, device=self.device) >= memory.sent(n_frames, self.device)[:, None]
        return torch.where(beyond.view(shape), self.floor, x)

    def _gather(self, start: Int[Tensor, " batch"], length: int) -> Shaped[Tensor, "batch frame *shape"]:
        """Stored frames, `length` of each, on the GPU; values beyond the end of a clip mean nothing."""
        at = memory.sent(start, self.device)[:, None] + torch.arange(length, device=self.device)
        return self.stored[at.clamp_max(len(self.stored) - 1)]

    def _copy(
        self, start: Int[Tensor, " batch"], n_frames: Int[Tensor, " batch"], length: int
    ) -> Shaped[Tensor, "batch frame *shape"]:
        """The same from the memory map, clip by clip: a fifteenth of the time that indexing each frame takes."""
        frames = self.stored.numpy()
        x = np.empty((len(start), length, *frames.shape[1:]), frames.dtype)
        for crop, at, n in zip(x, start.tolist(), n_frames.clamp_max(length).tolist(), strict=True):
            crop[:n] = frames[at : at + n]
        return memory.sent(torch.from_numpy(x), self.device)

    def _unit(self, stored: Shaped[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Values of stored numbers ([batch, channel,] …) in the unit of the store."""
        return stored.float().mul_(self.scale).add_(self.offset)


def _constant(value: float | list[float], device: torch.device) -> Float[Tensor, ""] | Float[Tensor, "channel 1 1"]:
    """A number of meta.json, as it goes with (…, channel, bin, frame): one for all channels, or one per channel."""
    return torch.tensor(value, dtype=torch.float32, device=device).reshape(
        (-1, 1, 1) if isinstance(value, list) else ()
    )


def _resident(frames: Shaped[Tensor, "frame *shape"], device: torch.device) -> Shaped[Tensor, "frame *shape"]:
    """`frames` on the GPU if they take at most half of its free memory; else where they are, a memory map."""
    return frames.to(device) if device.type == "cuda" and frames.nbytes < memory.free_bytes(device) / 2 else frames
