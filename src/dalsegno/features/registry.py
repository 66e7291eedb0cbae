"""The features that can be asked for by name, and the two decorators that register one (catalogue.py)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from dalsegno.features.analysis import Analysis, OfBlock
from dalsegno.features.block import OverTime

OfClip = Float[np.ndarray, " n_values"]


@dataclass(frozen=True)
class Feature:
    """A feature that can be asked for."""

    compute: Callable[[Analysis], OverTime | OfClip]
    functions: tuple[OfBlock, ...]  # whose values over time it is made from
    whole: tuple[str, ...]  # the properties of Analysis that these look up by `Block.clip`


FEATURES: dict[str, Feature] = {}


def per_frame(*whole: str) -> Callable[[OfBlock], OfBlock]:
    """Let a feature of single frames be asked for by its name.

    whole: the properties of the whole clip that it looks up; so they are there before its first block is.
    """

    def register(function: OfBlock) -> OfBlock:
        FEATURES[function.__name__] = Feature(lambda a: a.over_time(function), (function,), whole)
        return function

    return register


def per_clip(*functions: OfBlock, whole: tuple[str, ...] = ()) -> Callable:
    """Let a feature of the whole clip be asked for by its name.

    functions: those that it asks `over_time` for, so that one pass over the clip serves all features.
    """

    def register(function: Callable[[Analysis], OverTime | OfClip]) -> Callable[[Analysis], OverTime | OfClip]:
        FEATURES[function.__name__] = Feature(function, functions, whole)
        return function

    return register
