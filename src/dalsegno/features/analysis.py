"""A clip as features see it: values of its blocks over time, and what only the whole clip tells."""

import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache, partial
from itertools import islice, tee

import numpy as np
from jaxtyping import Float32

from dalsegno.features import tuning
from dalsegno.features.block import N_FRAMES, Block, OverTime, Settings, WholeClip
from dalsegno.pipeline.cluster import numba_cache
from dalsegno.sound import spectrum
from dalsegno.sound.audio import Samples
from dalsegno.sound.replay import Replay

with numba_cache.locked("features"):  # librosa compiles its parts when they are imported: here, all that features use
    import librosa.core.pitch
    import librosa.feature.rhythm
    import librosa.feature.spectral
    import librosa.feature.utils
    import librosa.filters

TUNING_BLOCKS = 24  # from the start of a clip, that tell its tuning: twelve minutes with 512 samples per hop
OfBlock = Callable[[Block], OverTime]


class Analysis(WholeClip):
    """A clip, whose samples can be iterated over again. No spectrum of it stands in memory as a whole."""

    def __init__(self, samples: Iterable[Samples], p: Settings) -> None:
        self.p = p
        self._blocks = Replay(partial(_blocks, samples, p, weakref.proxy(self)))  # no circle: freed with the last clip
        self._values: dict[OfBlock, OverTime] = {}

    @cached_property
    def loudest_db(self) -> np.float32:
        """The loudest point of the mel spectrum."""
        return max(block.mel_db.max() for block in self._blocks)

    @cached_property
    def chroma_filters(self) -> Float32[np.ndarray, "n_bins 12"]:
        """Weights of the bins in each pitch class, tuned as the clip is."""
        peaks = [tuning.peaks(block.power, self.p.sample_rate_hz) for block in islice(self._blocks, TUNING_BLOCKS)]
        return _chroma_filters(self.p.sample_rate_hz, self.p.n_fft, tuning.estimate(np.concatenate(peaks)))

    def gather(self, functions: Iterable[OfBlock]) -> None:
        """Compute what `over_time` is going to be asked for in one pass over the clip."""
        parts: dict[OfBlock, list[OverTime]] = {function: [] for function in functions if function not in self._values}
        for block in self._blocks if parts else ():
            for function, values in parts.items():
                values.append(function(block).copy())  # a view would keep all that it is a part of
        for function in list(parts):
            self._values[function] = np.concatenate(parts.pop(function))

    def over_time(self, function: OfBlock) -> OverTime:
        """The values of `function` for all blocks, end to end."""
        self.gather([function])
        return self._values[function]


def _blocks(samples: Iterable[Samples], p: Settings, clip: WholeClip) -> Iterator[Block]:
    """The frames of a clip, 1 + n_samples // hop_length of them, in blocks."""
    first, second = tee(samples)
    padded = spectrum.frames(first, p.n_fft, p.hop_length, "constant", N_FRAMES)
    edged = spectrum.spans(second, p.n_fft, p.hop_length, "edge", N_FRAMES)
    before = np.zeros((0, p.n_fft), np.float32)
    for framed, span in zip(padded, edged, strict=True):
        yield Block(framed, span, before, p, clip)
        before = framed[-1:].copy()


@lru_cache(maxsize=128)
def _chroma_filters(sample_rate_hz: int, n_fft: int, tuned: float) -> Float32[np.ndarray, "n_bins 12"]:
    """Weights of the bins in each pitch class, for a recording `tuned` so many semitones (-0.5 … 0.5) off A = 440 Hz."""
    return np.ascontiguousarray(librosa.filters.chroma(sr=sample_rate_hz, n_fft=n_fft, tuning=tuned).T)
