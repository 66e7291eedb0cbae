"""What a frozen backbone makes of every clip, computed once: a table like the features, cached by DVC.

Memory does not grow with the number of clips, and a run that was killed goes on where it stopped: finished parts lie in
a folder beside the result, marked with all they come from.
"""

import hashlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.families.crops import Crops
from dalsegno.families.view import View, Windows
from dalsegno.pipeline import files, progress
from dalsegno.pipeline.errors import UserError
from dalsegno.training.views import augment
from dalsegno.training.views.preprocess import Size

BATCH = 16  # windows at a time: VGG16 makes 0.4 GB of them at its widest
BATCHES_A_PART = 16  # what a kill can cost
PARTS_A_GROUP = 8  # of a Parquet file's rows, which it takes and gives as one

Rows = dict[str, np.ndarray]  # columns, and `e` (row, dim)


def patches(folder: str | Path, view: Windows, device: torch.device, resize: Size | None = None) -> Crops:
    """The windows of every clip of a store; `crop_s: null` shows each clip whole, at its own length, without padding."""
    if view.crop_s is not None:
        return Crops(folder, View(crop_s=view.crop_s, hop_s=view.hop_s, resize=resize), None, device)
    stored = spectrogram_store.open(folder)
    shortest_s = int(stored.index["n_frames"].min()) / stored.meta["frame_rate_hz"]
    return Crops(folder, View(crop_s=shortest_s, evaluate="whole"), None, device)


def write(
    folder: str | Path,
    model: nn.Module,
    clips: Crops,
    about: dict[str, Any],
    inputs: Iterable[str | Path],
    views: int = 0,
    changes: augment.Params | None = None,
) -> None:
    """Write embeddings.parquet (clip_id, segment, view, e_0000 …), one row a window of a clip, and meta.json.

    model: stored data (batch, …) to embeddings (batch, dim). views: how many times each window is shown again, changed
    as `changes` says; view 0 is the window as it is. about: what meta.json says, all that decides the result but
    `inputs`, the files and folders it is computed from.
    """
    folder, model = Path(folder), model.eval()
    parts = _Parts(folder.parent / f".{folder.name}.parts", _key(about, inputs, clips.device))
    batches = progress.bar(clips.evaluation(clips.clip_ids, BATCH), "embeddings", unit="batch")
    rows, number = [], 0
    for i, (x, names) in enumerate(_numbered(batches)):
        number = i // BATCHES_A_PART
        if not parts.has(number):
            rows += _rows(model, x, names, views, changes, seed=i)
        if rows and (i + 1) % BATCHES_A_PART == 0:
            parts.add(number, rows)
            rows = []
    if rows:
        parts.add(number, rows)
    with files.atomic(folder) as draft:
        draft.mkdir()
        parts.join(draft / "embeddings.parquet")
        files.write_text(draft / "meta.json", json.dumps(about, indent=1, allow_nan=False) + "\n")
    parts.remove()


class _Parts:
    """Finished parts of a table in a folder of their own, of no use to a run with another `key`."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key, self.mark = folder, key, folder / "key"
        if not self.mark.is_file() or self.mark.read_text() != key:
            shutil.rmtree(folder, ignore_errors=True)

    def has(self, number: int) -> bool:
        return self._path(number).is_file()

    def add(self, number: int, rows: list[Rows]) -> None:
        if not self.mark.is_file():
            files.write_text(self.mark, self.key)
        with files.atomic(self._path(number)) as draft, draft.open("wb") as f:
            np.savez(f, **_joined(rows))

    def join(self, path: Path) -> None:
        """Write all parts, in order, as one table, a few at a time in memory."""
        found, writer = sorted(self.folder.glob("*.npz")), None
        for i in range(0, len(found), PARTS_A_GROUP):
            table = _table(_joined([dict(np.load(part)) for part in found[i : i + PARTS_A_GROUP]]))
            writer = writer or pq.ParquetWriter(path, table.schema, use_dictionary=["clip_id"])
            writer.write_table(table)
        writer.close()

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.npz"


def _numbered(batches: Iterable[tuple[Tensor, list[str]]]) -> Iterator[tuple[Tensor, Rows]]:
    """Batches with the clip_id and segment of each of their windows."""
    seen: Counter[str] = Counter()
    for x, owners in batches:
        segments = []
        for clip in owners:
            segments.append(seen[clip])
            seen[clip] += 1
        yield x, {"clip_id": np.array(owners), "segment": np.array(segments)}


@torch.inference_mode()
def _rows(
    model: nn.Module, x: Tensor, names: Rows, views: int, changes: augment.Params | None, seed: int
) -> Iterator[Rows]:
    """Rows of a batch as it is, and of its augmented views, which `seed` decides."""
    chance = torch.Generator(x.device).manual_seed(seed)
    for view in range(views + 1):
        shown = augment.augment(x, x.new_zeros(len(x), 1), changes, chance)[0] if view else x
        yield names | {"view": np.full(len(x), view), "e": _embedded(model, shown)}


def _joined(rows: list[Rows]) -> Rows:
    return {name: np.concatenate([some[name] for some in rows]) for name in rows[0]}


def _table(rows: Rows) -> pa.Table:
    e = rows.pop("e")
    columns = {f"e_{i:04d}": np.ascontiguousarray(e[:, i]) for i in range(e.shape[1])}
    return pa.table(rows | columns)


def _embedded(model: nn.Module, x: Tensor) -> np.ndarray:
    try:
        return model(x).float().cpu().numpy()
    except RuntimeError as error:
        shape = " × ".join(map(str, x.shape[1:]))
        raise UserError(
            f"the network fails on views of {shape} (channels × bins × frames): {str(error).splitlines()[0]}; "
            "set view.crop_s to what it was trained on"
        ) from None


def _key(about: dict[str, Any], inputs: Iterable[str | Path], device: torch.device) -> str:
    """A digest of all that the result depends on: settings, inputs byte by byte, and the code that runs."""
    paths = _code()
    for path in map(Path, inputs):
        paths += sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    digests = []
    for path in paths:
        with path.open("rb") as f:
            digests.append(hashlib.file_digest(f, "sha256").hexdigest())
    told = json.dumps([about, str(device), torch.__version__, torch.get_num_threads(), digests], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _code() -> list[Path]:
    """The files of ours that this process has loaded."""
    return [Path(module.__file__) for name, module in sorted(sys.modules.items()) if name.startswith("dalsegno.")]
