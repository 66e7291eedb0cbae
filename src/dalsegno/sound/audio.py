"""Sound files as mono samples, decoded block by block, so that memory does not grow with the length of a recording."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from jaxtyping import Float32

from dalsegno.pipeline.errors import UserError
from dalsegno.sound import excerpt
from dalsegno.sound.opening import stream
from dalsegno.sound.replay import Replay

Samples = Float32[np.ndarray, " _"]  # (n_samples,); the blocks of a recording differ in length
BLOCK = 1 << 19  # samples decoded at a time, all channels together


def recording(path: str | Path, sample_rate_hz: int, peak_normalise: bool = False) -> Replay[Samples]:
    """The samples of one file in blocks, full scale ±1: the mean of its channels, resampled to `sample_rate_hz` if need be.

    With `peak_normalise` the loudest sample is ±1, so that loudness tells a model nothing. Every format of libsndfile
    is read: wav, au, flac, ogg, mp3, aiff; `path` may name a part of a file (`excerpt`). Iterating raises UserError
    naming the file if it cannot be decoded, holds no sample, or holds one that is not finite; so does this call if it
    looks for the peak.
    """
    samples = Replay(lambda: _resampled(path, sample_rate_hz))
    if not peak_normalise:
        return samples
    peak = max(np.abs(block).max() for block in samples)
    return Replay(lambda: (block / peak for block in samples)) if peak > 0 else samples


def part(samples: Iterable[Samples], start: int, stop: int) -> Iterator[Samples]:
    """The samples from `start` to before `stop`, in blocks."""
    at = 0
    for block in samples:
        inside = block[max(start - at, 0) : max(stop - at, 0)]
        if len(inside):
            yield inside
        at += len(block)
        if at >= stop:
            return


def mono(path: str | Path) -> Iterator[tuple[Samples, int]]:
    """Each block of a file with the mean of its channels, and the file's sample rate in Hz. Raises UserError as `recording`."""
    n = 0
    try:
        with excerpt.opened(path) as clip:
            sound = clip.sound
            for block in excerpt.blocks(clip, max(1, BLOCK // sound.channels)):
                mono = block[:, 0] if sound.channels == 1 else block.mean(axis=1)
                if not (right := np.abs(mono) <= stream.LOUDEST).all():
                    at = int(np.argmin(right))
                    what = f"{mono[at]:.1g}, where 1 is full scale" if np.isfinite(mono[at]) else "not a finite number"
                    raise UserError(f"{path}: sample {n + at} is {what}")
                n += len(mono)
                yield mono, sound.samplerate
    except UserError:
        raise
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as audio: {stream.reason(error)}") from None
    if not n:
        raise UserError(f"{path}: holds no samples")


def _resampled(path: str | Path, sample_rate_hz: int) -> Iterator[Samples]:
    """A file's samples at `sample_rate_hz`, as many as librosa.resample gives: n * sample_rate_hz / its rate, rounded up.

    The resampler carries its state from block to block, so blocks give the same samples as the whole.
    """
    stream, n, n_out, rate_hz = None, 0, 0, sample_rate_hz
    for block, rate_hz in mono(path):
        if rate_hz == sample_rate_hz:
            yield block
            continue
        stream = stream or soxr.ResampleStream(rate_hz, sample_rate_hz, 1, dtype="float32", quality="soxr_hq")
        n, y = n + len(block), stream.resample_chunk(block)
        n_out += len(y)
        if len(y):
            yield y
    if stream:
        y = stream.resample_chunk(np.zeros(0, np.float32), last=True)
        n_missing = max(math.ceil(n * (float(sample_rate_hz) / rate_hz)) - n_out, 0)
        yield np.pad(y[:n_missing], (0, max(n_missing - len(y), 0)))
