"""What is missing of a sound that was cut off: a model answers from what is there, and its answer says so."""

from pathlib import Path

import soundfile

from dalsegno.clips import inspect_audio
from dalsegno.sound import excerpt
from dalsegno.sound.opening import stated, stream


def note(path: Path) -> str | None:
    """How much of a file could be read, with the doctor's reason, if it is truncated; else None, as of a picture.

    Never raises for what the file holds.
    """
    if not _doubtful(path):
        return None
    facts = inspect_audio.inspect(path, 0.0, charted=False)
    if not facts.duration_s or not facts.fault.startswith("truncated"):
        return None
    return f"only {facts.duration_s:.1f} s of it could be read ({facts.fault})"


def _doubtful(path: Path) -> bool:
    """Whether there is cause to decode a file once more and count: by its header, or as its last page or frame is not there."""
    try:
        with stream.quiet(), excerpt.opened(path) as clip:
            if stated.missing(clip.sound):
                return True
            if clip.sound.format == "OGG":
                return stream.end_of_ogg(path) == "cut"
            return clip.stated and _lacks_its_end(clip.sound)
    except (soundfile.SoundFileError, OSError, ValueError):
        return False  # reading it will say why


def _lacks_its_end(sound: soundfile.SoundFile) -> bool:
    try:
        return sound.seek(sound.frames - 1) < 0 or not len(sound.read(1))
    except soundfile.SoundFileError:
        return True
