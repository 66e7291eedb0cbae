"""Spectrograms of all clips end to end in one memory-mapped file, with an index: whole clips, so that cutting is a view.

frames.npy (total_frames, bins[, channels]), index.csv (clip_id, start, n_frames), meta.json. A stored number becomes
its unit by `stored * scale + offset`. meta.json also records `versions`, the packages that the frames were made with, and
`computed_on`, cpu or cuda: they describe no sound, so a reader's `meta` is without them.
"""

import csv
import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
from jaxtyping import Float32, Shaped

from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline import environment, files
from dalsegno.pipeline.errors import UserError

Frames = Shaped[np.ndarray, "_ _ ..."]  # (n_frames, bins[, channels])
HELD_BYTES = 16 * 2**20  # frames of one clip that are held in memory; more are written to disk block by block


@dataclass(frozen=True)
class Store:
    """A store that has been opened: what it holds is read from disk as it is used."""

    frames: Shaped[np.ndarray, "total_frames n_bins *n_channels"]  # a memory map of numbers as stored
    index: pd.DataFrame  # start and n_frames by clip_id
    # kind, unit, db_per_unit (null where a unit is not a number of dB), scale, offset, frame_rate_hz, …
    meta: dict[str, Any]

    def clip(self, clip_id: str) -> Float32[np.ndarray, "n_frames n_bins *n_channels"]:
        """One clip in its unit. Raises KeyError if it is not stored."""
        start, n_frames = self.index.loc[clip_id, ["start", "n_frames"]]
        stored = self.frames[start : start + n_frames]
        return stored.astype(np.float32) * np.float32(self.meta["scale"]) + np.float32(self.meta["offset"])


def write(folder: str | Path, clips: Iterable[tuple[str, Frames | Path]], meta: dict[str, Any]) -> None:
    """Write (clip_id, frames) as they come; memory does not grow with their number.

    The frames of a clip may stand in a .npy file, as `joined` leaves them; it is then removed. `meta` gains `bins`,
    `channels`, `dtype` and `versions`. Raises UserError if there is no clip; ValueError if a clip comes twice, is empty, or has
    another dtype or number of bins than the first.
    """
    with files.atomic(folder) as draft:
        draft.mkdir()
        rows, shape, dtype = _write_frames(draft / "frames.npy", clips)
        if not rows:
            raise UserError(f"{folder}: there is no clip to store")
        with (draft / "index.csv").open("w", newline="", encoding="utf-8") as f:
            csv.writer(f, lineterminator="\n").writerows([("clip_id", "start", "n_frames"), *rows])
        full = meta | {"bins": shape[0], "channels": shape[1] if len(shape) > 1 else 1, "dtype": str(dtype)}
        full["versions"] = environment.versions()
        files.write_text(draft / "meta.json", json.dumps(full, indent=1, allow_nan=False) + "\n")


def joined(blocks: Iterable[Frames], path: Path) -> Frames | Path:
    """The blocks of a clip end to end; if they are large, they go to a new .npy file at `path`, which is returned."""
    kept, n_bytes, coming = [], 0, iter(blocks)
    for block in coming:
        kept.append(block)
        n_bytes += block.nbytes
        if n_bytes > HELD_BYTES:
            _write_frames(path, ((str(i), block) for i, block in enumerate(chain(kept, coming))))
            return path
    return np.concatenate(kept)


def open(folder: str | Path) -> Store:
    """The store in `folder`. Changing its `frames` in memory leaves the file as it is."""
    folder = Path(folder)
    index = pd.read_csv(folder / "index.csv", dtype={"clip_id": str}, keep_default_na=False).set_index("clip_id")
    meta = json_file.read(folder / "meta.json")
    for name in ("versions", "computed_on"):
        meta.pop(name, None)
    return Store(np.load(folder / "frames.npy", mmap_mode="c"), index, meta)


def _write_frames(
    path: Path, clips: Iterable[tuple[str, Frames | Path]]
) -> tuple[list[tuple[str, int, int]], tuple[int, ...], np.dtype]:
    """Write all frames as one .npy file; the rows of index.csv, and the shape and dtype of a single frame."""
    rows, seen, start, shape, dtype = [], set(), 0, (), np.dtype(np.uint8)
    with path.open("wb") as f:
        for clip_id, clip in clips:
            x = np.load(clip, mmap_mode="r") if isinstance(clip, Path) else clip
            if not rows:
                shape, dtype = x.shape[1:], x.dtype
                _header(f, (0, *shape), dtype)
            if clip_id in seen or not len(x) or (x.shape[1:], x.dtype) != (shape, dtype):
                got, expected = f"{x.dtype} {x.shape}", f"{dtype} (n_frames, {shape})"
                raise ValueError(f"clip {clip_id}: {got} does not fit a store of {expected}, or comes twice")
            _append(f, clip)
            rows.append((clip_id, start, len(x)))
            seen.add(clip_id)
            start += len(x)
        f.seek(0)
        _header(f, (start, *shape), dtype)
    return rows, shape, dtype


def _append(f: BinaryIO, clip: Frames | Path) -> None:
    """Write the frames of a clip to `f`; those of a file pass through in small pieces, and the file is removed."""
    if not isinstance(clip, Path):
        f.write(np.ascontiguousarray(clip).data)
        return
    with clip.open("rb") as source:
        source.seek(np.load(clip, mmap_mode="r").offset)
        shutil.copyfileobj(source, f, 1 << 20)
    clip.unlink()


def _header(f: BinaryIO, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """The header of an .npy file; NumPy leaves room in it for the first axis to grow, so it may be written again."""
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(f, header)
