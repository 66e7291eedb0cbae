"""The features of a clip as rows of a table: one decode and one spectrum per clip serve them all."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, Field

import dalsegno.features.catalogue  # noqa: F401 (it fills FEATURES)
from dalsegno.features import bands, statistics
from dalsegno.features.analysis import Analysis
from dalsegno.features.block import OverTime, Settings
from dalsegno.features.registry import FEATURES, OfClip
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.pipeline.params import section
from dalsegno.pipeline.refusals import ReadWhere
from dalsegno.sound import audio, cleaning, spectrum
from dalsegno.sound.replay import Replay

SUMMARISED = 1 << 18  # values over time that are summarised at once, so that memory stays flat in long clips


def _known(names: dict[str, Any]) -> AfterValidator:
    """A check that a word is one of `names`; the message of its ValueError has the nearest one."""

    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"unknown name{hint(name, list(names))}; there are: {', '.join(names)}")
        return name

    return AfterValidator(check)


@section
class Params(Settings):
    """`features:` in params.yaml."""

    # equal pieces per clip, one row each; 1: the whole clip
    segments: Annotated[int, Field(ge=1, le=10_000), ReadWhere(source=("audio",))] = 1
    source: Literal["audio", "csv"] = "audio"  # csv: read them from `table`, compute none
    # the file, with a column of clip names
    table: Annotated[str, Field(min_length=1), ReadWhere(source=("csv",))] = "data/clips.csv"
    use: Annotated[list[Annotated[str, _known(FEATURES)]], Field(min_length=1)]
    stats: Annotated[list[Annotated[str, _known(statistics.STATISTICS)]], Field(min_length=1)]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_mfcc > self.n_mels:
            raise ValueError(f"n_mfcc = {self.n_mfcc} is more than n_mels = {self.n_mels}")
        for name, words in (("use", self.use), ("stats", self.stats)):
            if twice := sorted({word for word in words if words.count(word) > 1}):
                raise ValueError(f"{name} names {', '.join(twice)} twice")
        spectrum.check_mel(self.sample_rate_hz, self.n_fft, self.n_mels, 0.0, None)
        if "contrast" in self.use:
            bands.octaves(self.sample_rate_hz, self.n_fft)
        if "stft" in self.use:
            bands.mel_edges(self.sample_rate_hz, self.n_fft, self.n_bands)


def compute(clip: tuple[str, Path], p: Params) -> list[dict[str, float]]:
    """The features of one (clip_id, path): a row per segment, by column `<feature>_<coefficient>_<statistic>`.

    Raises UserError naming the file if it cannot be decoded or has fewer samples than segments, and the feature if a
    value of it is not finite.
    """
    where = f"clip {clip[0]} ({clip[1]})"
    samples = cleaning.recording(clip[1], p)
    return [_row(where, part, p) for part in _segments(where, samples, p.segments)]


def _segments(where: str, samples: Replay[audio.Samples], n: int) -> Iterator[Replay[audio.Samples]]:
    """The recording in `n` pieces, of which the first are longer by a sample if it cannot be cut into equal ones."""
    if n == 1:
        yield samples
        return
    n_samples = sum(map(len, samples))
    if n_samples < n:
        raise UserError(f"{where}: {n_samples} samples are too few for {n} segments")
    each, rest = divmod(n_samples, n)
    for start, stop in pairwise(k * each + min(k, rest) for k in range(n + 1)):
        yield Replay(partial(audio.part, samples, start, stop))


def _row(where: str, samples: Iterable[audio.Samples], p: Params) -> dict[str, float]:
    """The features of some samples, by column; `where` is how an error calls them.

    A feature is summarised before the next one is computed, so that a long clip has the values over time of one in memory,
    beside those that several are computed from.
    """
    of_clip, over_time = {}, {}
    for name, x in _values(samples, p):
        if not np.isfinite(x).all():
            raise UserError(f"{where}: feature {name} is not finite; exclude the clip, or leave {name} out")
        if x.ndim == 1:
            of_clip |= {f"{name}_{i:02d}_value": float(v) for i, v in enumerate(x)}
        else:
            over_time |= _summary(name, x, p.stats)
    return of_clip | over_time


def _values(samples: Iterable[audio.Samples], p: Params) -> Iterator[tuple[str, OverTime | OfClip]]:
    """The values of each feature in use: one pass over a long clip for what they ask of the whole, and one for them."""
    a, features = Analysis(samples, p), {name: FEATURES[name] for name in p.use}
    for name in dict.fromkeys(name for feature in features.values() for name in feature.whole):
        getattr(a, name)
    a.gather(function for feature in features.values() for function in feature.functions)
    return ((name, feature.compute(a)) for name, feature in features.items())


def _summary(feature: str, x: OverTime, stats: list[str]) -> dict[str, float]:
    """Statistics of the values of a feature over time, by column."""
    n, row = max(1, SUMMARISED // len(x)), {}
    for start in range(0, x.shape[1], n):
        series = statistics.Series(np.ascontiguousarray(x[:, start : start + n].T, np.float64))
        values = np.stack([statistics.STATISTICS[s](series) for s in stats], axis=1).tolist()
        row |= {f"{feature}_{i:02d}_{s}": v for i, x in enumerate(values, start) for s, v in zip(stats, x, strict=True)}
    return row
