"""Where names stand beside points so that no name covers a point or a name, and no thread to one crosses another."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dalsegno.report.drawing.words import length

Place = tuple[float, float]
DOT, GAP = 3.0, 5.0  # points: of a dot that is kept free, and from its middle to a name beside it
BESIDE = [(1.0, 0.0), (-1.0, 0.0)]
AROUND = [*BESIDE, *((across, down) for across in (1.0, -1.0, 0.0, 0.5, -0.5) for down in (-1.0, 1.0))]
"""The sides on which a name is tried, and how far it is shifted above and below its point."""
STEP, REACH = 5.0, 18  # how much farther off it is tried next, and how often
TRIES = 120  # of all points together, however many they are


@dataclass(frozen=True)
class Label:
    """Words, their left, top, right and bottom, and the place of their point; far: they need a thread."""

    words: str
    box: tuple[float, float, float, float]
    point: Place
    far: bool

    @property
    def end(self) -> Place:
        """The place of the box that is nearest to the point: where a thread ends."""
        left, top, right, bottom = self.box
        return min(max(self.point[0], left), right), min(max(self.point[1], top), bottom)


def placed(
    points: Sequence[Place], names: Sequence[str], marks: Sequence[str], size: float, width: float, height: float
) -> list[Label]:
    """A label for each point inside an area of that size, as near as there is room: its name, or else its short mark.

    Who chooses first gets the best place and may take that of another, so those that found none choose first the next time.
    A point for which not even its mark has room gets no label.
    """
    room, order = (width, height), list(range(len(points)))
    best: dict[int, Label] = {}
    for _ in range(max(1, TRIES // max(1, len(points)))):
        found: dict[int, Label] = {}
        _place(order, found, points, names, size, room)
        best = max(best, found, key=len)
        order = sorted(order, key=lambda i: i in found)
        if len(best) == len(points):
            return list(best.values())
    nameless = [i for i in order if i not in best]
    found = {}
    for which, words in ((nameless, marks), (list(best), names), (list(best), marks)):
        _place([i for i in which if i not in found], found, points, words, size, room)
    return list(found.values())


def _place(
    order: Sequence[int],
    done: dict[int, Label],
    points: Sequence[Place],
    words: Sequence[str],
    size: float,
    room: Place,
) -> None:
    """Add to `done` the nearest label of each of these points that keeps clear of all others, if there is one."""
    for i in order:
        tried = (label for label in _candidates(points[i], words[i], size) if _inside(label, *room))
        free = next((label for label in tried if _is_free(label, points, list(done.values()))), None)
        done |= {i: free} if free else {}


def _candidates(point: Place, words: str, size: float) -> Iterator[Label]:
    """Labels on all sides of a point, the nearest first."""
    (x, y), wide, high = point, length(words, size), size * 1.15
    for step in range(REACH):
        for across, down in AROUND:
            away = GAP + STEP * step
            middle = (x + across * (away + wide / 2), y + down * (away + high / 2 - 2 * (step == 0)))
            box = (middle[0] - wide / 2, middle[1] - high / 2, middle[0] + wide / 2, middle[1] + high / 2)
            yield Label(words, box, point, step > 0)


def _inside(label: Label, width: float, height: float) -> bool:
    left, top, right, bottom = label.box
    return left >= 0 and top >= 0 and right <= width and bottom <= height


def _is_free(label: Label, points: Sequence[Place], done: Sequence[Label]) -> bool:
    """Whether it, and its thread, keep clear of all dots and of all labels and threads that are `done`."""
    if any(_near(label.box, point, DOT) for point in points) or any(_overlap(label.box, other.box) for other in done):
        return False
    thread = _along(label) if label.far else []
    if any(math.dist(at, point) < DOT for at in thread for point in points if point != label.point):
        return False
    return not any(
        any(_near(other.box, at, 1) for at in thread)
        or (other.far and any(_near(label.box, at, 1) for at in _along(other)))
        or (label.far and other.far and _cross(label, other))
        for other in done
    )


def _along(label: Label) -> list[Place]:
    """Places on its thread, some two points apart."""
    (x, y), (u, v) = label.point, label.end
    n = max(1, int(math.dist(label.point, label.end) / 2))
    return [(x + (u - x) * i / n, y + (v - y) * i / n) for i in range(n + 1)]


def _near(box: tuple[float, float, float, float], place: Place, room: float) -> bool:
    left, top, right, bottom = box
    return left - room < place[0] < right + room and top - room < place[1] < bottom + room


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _cross(one: Label, other: Label) -> bool:
    """Whether two threads cross; those that leave one place do not."""
    a, b, c, d = one.point, one.end, other.point, other.end
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Place, b: Place, c: Place) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
