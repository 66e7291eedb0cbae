"""Areas beside and below one another, as one drawing."""

from collections.abc import Sequence

from dalsegno.report.drawing.axes import INK, Axes
from dalsegno.report.drawing.words import number

PAD = 3  # points around all that is drawn


def svg(panels: Sequence[Axes], columns: int = 1, gaps: tuple[float, float] = (0.0, 0.0)) -> str:
    """Axes of one size as one `<svg>` element to stand in a page, in rows of so many, so far apart."""
    shift = [(i % columns * (a.width + gaps[0]), i // columns * (a.height + gaps[1])) for i, a in enumerate(panels)]
    corners = [
        (a.box[0] + x, a.box[1] + y, a.box[2] + x, a.box[3] + y) for a, (x, y) in zip(panels, shift, strict=True)
    ]
    left, top = (min(corner[i] for corner in corners) - PAD for i in (0, 1))
    width, height = (max(corner[i] for corner in corners) + PAD - low for i, low in ((2, left), (3, top)))
    size = f'width="{number(width)}pt" height="{number(height)}pt" viewBox="{" ".join(map(number, (left, top, width, height)))}"'
    style = f'fill="{INK}" stroke-linejoin="round" font-family="DejaVu Sans, sans-serif"'
    drawn = [
        f'<g transform="translate({number(x)} {number(y)})">{"".join(a.parts)}</g>' if x or y else "".join(a.parts)
        for a, (x, y) in zip(panels, shift, strict=True)
    ]
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(drawn)}</svg>'
