"""How much sound a file's header states, by what libsndfile logs as it reads it, beside how much the file holds."""

import re

from soundfile import SoundFile

_SIZES = re.compile(
    r"^ *(?:data|Data Size|SSND|BODY|riff|Riff size|Data length) *:? *(\d+) \(?should be (\d+)", re.MULTILINE
)
_FRAMES = re.compile(r"^ *Frames +: (\d+)", re.MULTILINE)
_CUT_VOC = "Seems to be a truncated file"
_LENGTH = re.compile(r"^Length : (\d+)", re.MULTILINE)
_NO_CHUNK = re.compile(r"^\*\*\* Unknown chunk marker .* at position (0x[\dA-F]+|\d+)", re.MULTILINE)
_AU = re.compile(r"^  Data Offset : (\d+)\n  Data Size   : (\d+)$", re.MULTILINE)
LACKING, BEHIND = 0.01, 0.01  # shares that are not worth mention: of what is promised, of the file


def missing(sound: SoundFile) -> str:
    """What the header promises beyond what is there, as of a file that was cut off; empty if nothing worth mention is."""
    log = sound.extra_info
    sizes = _SIZES.search(log)
    promised, held = (int(sizes[1]), int(sizes[2])) if sizes else (0, 0)
    unknown = 0 < -promised % 2**31 <= 4096  # what recorders write for that
    if held < (1 - LACKING) * promised and not unknown:
        return f"its header promises {promised} bytes of samples, {held} are there"
    frames = _FRAMES.search(log) if sound.format != "SDS" else None  # which rounds that number up
    if frames and sound.frames < (1 - LACKING) * int(frames[1]):
        return (
            f"its header promises {int(frames[1]) / sound.samplerate:.2f} s, "
            f"{sound.frames / sound.samplerate:.2f} s are there"
        )
    there = f"{sound.frames / sound.samplerate:.2f} s"
    return f"its header promises more than the {there} that are there" if _CUT_VOC in log else ""


def uncounted(sound: SoundFile) -> int:
    """Number of bytes behind the samples that do not belong to the format, perhaps more sound; 0 if they are few."""
    log = sound.extra_info
    length, chunk, au = _LENGTH.search(log), _NO_CHUNK.search(log), _AU.search(log)
    end = int(chunk[1], 0) if chunk else int(au[1]) + int(au[2]) if au else None
    if not length or end is None:
        return 0
    n_bytes = int(length[1])
    return n_bytes - end if n_bytes - end > BEHIND * n_bytes else 0
