"""The section on what a network hears: a few clips of each class, and on what in them its answer rests."""

import base64
import io
from collections.abc import Iterator
from typing import Any

from PIL import Image

from dalsegno.pipeline.errors import quoted
from dalsegno.report import formatting
from dalsegno.report.paper import blocks, figures
from dalsegno.report.paper.blocks import Block
from dalsegno.report.paper.figures import Figure
from dalsegno.report.paper.references import Cited

COLUMNS, WIDTH_PT = 3, 160.0
MOST = 24  # clips that fit on two pages


def hearing(heard: dict[str, Any], called: dict[str, str], cite: Cited) -> Iterator[Block]:
    """heard: listening.json, whose `heard` is not empty. called: the name under which each model is to stand."""
    told = heard["heard"]
    model, passed = called[told["model"]], ", ".join(called[name] for name in told["passed"])
    larger = f" More accurate networks are too large to be asked so often here: {passed}." if passed else ""
    yield blocks.text(
        f"Where in a clip {model} finds its answer is measured by occlusion{cite('occlusion')}: its spectrogram is divided into fields, each "
        "of which is hidden in turn. A clip is put only to networks that did not train on it. The pictures show what this one network "
        "relies on. They do not show what makes the music what it is, or what would happen if several fields were hidden together: where "
        f"many fields carry the same evidence, each of them alone looks unimportant.{larger}"
    )
    caption = (
        f"What {model} hears: its spectrogram (low notes at the bottom), and below it the same with a field for each part that was hidden: red "
        "ones speak for the answer, blue ones against it, the more so the stronger the tint within a picture. For each class, a typical clip that it has right, then the mistake of which it was surest."
    )
    yield blocks.figures([_figure(one, heard) for one in told["clips"][:MOST]], caption, COLUMNS)


def _figure(one: dict[str, Any], heard: dict[str, Any]) -> Figure:
    label, answer = (quoted(heard["classes"][i]) for i in (heard["labels"][one["clip"]], one["called"]))
    p, without = (formatting.share(one[name] / 1000, 0) for name in ("p", "without"))
    words = label if label == answer else f"{label}, taken for {answer}"
    change = f"without the reddest field {without}" if without != p else "also without the reddest field"
    return figures.figure(_svg(one["picture"]), f"{words}: {p}, {change}")


def _svg(webp: str) -> str:
    """The picture as the layout takes plots; Typst knows no WebP."""
    with Image.open(io.BytesIO(base64.b64decode(webp))) as picture:
        width, height, file = picture.width, picture.height, io.BytesIO()
        picture.save(file, "PNG", compress_level=1)  # Typst packs it again
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{WIDTH_PT}pt" '
        f'height="{WIDTH_PT * height / width}pt" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" xlink:href="data:image/png;base64,{data}"/></svg>'
    )
