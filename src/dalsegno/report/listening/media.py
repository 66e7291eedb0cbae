"""What the page has of a clip beside names and numbers: sound, outline and picture, as text that JSON holds."""

import base64
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.pipeline.errors import UserError
from dalsegno.report.listening import excerpt
from dalsegno.sound import pictures

BUDGET = 9_000_000  # characters of sound and pictures together: a page of them opens at once and can be sent by mail
SIZE = (320, 96)  # pixels of a picture
QUALITY = 60

Media = dict[str, Any]


def of(clip: tuple[str, Path], audio: bool) -> Media:
    """`sound` (MP3, if `audio`), `start_s`, `length_s`, `outline` and `picture` (WebP) of a clip, or of a piece of one.

    clip: its id and its file. A picture has `picture` alone; a file that can no longer be read has `lost`, the reason.
    """
    item, path = clip
    if not path.is_file():
        return {"lost": f"{path} is no longer there"}
    try:
        if path.suffix.lower() in clips_csv.PICTURE:
            return {"picture": _grey(np.rint(255 * pictures.read(path)[:, ::-1].T).astype(np.uint8))}
        heard = excerpt.loudest(path, item)
    except (UserError, OSError, ValueError) as error:
        return {"lost": str(error)}
    media: Media = {"picture": _grey(heard.spectrogram()), "outline": excerpt.outline_path(heard.outline())}
    if audio:
        media["sound"] = base64.b64encode(heard.mp3()).decode()
    return media | {"start_s": round(heard.start_s, 1), "length_s": round(len(heard.samples) / excerpt.RATE_HZ, 1)}


def within_budget(media: Iterable[tuple[int, Media]]) -> dict[str, Media]:
    """As many of the clips, in their order, as BUDGET allows; by their place, which JSON has as text."""
    kept, spent = {}, 0
    for place, one in media:
        spent += sum(len(part) for part in one.values() if isinstance(part, str))
        if spent > BUDGET:
            break
        kept[str(place)] = one
    return kept


def lost(shown: dict[str, Media]) -> list[str]:
    """Why clips have nothing to show: the files that can no longer be read."""
    return [one["lost"] for one in shown.values() if "lost" in one]


def webp(picture: Image.Image) -> str:
    """A picture in base64, small enough that a page can hold hundreds."""
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=QUALITY, method=4)
    return base64.b64encode(file.getvalue()).decode()


def _grey(levels: np.ndarray) -> str:
    """uint8 (n_rows, n_columns) as a picture in grey, dark where it is loud."""
    return webp(Image.fromarray(255 - levels).resize(SIZE, Image.Resampling.BILINEAR))
