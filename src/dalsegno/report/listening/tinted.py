"""A spectrogram as a network sees it, and below it the same once more, tinted by what speaks for an answer and against it."""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.inference.saliency import Map
from dalsegno.report.listening import media

FOR, AGAINST = (190, 20, 40), (20, 90, 190)
STRONGEST = 0.75  # of a tint, so that the spectrogram shows through
GAP = 6  # pixels between the two


def webp(store: Store, nats: Map) -> str:
    """The picture, in base64. The strongest tint is that of the greatest of `nats`, whichever its sign."""
    grey = _grey(store.clip(store.index.index[0]))
    tints = _scaled(nats / max(float(np.abs(nats).max()), 1e-9))
    colour = np.where(tints[..., None] > 0, FOR, AGAINST)
    share = STRONGEST * np.abs(tints)[..., None]
    lower = np.rint((1 - share) * grey[..., None] + share * colour).astype(np.uint8)
    upper = np.repeat(grey[..., None], 3, axis=2)
    gap = np.full((GAP, grey.shape[1], 3), 255, np.uint8)
    return media.webp(Image.fromarray(np.concatenate([upper, gap, lower])))


def _grey(x: Float[np.ndarray, "frame bin *channel"]) -> UInt8[np.ndarray, "row column"]:
    """The first channel, low bins at the bottom, dark where it is loud."""
    x = x if x.ndim == 2 else x[..., 0]
    low, high = float(x.min()), float(x.max())
    levels = 255 - 255 * (x.T[::-1] - low) / max(high - low, 1e-9)
    return np.asarray(Image.fromarray(levels.astype(np.uint8)).resize(media.SIZE, Image.Resampling.BILINEAR))


def _scaled(cells: Map) -> Float[np.ndarray, "row column"]:
    """Cells as large as the picture, the lowest band at the bottom."""
    picture = Image.fromarray(cells[::-1].astype(np.float32))
    return np.asarray(picture.resize(media.SIZE, Image.Resampling.NEAREST))
