"""Whether a file holds a sound to judge by, as the stage clips decides it: what that leaves out of a run gets no answer."""

from pathlib import Path

from dalsegno.clips import inspect_audio
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio

SHORTEST_S = 0.05  # of a sound; a run chooses its own by dataset.min_duration_s, which a stored model does not know


class Unheard(UserError):
    """A file that can be read, but in which there is nothing to judge by: it is silent, or too short."""


def refuse(path: Path) -> None:
    """Raise Unheard that names the file in the doctor's words if there is no sound in it, else UserError as `audio.mono`.

    Reading ends at the first sound, so only silence is read as a whole.
    """
    n, low, high = 0, float("inf"), -float("inf")
    for block, rate_hz in audio.mono(path):
        n, low, high = n + len(block), min(low, block.min()), max(high, block.max())
        if high - low >= inspect_audio.SILENT and n >= SHORTEST_S * rate_hz:
            return
    raise Unheard(f"{path}: no answer, as it is {inspect_audio.inspect(path, SHORTEST_S, charted=False).fault}")
