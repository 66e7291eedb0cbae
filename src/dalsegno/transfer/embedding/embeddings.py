"""The embeddings of every clip by a frozen backbone, computed once: a table like the features, cached by DVC.

Memory does not grow with the number of clips, and a run that was killed goes on where it stopped: finished parts lie in
a folder beside the result, marked with a digest of everything that they depend on.
"""

import hashlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import model_pt
from dalsegno.families.convolutional.crops import Crops
from dalsegno.families.convolutional.view import View
from dalsegno.pipeline import files, progress
from dalsegno.pipeline.errors import UserError
from dalsegno.training import precision
from dalsegno.training.views import augment
from dalsegno.transfer.embedding.embedding_entry import EmbeddingView
from dalsegno.transfer.pretrained.provenance import Provenance

BATCH = 16  # windows at a time: VGG16 makes 0.4 GB of them at its widest
BATCHES_PER_PART = 16  # the most that a kill can cost
PARTS_PER_GROUP = 8  # a Parquet file is written and read one row group at a time
PLAIN = augment.Params()  # changes nothing

Rows = dict[str, np.ndarray]  # columns, and `e` (row, dim)


def crops(folder: str | Path, view: EmbeddingView, device: torch.device) -> Crops:
    """The windows of every clip of a store; `crop_s: null` shows each clip whole, at its own length, without padding."""
    if view.crop_s is not None:
        return Crops(folder, View(crop_s=view.crop_s, hop_s=view.hop_s, resize=view.resize), None, device)
    stored = spectrogram_store.open(folder)
    shortest_s = int(stored.index["n_frames"].min()) / stored.meta["frame_rate_hz"]
    return Crops(folder, View(crop_s=shortest_s, evaluate="whole", resize=view.resize), None, device)


def write(
    folder: str | Path,
    model: nn.Module,
    clips: Crops,
    description: dict[str, Any],
    inputs: Iterable[str | Path],
    trained_on: Provenance,
    backbone: dict[str, Any],
    views: int = 0,
    augmentation: augment.Params = PLAIN,
) -> None:
    """Write embeddings.parquet (clip_id, segment, view, e_0000 …), one row per window of a clip; meta.json; provenance.json.

    model: stored data (batch, …) to embeddings (batch, dim). backbone: what model.pt of a head on these embeddings has to
    say of `model`, so that it can be built again; backbone.pt is that with its weights. views: how many augmented copies of each window follow it;
    view 0 is the window itself. description: the content of meta.json, everything that decides the result except
    `inputs`, the files and folders it is computed from. trained_on: the content of provenance.json. Raises UserError if the network cannot take such windows.
    """
    folder, model = Path(folder), model.eval()
    parts = _Parts(folder.parent / f".{folder.name}.parts", _key(description, inputs, clips.device))
    batches = progress.bar(clips.evaluation(clips.clip_ids, BATCH), "embeddings", unit="batch")
    rows, number = [], 0
    for i, (x, names) in enumerate(_numbered(batches)):
        number = i // BATCHES_PER_PART
        if not parts.has(number):
            rows += _rows(model, x, names, views, augmentation, clips.scale, seed=i)
        if rows and (i + 1) % BATCHES_PER_PART == 0:
            parts.add(number, rows)
            rows = []
    if rows:
        parts.add(number, rows)
    with files.atomic(folder) as draft:
        draft.mkdir()
        parts.join(draft / "embeddings.parquet")
        made_with = description | precision.made_on(clips.device, torch.float32)
        files.write_text(draft / "meta.json", json.dumps(made_with, indent=1, allow_nan=False) + "\n")
        model_pt.save(draft / "backbone.pt", backbone | {"state": {k: v.cpu() for k, v in model.state_dict().items()}})
        files.write_text(draft / "provenance.json", json.dumps(trained_on.plain()) + "\n")
    parts.remove()


class _Parts:
    """Finished parts of a table in a folder of their own; those that a run with another `key` left are deleted."""

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
            columns: dict[str, Any] = _joined(rows)
            np.savez(f, **columns)

    def join(self, path: Path) -> None:
        """Write all parts, in order, as one table, a few at a time in memory."""
        paths = sorted(self.folder.glob("*.npz"))
        groups = (paths[i : i + PARTS_PER_GROUP] for i in range(0, len(paths), PARTS_PER_GROUP))
        tables = (_table(_joined([dict(np.load(part)) for part in group])) for group in groups)
        first = next(tables)
        with pq.ParquetWriter(path, first.schema, use_dictionary=["clip_id"]) as writer:
            for table in chain([first], tables):
                writer.write_table(table)

    def remove(self) -> None:
        shutil.rmtree(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.npz"


def _numbered(batches: Iterable[tuple[Tensor, list[str]]]) -> Iterator[tuple[Tensor, Rows]]:
    """Batches with the clip_id and segment of each of their windows."""
    n_segments: Counter[str] = Counter()
    for x, owners in batches:
        segments = []
        for clip in owners:
            segments.append(n_segments[clip])
            n_segments[clip] += 1
        yield x, {"clip_id": np.array(owners), "segment": np.array(segments)}


def _rows(
    model: nn.Module,
    x: Tensor,
    names: Rows,
    views: int,
    augmentation: augment.Params,
    scale: augment.Scale,
    seed: int,
) -> Iterator[Rows]:
    """Rows of a batch as it is, and of its augmented views, which `seed` decides."""
    generator = torch.Generator(x.device).manual_seed(seed)
    for view in range(views + 1):
        shown = augment.augment(x, x.new_zeros(len(x), 1), augmentation, generator, scale)[0] if view else x
        yield names | {"view": np.full(len(x), view), "e": _embedded(model, shown)}


def _joined(rows: list[Rows]) -> Rows:
    return {name: np.concatenate([block[name] for block in rows]) for name in rows[0]}


def _table(rows: Rows) -> pa.Table:
    e = rows.pop("e")
    columns = {f"e_{i:04d}": np.ascontiguousarray(e[:, i]) for i in range(e.shape[1])}
    return pa.table(rows | columns)


def _embedded(model: nn.Module, x: Float[Tensor, "batch ..."]) -> Float[np.ndarray, "batch dim"]:
    """Raises UserError, with the size of the windows, if the network fails on them."""
    try:
        with torch.inference_mode(), precision.full():
            return model(x).float().cpu().numpy()
    except RuntimeError as error:
        shape = " × ".join(map(str, x.shape[1:]))
        raise UserError(
            f"the network fails on views of {shape} (channels × bins × frames): {str(error).splitlines()[0]}; "
            "set view.crop_s to the length that it was trained on"
        ) from None


def _key(description: dict[str, Any], inputs: Iterable[str | Path], device: torch.device) -> str:
    """A digest of everything that the result depends on: settings, inputs byte by byte, and the code that runs."""
    paths = _code()
    for path in map(Path, inputs):
        paths += sorted(f for f in path.rglob("*") if f.is_file()) if path.is_dir() else [path]
    digests = []
    for path in paths:
        with path.open("rb") as f:
            digests.append(hashlib.file_digest(f, "sha256").hexdigest())
    settings = [description, precision.made_on(device, torch.float32), digests]
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _code() -> list[Path]:
    """The files of this package that the process has loaded."""
    loaded = [module.__file__ for name, module in sorted(sys.modules.items()) if name.startswith("dalsegno.")]
    return [Path(file) for file in loaded if file]
