"""Look at one audio file: decode it once from end to end, in blocks, and say what is wrong with it."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile as sf

from dalsegno.clips.copies import chart
from dalsegno.clips.copies.chart import Chart

BLOCK = 1 << 20  # samples decoded at a time, so that memory does not depend on what a header claims
SILENT = 1e-4  # of full scale (-80 dB), from trough to peak
FULL = 0.9995  # of full scale: a sample that may be clipped
CLIPPED = 1e-3  # share of samples in runs of full scale that is worth a remark
RATES_HZ = (2_000, 768_000)  # a header that states another sample rate is damaged
SUFFIXES = {
    ".wav": ("WAV", "WAVEX", "RF64", "W64"), ".au": ("AU",), ".flac": ("FLAC",), ".mp3": ("MP3", "MPEG"),
    ".ogg": ("OGG",), ".oga": ("OGG", "FLAC"), ".opus": ("OGG",), ".aiff": ("AIFF",), ".aif": ("AIFF",),
}  # fmt: skip
SHORTER = re.compile(r"^ *(?:data|Data Size|SSND) *: (\d+) \(should be (\d+)\)", re.MULTILINE)


@dataclass(frozen=True)
class Facts:
    """What there is to know about one file."""

    duration_s: float | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    sha256: str = ""  # of the decoded samples, rate and channels: the same in whatever lossless container
    fault: str = ""  # "kind: what", why the file cannot be used; empty: it can
    remarks: tuple[str, ...] = ()  # "kind: what", worth knowing but no reason to leave the file out
    chart: Chart | None = None  # of a usable file, for the search of near copies


def look(path: Path, min_duration_s: float, charted: bool) -> Facts:
    """Decode the audio file `path` and judge it. Never raises for what the file is or holds."""
    fault = entry_fault(path)
    if fault:
        return Facts(fault=fault)
    try:
        with quiet(), sf.SoundFile(path) as sound:
            if not RATES_HZ[0] <= sound.samplerate <= RATES_HZ[1]:
                return Facts(fault=f"unreadable: its header states a sample rate of {sound.samplerate} Hz")
            if sound.format == "RAW":  # what libsndfile takes an .au without its header for
                return Facts(fault="unreadable: no header")
            found = _decode(sound, charted)
            facts = _judge(sound, found, path, min_duration_s)
            if not charted or facts.fault:
                return facts
            return replace(facts, chart=chart.chart(np.concatenate(found.mono), sound.samplerate))
    except (sf.SoundFileError, OSError, ValueError) as error:
        return Facts(fault=f"unreadable: {plain(error)}")


def name_fault(relative: Path) -> str:
    """Why a file cannot be used whose path below the data set's root is `relative`; empty if it can."""
    if any(part.startswith(".") or part == "__MACOSX" for part in relative.parts):
        return "stray file: hidden, or left behind by an archive"
    name = relative.as_posix()
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        return "bad name: holds a control character or bytes that are no UTF-8; rename it"
    return ""


def entry_fault(path: Path) -> str:
    """Why `path` is not a file with something in it; empty if it is."""
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            os.scandir(path).close()
    except OSError as error:
        return f"unreadable: {error.strerror or error}"
    if stat.S_ISDIR(state.st_mode) and path.is_symlink():
        return "not a file: a link to a folder around it, or to one that is read already"
    if stat.S_ISDIR(state.st_mode):
        return "not a file: a folder with the name of an audio file"
    if not stat.S_ISREG(state.st_mode):
        return "not a file: a pipe, socket or device"
    return "" if state.st_size else "empty: not one byte"


@dataclass
class _Sound:
    """What decoding gathers, block by block."""

    digest: str = ""
    n: int = 0  # frames decoded
    low: float = np.inf
    high: float = -np.inf
    n_clipped: int = 0
    broken: str = ""  # why decoding broke off
    mono: list[np.ndarray] = field(default_factory=list)  # the beginning, as much as a chart takes

    def add(self, block: np.ndarray) -> None:
        """Take a block (frames, channels) of float32 in [-1, 1], or of int16."""
        full = 32767 if block.dtype == np.int16 else 1
        low, high = block.min() / full, block.max() / full
        self.n += len(block)
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)  # these pass a NaN on
        if max(-low, high) >= FULL:
            at_full = (block >= FULL * full) | (block <= -FULL * full)
            self.n_clipped += int(np.count_nonzero(at_full[:-2] & at_full[1:-1] & at_full[2:]))


def _decode(sound: sf.SoundFile, charted: bool) -> _Sound:
    digest = sha256(f"{sound.samplerate} {sound.channels}".encode())
    dtype = "int16" if sound.subtype == "PCM_16" else "float32"
    found, n_frames = _Sound(), max(1, BLOCK // sound.channels)
    wanted = chart.LONGEST_S * sound.samplerate
    try:
        while len(block := sound.read(n_frames, dtype=dtype, always_2d=True)):
            if charted and found.n < wanted:
                found.mono.append(mono_of(block[: wanted - found.n]))
            found.add(block)
            digest.update(_exact(block))
    except sf.SoundFileError as error:
        found.broken = plain(error)
        found.n += _until_error(sound, found.n)
    found.digest = digest.hexdigest()
    return found


def _judge(sound: sf.SoundFile, found: _Sound, path: Path, min_duration_s: float) -> Facts:
    duration_s = found.n / sound.samplerate
    fault = (
        _shortfall(sound, found)
        or ("empty: not one sample" if not found.n else "")
        or ("" if np.isfinite([found.low, found.high]).all() else "not finite: holds NaN or infinite samples")
        or (f"too short: {duration_s:.3f} s" if duration_s < min_duration_s else "")
        or ("silent: nothing above -80 dB" if found.high - found.low < SILENT else "")
    )
    share = found.n_clipped / max(1, found.n * sound.channels)
    remarks = [f"clipped: {100 * share:.1f} % of its samples"] if share > CLIPPED else []
    if sound.format not in SUFFIXES.get(path.suffix.lower(), ()):
        remarks.append(f"wrong extension: it is {sound.format}")
    return Facts(round(duration_s, 6), sound.samplerate, sound.channels, found.digest, fault, tuple(remarks))


def mono_of(block: np.ndarray) -> np.ndarray:
    """The mean of the channels [shape=(n,)] float32 of a block (n, channels) of float32, or of int16."""
    full = 32768 if block.dtype == np.int16 else 1
    return (block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)).astype(np.float32) / np.float32(full)


def _exact(block: np.ndarray) -> bytes:
    """The samples as 16-bit numbers where that loses nothing, so that 16 bits in a 24-bit file hash the same."""
    if block.dtype == np.int16:
        return block.tobytes()
    scaled = block * np.float32(32768)
    with np.errstate(invalid="ignore"):
        short = scaled.astype(np.int16)
    return (short if np.array_equal(short, scaled) else block).tobytes()


def _until_error(sound: sf.SoundFile, start: int) -> int:
    """Frames after `start` that can be decoded: a block in which decoding breaks off is lost as a whole."""
    n = 0
    try:
        sound.seek(start)
        while len(block := sound.read(4096, always_2d=True)):
            n += len(block)
    except sf.SoundFileError:
        pass
    return n


def _shortfall(sound: sf.SoundFile, found: _Sound) -> str:
    """How much of what the header promises is missing; empty if nothing worth mention is."""
    there = f"{found.n / sound.samplerate:.2f} s are there"
    if found.broken:
        return f"truncated: decoding breaks off, {there} ({found.broken})" if found.n else f"unreadable: {found.broken}"
    said = SHORTER.search(sound.extra_info)
    promised, held = (int(said[1]), int(said[2])) if said else (0, 0)
    if promised > held * 1.01 and not 0 < -promised % 2**31 <= 4096:  # what recorders write for "unknown"
        return f"truncated: its header promises {promised} bytes of samples, {held} are there"
    if "lacks an end-of-stream bit" in sound.extra_info:
        return f"truncated: the stream has no end, {there}"
    if found.n < 0.99 * sound.frames:
        return f"truncated: its header promises {sound.frames / sound.samplerate:.2f} s, {there}"
    return ""


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


def plain(error: Exception) -> str:
    """The library's message in one line, without the path, which may hold anything."""
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    if "does not exist" in text:  # said of any stream without a frame
        text = "no frame of MPEG audio in it"
    return " ".join(text.split())[:120].rstrip(".")
