"""The temporary folder in which a long sound is held, or a part of one as a file of its own, while a model is asked about it."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile

from dalsegno.pipeline.errors import FULL, ROOM, UserError
from dalsegno.sound import audio


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is removed in the end. Raises UserError if there is no more room in it, which is no fault of the sound."""
    another = "or set TMPDIR to another folder"
    try:
        where = tempfile.gettempdir()
    except FileNotFoundError as error:  # none of the folders that Python tries has room for a few letters
        raise UserError(f"{error.strerror}. {ROOM}, {another}") from None
    try:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
    except OSError as error:
        if error.errno not in FULL:
            raise
        remedy = f"{FULL[error.errno]}, {another}"
        raise UserError(f"{where}, the folder for temporary files: {error.strerror}. {remedy}") from None


def write(file: Path, samples: audio.Samples, rate_hz: int) -> Path:
    """Write samples, whatever their size, to the WAV file `file`, and return it. Raises OSError, of which soundfile would
    make a "System error"."""
    content = io.BytesIO()
    soundfile.write(content, samples, rate_hz, subtype="FLOAT", format="WAV")
    file.write_bytes(content.getbuffer())
    return file
