"""An area with lines, dots and words in it and around it. Lengths are points, from the upper left corner of the area."""

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dalsegno.report.drawing import labels, scales
from dalsegno.report.drawing.scales import Scale
from dalsegno.report.drawing.words import length, number, short

INK = "currentColor"  # the page's own text colour
SHADE = "#1b5fa5"
ACCENT = f"var(--accent, {SHADE})"  # the accent of the page, where it has one
FAINT = 0.3
CROSS = "m-2.7-1.5l1.2-1.2l1.5 1.5l1.5-1.5l1.2 1.2l-1.5 1.5l1.5 1.5l-1.2 1.2l-1.5-1.5l-1.5 1.5l-1.2-1.2l1.5-1.5z"
DISC = "m-2.4 0a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0z"
LINE = 13  # points from one line of words to the next
End = tuple[float, float, str, str]  # of a line: x, y, name and colour


class Axes:
    """An area of `width` x `height` with a scale in either direction, and words of `size` along its axes.

    box: what is drawn, left, top, right and bottom.
    """

    def __init__(self, width: float, height: float, x: Scale, y: Scale, size: float = 9) -> None:
        self.width, self.height, self.x, self.y, self.size = width, height, x, y, size
        self.parts: list[str] = []
        self.box = [0.0, 0.0, width, height]

    def places(self, x: Any, y: Any) -> list[tuple[float, float]]:
        """Where pairs of values lie in the area, in points."""
        return list(zip((self.x(x) * self.width).tolist(), ((1 - self.y(y)) * self.height).tolist(), strict=True))

    def line(self, x: Any, y: Any, colour: str, width: float = 1.3, dash: str = "", alpha: float = 1.0) -> None:
        """A line through values, those that are not numbers left out; dash: as of stroke-dasharray."""
        places = [(a, b) for a, b in self.places(x, y) if math.isfinite(a) and math.isfinite(b)]
        if places:
            self.path("M" + "L".join(f"{number(a)} {number(b)}" for a, b in places), colour, width, dash, alpha)

    def path(self, d: str, colour: str, width: float, dash: str = "", alpha: float = 1.0) -> None:
        """A path in points."""
        look = f' stroke-dasharray="{dash}"' if dash else ""
        look += f' stroke-opacity="{number(alpha)}"' if alpha < 1 else ""
        self.parts.append(f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{number(width)}"{look}/>')

    def dots(self, x: Any, y: Any, radius: Any, colour: str) -> None:
        """A dot at each pair of values; radius: in points, of all dots or of each."""
        places, radii = self.places(x, y), np.broadcast_to(np.asarray(radius, float), np.shape(x))
        drawn = [
            f'<circle cx="{number(a)}" cy="{number(b)}" r="{number(r)}"/>'
            for (a, b), r in zip(places, radii.tolist(), strict=True)
        ]
        self.parts.append(f'<g fill="{colour}">{"".join(drawn)}</g>')

    def marks(self, x: Any, y: Any, shape: str, colour: str, alpha: float = 1.0) -> None:
        """A shape at each pair of values: a path that begins at the middle, by steps."""
        self.signs(self.places(x, y), shape, colour, alpha)

    def signs(self, places: Sequence[tuple[float, float]], shape: str, colour: str, alpha: float = 1.0) -> None:
        """`marks` at places in points."""
        if not places:
            return
        look = f'fill="{colour}"' + (f' fill-opacity="{number(alpha)}"' if alpha < 1 else "")
        d = "".join(f"M{number(a)} {number(b)}{shape}" for a, b in places)
        self.parts.append(f'<path d="{d}" {look}/>')

    def text(
        self, x: float, y: float, words: str, size: float = 8.5, anchor: str = "start", turned: float = 0.0,
        colour: str = INK,
    ) -> None:  # fmt: skip
        """Write `words`, y being half their height, from x on or about it or up to it; turned: upwards, in degrees."""
        turn = f' transform="rotate({number(-turned)} {number(x)} {number(y)})"' if turned else ""
        fill = "" if colour == INK else f' fill="{colour}"'
        place = f'x="{number(x)}" y="{number(y + 0.35 * size)}" font-size="{number(size)}" text-anchor="{anchor}"'
        self.parts.append(f"<text {place}{fill}{turn}>{html.escape(words, quote=False)}</text>")
        whole = length(words, size)
        before = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * whole
        right, up, half = math.cos(math.radians(turned)), math.sin(math.radians(turned)), size / 2
        ends = [(x + way * right, y - way * up) for way in (-before, whole - before)]
        self.reach(
            *(min(at) - half for at in zip(*ends, strict=True)), *(max(at) + half for at in zip(*ends, strict=True))
        )

    def reach(self, left: float, top: float, right: float, bottom: float) -> None:
        """Let the figure hold this as well."""
        self.box = [min(self.box[0], left), min(self.box[1], top), max(self.box[2], right), max(self.box[3], bottom)]

    def title(self, words: str, room: float) -> None:
        """Write `words` above the area, shortened to so many points."""
        self.text(self.width / 2, -8, short(words, int(room / length("n", 8))), 8, "middle")

    def round_below(self, title: str, percent: bool = False, whole: bool = False) -> None:
        """The axis below at round values; percent: these are shares, whole: there is nothing between integers."""
        for n in range(max(3, int(self.width / 38)), 1, -1):  # as many as leave their words apart
            ticks = self.x.ticks(n, whole)
            words = scales.written(ticks, self.x.log, percent)
            places, wide = (self.x(ticks) * self.width).tolist(), [length(word, self.size) for word in words]
            if all(
                b - a > (one + other) / 2 for a, b, one, other in zip(places, places[1:], wide, wide[1:], strict=False)
            ):
                break
        self.below(ticks, words, title)

    def round_left(self, title: str, percent: bool = False) -> None:
        """The axis on the left, likewise; no mark stands above 100%, which the scale may leave room for."""
        ticks = [tick for tick in self.y.ticks(max(4, int(self.height / 24))) if tick <= 1 or not percent]
        self.left(ticks, scales.written(ticks, self.y.log, percent), title)

    def below(
        self, ticks: Sequence[float], words: Sequence[str], title: str = "", turned: float = 0.0, line: bool = True
    ) -> None:
        """The axis below: words at values, grid lines through them, and a title."""
        places = (self.x(list(ticks)) * self.width).tolist()
        if line:
            self.path("".join(f"M{number(p)} 0V{number(self.height)}" for p in places), INK, 0.6, alpha=0.14)
            self.path(f"M0 {number(self.height)}H{number(self.width)}", INK, 0.6)
        for place, word in zip(places, words, strict=True):
            self.text(
                place,
                self.height + self.size,
                word,
                self.size - 0.5 * bool(turned),
                "end" if turned else "middle",
                turned,
            )
        if title:
            self.text(self.width / 2, self.box[3] + self.size - 1, title, self.size, "middle")

    def left(self, ticks: Sequence[float], words: Sequence[str], title: str = "", line: bool = True) -> None:
        """The axis on the left, likewise; line: False for rows that have names and no values."""
        places = ((1 - self.y(list(ticks))) * self.height).tolist()
        if line:
            self.path("".join(f"M0 {number(p)}H{number(self.width)}" for p in places), INK, 0.6, alpha=0.14)
            self.path(f"M0 0V{number(self.height)}", INK, 0.6)
        for place, word in zip(places, words, strict=True):
            self.text(-6, place, word, self.size - 0.5 * (not line), "end")
        if title:
            self.text(self.box[0] - self.size + 1, self.height / 2, title, self.size, "middle", 90)

    def beside(self, ends: list[End]) -> None:
        """Name points at the right of the area, as near their heights as leaves the names apart, with a thread to each."""
        places = self.places([end[0] for end in ends], [end[1] for end in ends])
        order = sorted(range(len(ends)), key=lambda i: -places[i][1])
        heights = _apart([self.height - places[i][1] for i in order], LINE, self.height)
        for i, height in zip(order, heights, strict=True):
            (x, y, name, colour), (left, top) = ends[i], places[i]
            thread = f"M{number(left)} {number(top)}L{number(self.width + 8)} {number(self.height - height)}"
            self.path(thread, colour, 0.8, "0.8 1.3", 0.7)
            self.dots([x], [y], 1.8, colour)
            self.text(self.width + 11, self.height - height, short(name))

    def named(self, points: Sequence[End], marks: Sequence[str]) -> None:
        """Dots with their names as near as there is room, or else with their marks, and a thread to what is farther off."""
        places = self.places([point[0] for point in points], [point[1] for point in points])
        for place, (*_, colour) in zip(places, points, strict=True):
            self.signs([place], DISC, colour)
        names = [short(point[2], 22) for point in points]
        for label in labels.placed(places, names, marks, 8.5, self.width, self.height):
            left, top, right, bottom = label.box
            if label.far:
                ends = [f"{number(x)} {number(y)}" for x, y in (label.point, label.end)]
                self.path(f"M{'L'.join(ends)}", INK, 0.6, alpha=0.6)
            self.text((left + right) / 2, (top + bottom) / 2, label.words, 8.5, "middle")


def _apart(wanted: list[float], step: float, top: float) -> list[float]:
    """Rising heights at least `step` apart and below `top`, near the rising ones wanted."""
    at = list(wanted)
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + step)
    ceiling = top
    for i in reversed(range(len(at))):
        at[i] = min(at[i], ceiling)
        ceiling = at[i] - step
    return at
