"""Open a sound file so that it can be read to its end, also where its header does not say where that is.

Whoever writes into a pipe does not know the length beforehand, and a recorder that is switched off does not come back to
write it. libsndfile reads such an .au, .aiff or .wav to its end if the size is the greatest possible; two cases it does not.
"""

import io
import os
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import soundfile

UNSTATED = 2**63 - 1  # libsndfile's number of frames of a file whose header states none
RATES_HZ = (2_000, 768_000)  # a header that states another sample rate is damaged
LOUDEST = 1e10  # a sample beyond it is not sound, and its power not a number in single precision; full scale is 1
NO_HEADER = "no header"
NO_SOUND = "no sound in a format that is known here; if it plays elsewhere, ffmpeg converts it"
DAMAGED = "damaged, cut short, or of an encoding that is not known here; if it plays elsewhere, ffmpeg converts it"
WORDS = {
    1: NO_SOUND,
    2: "the system stopped reading it; try again, from another disk if that continues",
    7: "no frame of MPEG audio in it",  # libsndfile says of it that it does not exist
    17: "there is not enough memory to decode it",
    **dict.fromkeys((32, 33, 34), "its header states an impossible number of channels"),
    **dict.fromkeys((158, 160, 161), "its stream is damaged or cut short"),
}
"""What is wrong with a file by the code of libsndfile, whose own words are for programmers; of every other: DAMAGED."""
PAGE = 65_307  # bytes of the longest page of an Ogg stream


class _Forward(soundfile.SoundFile):
    """Read from its beginning on: libsndfile cannot seek in a FLAC that does not state its length."""

    def seekable(self) -> bool:
        return False


class _Unclosed(io.FileIO):
    """A WAV file with the greatest possible size in place of the 0 that was never overwritten, `at` so many bytes."""

    def __init__(self, path: Path, at: int) -> None:
        super().__init__(path)
        self._at = at

    def readinto(self, buffer) -> int | None:  # noqa: ANN001 (of any kind)
        start, n = self.tell(), super().readinto(buffer) or 0
        view = memoryview(buffer).cast("B")
        for i in range(max(self._at, start), min(self._at + 4, start + n)):
            view[i - start] = 0xFF
        return n


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the decoders' own complaints, which would tear the progress bar apart."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


@contextmanager
def opened(path: Path) -> Iterator[soundfile.SoundFile]:
    """The open file; `frames` is UNSTATED, and seeking impossible, where only reading tells its length.

    Raises soundfile.SoundFileError or OSError where it cannot be opened, ValueError if its header cannot be true.
    """
    with path.open("rb"):  # the system says why it cannot be opened; libsndfile does not
        pass
    with ExitStack() as stack:
        if path.suffix.lower() == ".raw":
            raise ValueError(NO_HEADER)
        with quiet():
            sound = stack.enter_context(soundfile.SoundFile(path))
        if sound.frames >= UNSTATED:
            sound = stack.enter_context(_Forward(path))
        elif not sound.frames and (at := _unwritten_size(path)):
            sound = stack.enter_context(soundfile.SoundFile(stack.enter_context(_Unclosed(path, at))))
        if sound.format == "RAW":  # what libsndfile takes an .au without its header for
            raise ValueError(NO_HEADER)
        if not RATES_HZ[0] <= sound.samplerate <= RATES_HZ[1]:
            raise ValueError(f"its header states a sample rate of {sound.samplerate} Hz")
        yield sound


def reason(error: Exception) -> str:
    """Why a file could not be read, in one line, without the path, which may hold anything."""
    if isinstance(error, soundfile.LibsndfileError):
        return WORDS.get(getattr(error, "code", 0), DAMAGED)
    text = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return " ".join(text.split())[:120].rstrip(".")


def end_of_ogg(path: Path) -> Literal["closed", "open", "cut"]:
    """How an Ogg stream ends: as it should, whatever stands behind it; behind a page that is not the last, as that of a
    broadcast that somebody ceased to record; or within a page, or nowhere near the end of the file.

    RFC 3533, section 6: the header has 27 bytes, of which the sixth has a bit for the last page and the last the number of
    segments; then come their lengths, then these.
    """
    with path.open("rb") as file:
        file.seek(-min(PAGE, path.stat().st_size), io.SEEK_END)
        tail = file.read()
    header = tail[tail.rfind(b"OggS") :] if b"OggS" in tail else b""
    if len(header) < 27:
        return "cut"
    lengths = header[27 : 27 + header[26]]
    n = 27 + header[26] + sum(lengths)
    if header[5] & 4 and len(header) >= n:
        return "closed"
    return "open" if len(header) == n else "cut"


def _unwritten_size(path: Path) -> int:
    """Where in a WAV file the size of its samples is 0 though some follow, and no further chunk; 0: nowhere."""
    n_bytes = path.stat().st_size
    with path.open("rb") as file:
        if file.read(12)[:4] != b"RIFF":
            return 0
        while len(chunk := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", chunk)
            if name == b"data" and not size:
                at = file.tell()
                return at - 4 if at < n_bytes and not _is_chunk(file.read(8), n_bytes - at) else 0
            file.seek(size + size % 2, io.SEEK_CUR)
    return 0


def _is_chunk(header: bytes, n_left: int) -> bool:
    """Whether these bytes name a chunk that fits into the bytes that are left."""
    return (
        header[:4].isascii()
        and header[:4].decode().isprintable()
        and int.from_bytes(header[4:], "little") <= n_left - 8
    )
