"""The waveform and the spectrogram of a clip, with axes and a bar that says which level a shade stands for."""

import re
from typing import Any

import numpy as np

from dalsegno.pipeline import headless
from dalsegno.report import drawing
from dalsegno.report.doctor import pictures

with headless.no_backend():
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

SIZE_IN = (2.15, 1.5)
SMALL = 6.5  # points
OCTAVES_HZ = (100, 400, 1600, 6400)


def drawn(clip: dict[str, Any]) -> str:
    """clip: of examples.json. A picture of a spectrogram has neither waveform nor axes, as nothing says how far it reaches."""
    shades = LinearSegmentedColormap.from_list("", [np.divide(pictures.SILENT, 255), np.divide(pictures.LOUDEST, 255)])
    with drawing.style():
        figure = drawing.figure(*SIZE_IN)
        low = figure.add_axes((0, 0, 0.86, 0.68 if "wave" in clip else 1))
        levels_db = pictures.RANGE_DB * (pictures.levels(clip["spectrogram"]) - 1)
        seconds = clip.get("seconds", 1)
        shown = low.imshow(
            levels_db, shades, aspect="auto", origin="lower", interpolation="nearest", extent=(0, seconds, 0, 1),
            vmin=-pictures.RANGE_DB, vmax=0,
        )  # fmt: skip
        if "wave" in clip:
            _wave(figure.add_axes((0, 0.74, 0.86, 0.26)), clip["wave"], seconds)
            _scaled(low, clip["top_hz"])
            bar = figure.colorbar(shown, cax=figure.add_axes((0.88, 0, 0.03, 0.68)), ticks=[-80, -40, 0])
            bar.ax.tick_params(labelsize=SMALL, length=2, pad=1)
            bar.ax.set_title("dB", fontsize=SMALL, pad=2)
        else:
            low.set_axis_off()
        return drawing.svg(figure)


def _wave(axes: Axes, path: str, seconds: float) -> None:
    points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), float)
    axes.fill(points[:, 0] / points[:, 0].max() * seconds, 1 - points[:, 1], color=drawing.INK, linewidth=0)
    axes.set(xlim=(0, seconds), ylim=(-1, 1), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _scaled(axes: Axes, top_hz: float) -> None:
    """Seconds and hertz; rows rise by equal steps of pitch."""
    ticks = [hz for hz in OCTAVES_HZ if hz < top_hz]
    places = np.log([hz / pictures.LOWEST_HZ for hz in ticks]) / np.log(top_hz / pictures.LOWEST_HZ)
    axes.set_yticks(places, [f"{hz}" for hz in ticks])
    axes.tick_params(labelsize=SMALL, length=2, pad=1)
    axes.set_xlabel("s", fontsize=SMALL, labelpad=1)
    axes.set_ylabel("Hz", fontsize=SMALL, labelpad=1)
