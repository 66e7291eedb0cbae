"""A network as a drawing: what each of its steps gives out, as a box, from what goes in to the scores of the classes."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from dalsegno.report.drawing.axes import ACCENT, INK, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale
from dalsegno.report.drawing.words import number

STEP, HIGHEST, WIDEST, LEAST = 46, 78, 26, 5  # points: from box to box; the largest box, and the smallest side
BROAD, PAPER, NARROW = 14, 12, 6  # boxes in a row: on a page, on paper, and on a phone
CAPTION = (
    "The output of each step, from the input on: the height shows the number of frequency bins, samples or values, the "
    "width that of channels, both on logarithmic scales. Shortcuts around blocks are not drawn."
)
FEW = 16  # channels or bins: a network of fewer has no larger box for that
MOST = 28  # boxes; what has more is drawn with a box for all steps that leave the bins and frames as they are
PLAIN = re.compile(r"Norm(\dd)?$|ELU|eLU|SiLU|[sS]wish|Sigmoid|Tanh|Dropout|Identity|Standardise")
"""Layers that a box is not named after."""


@dataclass(frozen=True)
class Box:
    """Steps in a row that give out one shape: channels, then bins and frames, or samples; of a vector: its length alone."""

    shape: tuple[int, ...]
    types: tuple[str, ...]

    @property
    def sides(self) -> tuple[int, int]:
        """What its height and its width stand for: bins and channels; of a vector: its length and 1."""
        return (self.shape[0], 1) if len(self.shape) == 1 else (self.shape[1], self.shape[0])

    @property
    def size(self) -> list[str]:
        """Two lines above it: channels and how large each is; of a vector: its length."""
        first, *rest = (f"{n:,}" for n in self.shape)
        return [f"{first} of", " × ".join(rest)] if rest else ["", first]

    @property
    def name(self) -> str:
        """What makes it: `2 × Conv2d`, `MaxPool2d`; the first of what changes little if it has nothing else."""
        kinds = [kind for several in self.types for kind in _single(several)]
        of = Counter(kind for kind in kinds if not PLAIN.search(kind)) or Counter(kinds[:1])
        return ", ".join(kind if n == 1 else f"{n} × {kind}" for kind, n in list(of.items())[:2])


def drawn(layers: pd.DataFrame, columns: int = BROAD) -> str:
    """The drawing, with so many boxes in a row; empty where shapes are not known. layers: of layers.csv, in their order."""
    boxes = list(_boxes(layers, of_shape=True))
    if len(boxes) > MOST:
        boxes = list(_boxes(layers, of_shape=False))
    if len(boxes) < 2:
        return ""
    highest, widest = (max(FEW, *side) for side in zip(*(box.sides for box in boxes), strict=True))
    n = math.ceil(len(boxes) / math.ceil(len(boxes) / columns))  # rows of about the same length
    rows = [_row(boxes[i : i + n], highest, widest, n) for i in range(0, len(boxes), n)]
    return svg(rows, gaps=(0, 74))


def _single(types: str) -> Iterator[str]:
    """The layers of one row of layers.csv: `2 × Conv2d, MaxPool2d` are three."""
    for several in types.split(", "):
        n, times, kind = several.partition(" × ")
        yield from [kind] * int(n) if times else [several]


def _boxes(layers: pd.DataFrame, of_shape: bool) -> Iterator[Box]:
    """Layers that follow one another and give out the same shape; of_shape False: the same but for the channels."""
    shape: tuple[int, ...] = ()
    types: list[str] = []
    for output, kind in zip(layers["output"], layers["type"], strict=True):
        found = tuple(int(n) for n in re.findall(r"\d+", str(output)))
        if not found:
            continue
        same = found == shape if of_shape or len(found) == 1 else found[1:] == shape[1:]
        if types and not same:
            yield Box(shape, tuple(types))
            types = []
        shape = found
        types.append(str(kind))
    if types:
        yield Box(shape, tuple(types))


def _row(boxes: Sequence[Box], highest: int, widest: int, n: int) -> Axes:
    """Boxes side by side, their sides on logarithmic scales up to the greatest of the network; n: how many have room."""
    axes = Axes(STEP * n, HIGHEST, Scale(0, 1), Scale(0, 1))
    for i, box in enumerate(boxes):
        tall, wide = (
            LEAST + (most - LEAST) * math.log(1 + side) / math.log(1 + greatest)
            for side, greatest, most in zip(box.sides, (highest, widest), (HIGHEST, WIDEST), strict=True)
        )
        middle = STEP * (i + 0.5)
        left, top = middle - wide / 2, (HIGHEST - tall) / 2
        outline = f"M{number(left)} {number(top)}h{number(wide)}v{number(tall)}h{number(-wide)}z"
        axes.path(outline, ACCENT, 1.1)
        if i + 1 < len(boxes):
            axes.path(
                f"M{number(middle + WIDEST / 2 + 3)} {number(HIGHEST / 2)}h{STEP - WIDEST - 6}", INK, 0.7, alpha=0.6
            )
        for line, words in enumerate(box.size):
            axes.text(middle, -16 + 9 * line, words, 7, "middle")
        axes.text(middle + 4, HIGHEST + 6, box.name, 7, "end", 35)
    return axes
