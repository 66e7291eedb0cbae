"""The waveform and the spectrogram of a clip, with axes and a bar that says which level a shade stands for."""

from typing import Any

from dalsegno.report.doctor import pictures
from dalsegno.report.drawing import scales
from dalsegno.report.drawing.axes import INK, Axes
from dalsegno.report.drawing.figure import svg
from dalsegno.report.drawing.scales import Scale
from dalsegno.report.drawing.words import number

WIDTH, HEIGHT, WAVE = 118, 74, 26  # points
SMALL = 6.5
OCTAVES_HZ = (100, 400, 1600, 6400)
LEVELS_DB = (0, -40, -80)


def drawn(clip: dict[str, Any]) -> str:
    """clip: of examples.json. A picture of a spectrogram has neither waveform nor axes, as nothing says how far it reaches."""
    seconds, top_hz = clip.get("seconds", 1), clip.get("top_hz", 2 * pictures.LOWEST_HZ)
    axes = Axes(WIDTH, HEIGHT, Scale(0, seconds), Scale(pictures.LOWEST_HZ, top_hz, log=True), SMALL)
    axes.parts.append(
        f'<image width="{WIDTH}" height="{HEIGHT}" preserveAspectRatio="none" image-rendering="optimizeSpeed" '
        f'href="{clip["spectrogram"]}"/>'
    )
    if "wave" in clip:
        _wave(axes, clip["wave"])
        ticks = axes.x.ticks(4)
        axes.below(ticks, scales.written(ticks), "s", line=False)
        hertz = [hz for hz in OCTAVES_HZ if hz < top_hz]
        axes.left(hertz, [f"{hz}" for hz in hertz], "Hz", line=False)
        _bar(axes)
    return svg([axes])


def _wave(axes: Axes, outline: str) -> None:
    """Above the spectrogram and as wide; outline: a path in a box of pictures.COLUMNS x 2."""
    across, down = WIDTH / (pictures.COLUMNS - 1), WAVE / 2
    place = f"translate(0 {-WAVE - 4}) scale({number(across)} {number(down)})"
    axes.parts.append(f'<path d="{outline}" fill="{INK}" transform="{place}"/>')
    axes.reach(0, -WAVE - 4, WIDTH, 0)


def _bar(axes: Axes) -> None:
    """The shades of all levels, at the right of the spectrogram."""
    left, step = WIDTH + 5, HEIGHT / pictures.STEPS
    for i, shade in enumerate(pictures.SHADES[::-1].tolist()):
        place = f'x="{left}" y="{number(i * step)}" width="4" height="{number(step + 0.2)}"'
        axes.parts.append(f'<rect {place} fill="rgb({",".join(map(str, shade))})"/>')
    for level_db in LEVELS_DB:
        axes.text(left + 6, -level_db / pictures.RANGE_DB * HEIGHT, f"{level_db}".replace("-", "−"), SMALL)
    axes.text(left + 6, -9, "dB", SMALL)
