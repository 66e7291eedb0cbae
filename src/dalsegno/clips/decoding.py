"""Decode a sound file from end to end, in blocks, and keep of it only what the doctor judges it by; or its beginning alone."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile as sf

from dalsegno.sound import excerpt
from dalsegno.sound.excerpt import Opened
from dalsegno.sound.opening import stream

BLOCK = 1 << 20  # samples decoded at a time, so that memory does not depend on the length that a header claims
FULL = 0.9995  # of full scale: a sample that may be clipped


@dataclass
class Power:
    """The power of channels without their offsets."""

    n: int = 0
    total: np.ndarray = field(default_factory=lambda: np.zeros(1))  # (n_channels,) sums of samples
    squares: np.ndarray = field(default_factory=lambda: np.zeros(1))  # (n_channels,) sums of their squares

    def add(self, block: np.ndarray) -> None:
        """Take a block [shape=(n_frames, n_channels)] of float32."""
        self.n += len(block)
        self.total = self.total + block.sum(axis=0, dtype=np.float64)
        self.squares = self.squares + np.array([np.vdot(c, c) for c in np.ascontiguousarray(block.T)], np.float64)

    @property
    def variance(self) -> float:
        """Mean over the channels; 0 of nothing."""
        n = max(1, self.n)
        with np.errstate(invalid="ignore"):  # infinite samples
            return float(np.mean(self.squares / n - np.square(self.total / n)))


@dataclass
class Decoded:
    """What decoding gathers, block by block. Levels are shares of full scale."""

    n: int = 0  # frames decoded
    low: float = np.inf  # of the mono mix, the mean of the channels: that is what models hear
    high: float = -np.inf
    n_clipped: int = 0  # samples in runs of three or more at full scale
    error: str = ""  # why decoding broke off; empty: it did not
    gap: bool = False  # decoding broke off and could go on behind
    digest: str = ""  # SHA-256 of samples, rate and channels
    beginning: list[np.ndarray] = field(default_factory=list)  # the first samples, mono, in blocks
    channels: Power = field(default_factory=Power)
    mix: Power = field(default_factory=Power)

    def add(self, block: np.ndarray) -> None:
        """Take a block [shape=(n_frames, n_channels)] of float32 in [-1, 1], or of int16."""
        full = 32767 if block.dtype == np.int16 else 1
        low, high = block.min() / full, block.max() / full
        self.n += len(block)
        if max(-low, high) >= FULL:
            at_full = (block >= FULL * full) | (block <= -FULL * full)
            begins, in_run = at_full[:-2] & at_full[1:-1] & at_full[2:], np.zeros_like(at_full)
            for i in range(3):
                in_run[i : len(begins) + i] |= begins
            self.n_clipped += int(np.count_nonzero(in_run))
        if block.shape[1] > 1:
            mix = mono(block)
            low, high = mix.min(), mix.max()
            self.mix.add(mix[:, None])
            self.channels.add(block / np.float32(32768 if block.dtype == np.int16 else 1))
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)  # these pass a NaN on

    @property
    def cancelled_db(self) -> float:
        """How far the mono mix lies below the channels; 0 of one channel, infinite if they cancel wholly."""
        channels, mix = self.channels.variance, self.mix.variance
        if not channels > 0:
            return 0.0
        return 10 * float(np.log10(channels / mix)) if mix > 0 else np.inf


def decode(clip: Opened, n_beginning: int) -> Decoded:
    """Decode an open clip to its end, or to where decoding breaks off; keep its first `n_beginning` frames as mono."""
    sound = clip.sound
    digest = sha256(f"{sound.samplerate} {sound.channels}".encode())
    dtype = "int16" if sound.subtype == "PCM_16" else "float32"
    decoded, n_frames, at_end = Decoded(), max(1, BLOCK // sound.channels), False
    try:
        for block in excerpt.blocks(clip, n_frames, dtype):
            if at_end:  # a hole in the stream ended the block before this one
                decoded.gap = True
                break
            if decoded.n < n_beginning:
                decoded.beginning.append(mono(block[: n_beginning - decoded.n]))
            decoded.add(block)
            digest.update(_exact(block))
            at_end = len(block) < n_frames
    except sf.SoundFileError as error:
        decoded.error = stream.reason(error)
        decoded.n += _n_until_error(sound, clip.start + decoded.n)
    decoded.digest = digest.hexdigest()
    return decoded


def beginning(path: Path, seconds: int) -> tuple[np.ndarray, int]:
    """The first `seconds` of a clip as mono [shape=(n,)] float32, all of it if it is shorter; and its sample rate in Hz."""
    with stream.quiet(), excerpt.opened(path) as clip:
        rate = clip.sound.samplerate
        n_frames = seconds * rate if clip.whole else min(clip.n_frames, seconds * rate)
        return mono(clip.sound.read(n_frames, dtype="float32", always_2d=True)), rate


def mono(block: np.ndarray) -> np.ndarray:
    """The mean of the channels [shape=(n,)] float32 of a block [shape=(n, n_channels)] of float32, or of int16."""
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


def _n_until_error(sound: sf.SoundFile, start: int) -> int:
    """Number of frames after `start` that can be decoded: a block in which decoding breaks off is lost as a whole."""
    n = 0
    try:
        sound.seek(start)
        while len(block := sound.read(4096, always_2d=True)):
            n += len(block)
    except sf.SoundFileError:
        pass
    return n
