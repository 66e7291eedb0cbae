"""A clip as features see it: values of its blocks over time, and what needs the whole clip."""

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

import librosa
import numpy as np
from jaxtyping import Float, Float32

from dalsegno.features import tuning
from dalsegno.features.block import N_FRAMES, Block, OverTime, Settings, blocks
from dalsegno.sound import spectrum
from dalsegno.sound.audio import Samples
from dalsegno.sound.replay import Replay

OfBlock = Callable[[Block], OverTime]


class Analysis:
    """A clip, whose samples can be iterated over again. Its spectra never stand in memory as a whole."""

    def __init__(self, samples: Iterable[Samples], p: Settings, functions: Iterable[OfBlock] = ()) -> None:
        """functions: those that `over_time` is going to be asked for, so that one pass over the clip serves them all."""
        self.p = p
        self._blocks = Replay(lambda: blocks(samples, p))
        self._values = self._gather(dict.fromkeys(functions))

    def over_time(self, function: OfBlock) -> OverTime:
        """The values of `function` for all blocks, end to end."""
        if function not in self._values:
            self._values |= self._gather([function])
        return self._values[function]

    def _gather(self, functions: Iterable[OfBlock]) -> dict[OfBlock, OverTime]:
        values: dict[OfBlock, list[OverTime]] = {function: [] for function in functions}
        for block in self._blocks if values else ():
            for function, of_blocks in values.items():
                of_blocks.append(function(block))
        return {function: np.concatenate(of_blocks) for function, of_blocks in values.items()}

    @cached_property
    def log_mel(self) -> Float32[np.ndarray, "n_frames n_mels"]:
        """Log-mel spectrum in dB, 80 dB deep."""
        db = self.over_time(mel_db)
        return np.maximum(db, db.max() - 80.0, out=db)  # in place: nothing else asks for the depths

    @cached_property
    def chroma(self) -> Float32[np.ndarray, "n_frames 12"]:
        """Energy of the twelve pitch classes, 0 … 1: relative to the strongest of each frame."""
        tuned = tuning.estimate(self.over_time(tuning.peaks))
        filters = _chroma_filters(self.p.sample_rate_hz, self.p.n_fft, tuned)
        return self.over_time(lambda block: librosa.util.normalize(block.power @ filters, axis=1))

    @cached_property
    def onset(self) -> Float32[np.ndarray, " n_frames"]:
        """Onset strength in dB: mean rise of the log-mel bands, late by half a window as in librosa."""
        n, late = len(self.log_mel), 1 + self.p.n_fft // (2 * self.p.hop_length)
        parts = (self.log_mel[i : i + N_FRAMES + 1] for i in range(0, max(n - 1, 1), N_FRAMES))
        rise = np.concatenate([np.maximum(np.diff(part, axis=0), 0).mean(axis=1) for part in parts])
        return np.pad(rise, (late, 0))[:n]


def mel_db(block: Block) -> OverTime:
    """Log-mel spectrum of a block in dB (n_frames, n_mels), as deep as it goes."""
    return librosa.power_to_db(spectrum.mel(block.power, block.p.sample_rate_hz, block.p.n_mels), top_db=None)


@lru_cache(maxsize=128)
def _chroma_filters(sample_rate_hz: int, n_fft: int, tuned: float) -> Float[np.ndarray, "n_bins 12"]:
    """Weights of the bins in each pitch class, for a recording `tuned` so many semitones (-0.5 … 0.5) off A = 440 Hz."""
    return np.ascontiguousarray(librosa.filters.chroma(sr=sample_rate_hz, n_fft=n_fft, tuning=tuned).T)
