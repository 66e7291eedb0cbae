"""A long recording, part by part: each part is put to the model as a clip of its own, so every kind of model can be asked."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dalsegno.inference.hearing import spill
from dalsegno.inference.model import Model
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio
from dalsegno.sound.opening import stream

Block = tuple[audio.Samples, int]  # samples and their rate in Hz


def parts(model: Model, path: Path, every_s: float) -> Iterator[tuple[Path, tuple[float, float]]]:
    """Each part of `every_s` seconds, the last as long as is left, as a file, and its (start, stop) in seconds.

    The file is gone once the next is asked for. Raises UserError as `audio.mono` does, and for a model of pictures.
    """
    if model.of_pictures:
        raise UserError("the model takes pictures, which cannot be cut by time; leave --timeline out")
    with spill.folder() as folder:
        at = 0.0
        for samples, rate_hz in cut(path, every_s):
            stop = at + len(samples) / rate_hz
            yield spill.write(folder / "part.wav", samples, rate_hz), (at, stop)
            at = stop


def cut(path: Path, every_s: float) -> Iterator[Block]:
    """The samples of each part, mono, and their rate in Hz. Memory does not grow with the recording."""
    held, rate_hz, n_lacking = list[audio.Samples](), 0, 0
    for block, rate_hz in _quietly(audio.mono(path)):
        n = max(1, round(every_s * rate_hz))
        n_lacking, rest = n_lacking or n, block
        while len(rest) >= n_lacking:
            yield np.concatenate([*held, rest[:n_lacking]]), rate_hz
            held, rest, n_lacking = [], rest[n_lacking:], n
        if len(rest):
            held.append(rest)
            n_lacking -= len(rest)
    if held:
        yield np.concatenate(held), rate_hz


def _quietly(blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks, each read without the decoder's own complaints; what happens between them may print."""
    while True:
        with stream.quiet():
            block = next(blocks, None)
        if block is None:
            return
        yield block
