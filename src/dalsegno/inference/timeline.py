"""A long recording, part by part: each part is put to the model as a clip of its own, so every kind of model can be asked."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

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
    with TemporaryDirectory() as folder:
        at, file = 0.0, Path(folder, "part.wav")
        for samples, rate_hz in cut(path, every_s):
            soundfile.write(file, samples, rate_hz, subtype="FLOAT")
            stop = at + len(samples) / rate_hz
            yield file, (at, stop)
            at = stop


def cut(path: Path, every_s: float) -> Iterator[Block]:
    """The samples of each part, mono, and their rate in Hz. Memory does not grow with the recording."""
    held, rate_hz, n = np.zeros(0, np.float32), 0, 0
    for block, rate_hz in _quietly(audio.mono(path)):
        n, held = max(1, round(every_s * rate_hz)), np.concatenate([held, block])
        while len(held) >= n:
            yield held[:n], rate_hz
            held = held[n:]
    if len(held):
        yield held, rate_hz


def _quietly(blocks: Iterator[Block]) -> Iterator[Block]:
    """The blocks, each read without the decoder's own complaints; what happens between them may print."""
    while True:
        with stream.quiet():
            block = next(blocks, None)
        if block is None:
            return
        yield block
