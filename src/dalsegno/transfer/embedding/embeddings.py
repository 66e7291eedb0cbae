"""The embeddings of every clip by a frozen backbone, computed once: a table like the features, cached by DVC.

Memory does not grow with the number of clips, and a run that was killed goes on where it stopped: finished parts lie in
a folder beside the result, marked with a digest of everything that they depend on.
"""

import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import model_pt
from dalsegno.families.convolutional.crops import Crops
from dalsegno.families.convolutional.shown import Batch
from dalsegno.families.convolutional.view import View, check
from dalsegno.pipeline import files, progress, runtime
from dalsegno.pipeline.errors import UserError
from dalsegno.training import memory, precision
from dalsegno.training.views import augment
from dalsegno.transfer.embedding.embedding_entry import EmbeddingView
from dalsegno.transfer.embedding.parts import Parts, Rows, joined
from dalsegno.transfer.pretrained.provenance import Provenance

BATCH = 16  # windows at a time: VGG16 makes 0.4 GB of them at its widest
BATCHES_PER_PART = 16  # the most that a kill can cost
PLAIN = augment.Params()  # changes nothing


def crops(folder: str | Path, view: EmbeddingView, device: torch.device) -> Crops:
    """The windows of every clip of a store; `crop_s: null` shows each clip whole, at its own length, without padding.

    Raises UserError if the view does not go with the store.
    """
    stored = spectrogram_store.open(folder)
    check(view.resize, view.channels, stored.meta, folder)
    if view.crop_s is not None:
        return Crops(folder, View(crop_s=view.crop_s, hop_s=view.hop_s, resize=view.resize), None, device)
    shortest_s = int(stored.index["n_frames"].min()) / stored.meta["frame_rate_hz"]
    return Crops(folder, View(crop_s=shortest_s, evaluate="whole", resize=view.resize), None, device)


def write(
    folder: str | Path,
    model: nn.Module,
    clips: Crops,
    view: EmbeddingView,
    r: runtime.Runtime,
    description: dict[str, Any],
    inputs: Iterable[str | Path],
    trained_on: Provenance,
    backbone: dict[str, Any],
    views: int = 0,
    augmentation: augment.Params = PLAIN,
) -> float | None:
    """Write embeddings.parquet (clip_id, segment, view, e_0000 …), one row per window of a clip; meta.json; provenance.json.

    model: stored data (batch, …) to embeddings (batch, dim). clips: as `crops` makes them of `view`. backbone: what
    model.pt of a head on these embeddings has to say of `model`, so that it can be built again; backbone.pt is that with
    its weights. views: how many augmented copies of each window follow it; view 0 is the window itself. description: the
    content of meta.json, everything that decides the result except `inputs`, the files and folders it is computed from.
    trained_on: the content of provenance.json. Raises UserError if the network cannot take such windows.

    Returns the seconds that all windows take; after a kill, by those that were still missing, and None if none were.
    """
    folder, model = Path(folder), model.eval()
    parts = Parts(folder.parent / f".{folder.name}.parts", _key(description, inputs, clips.device))
    seconds = _fill(parts, Embed(model, clips.folder, view, views, augmentation), clips, r)
    with files.atomic(folder) as draft:
        draft.mkdir()
        parts.join(draft / "embeddings.parquet")
        made_with = description | precision.made_on(clips.device, torch.float32)
        files.write_text(draft / "meta.json", json.dumps(made_with, indent=1, allow_nan=False) + "\n")
        model_pt.save(draft / "backbone.pt", backbone | {"state": {k: v.cpu() for k, v in model.state_dict().items()}})
        files.write_text(draft / "provenance.json", json.dumps(trained_on.plain()) + "\n")
    parts.remove()
    return seconds


def _fill(parts: Parts, embed: "Embed", clips: Crops, r: runtime.Runtime) -> float | None:
    """Compute the parts that are missing; the seconds of all, going by those of these, None if none were missing."""
    needed, began = list(_parts(clips)), time.perf_counter()
    missing = [part for part in needed if not parts.has(part.number)]
    if r.backend == "ray":
        gpus = int(clips.device.type == "cuda")
        done = runtime.each(partial(_elsewhere, embed, r), missing, r, r.workers, gpus=gpus)
    else:
        done = (embed(part, clips) for part in missing)
    for part, rows in zip(missing, progress.bar(done, "embeddings", len(missing), unit="part"), strict=True):
        parts.add(part.number, rows)
    return (time.perf_counter() - began) * len(needed) / len(missing) if missing else None


@dataclass(frozen=True)
class Part:
    """Batches of windows: the number of the first of all batches, and the segment of its clip that each window is."""

    number: int
    first: int
    batches: list[Batch]
    segments: list[list[int]]


@dataclass(frozen=True)
class Embed:
    """What is done to each part, on whatever machine: `model` shown the windows of the store in `folder`."""

    model: nn.Module
    folder: str | Path
    view: EmbeddingView
    views: int
    augmentation: augment.Params

    def __call__(self, part: Part, clips: Crops) -> Rows:
        """clip_id, segment, view and e of every window of the part, and of its augmented views."""
        rows = []
        for i, (batch, segments) in enumerate(zip(part.batches, part.segments, strict=True)):
            names = {"clip_id": np.array(batch.owners), "segment": np.array(segments)}
            rows += self._rows(clips.cut(batch), names, clips.scale, seed=part.first + i)
        return joined(rows)

    def _rows(self, x: Tensor, names: Rows, scale: augment.Scale, seed: int) -> Iterator[Rows]:
        """Rows of a batch as it is, and of its augmented views, which `seed` decides."""
        generator = torch.Generator(x.device).manual_seed(seed)
        for view in range(self.views + 1):
            shown = augment.augment(x, x.new_zeros(len(x), 1), self.augmentation, generator, scale)[0] if view else x
            yield names | {"view": np.full(len(x), view), "e": _embedded(self.model, shown)}


def _parts(clips: Crops) -> Iterator[Part]:
    """All windows of all clips, cut into parts; the same cuts whenever the store and the view are the same."""
    segment_of: defaultdict[str, Iterator[int]] = defaultdict(count)
    coming = clips.batches(clips.clip_ids, BATCH)
    for number in count():
        if not (batches := list(islice(coming, BATCHES_PER_PART))):
            return
        segments = [[next(segment_of[clip]) for clip in batch.owners] for batch in batches]
        yield Part(number, number * BATCHES_PER_PART, batches, segments)


def _elsewhere(embed: Embed, r: runtime.Runtime, part: Part) -> Rows:
    """A part, by a worker of a cluster, which opens the store for itself."""
    device = r.torch_device()
    embed.model.to(device)
    return embed(part, _opened(embed.folder, embed.view, device))


_opened = cache(crops)


def _embedded(model: nn.Module, x: Float[Tensor, "batch ..."]) -> Float[np.ndarray, "batch dim"]:
    """Raises UserError, with the size of the windows, if the network fails on them."""
    try:
        with torch.inference_mode(), precision.full(), memory.enough("lower view.crop_s", "set runtime.device to cpu"):
            return model(x).float().cpu().numpy()
    except RuntimeError as error:
        shape = " × ".join(map(str, x.shape[1:]))
        raise UserError(
            f"the network fails on views of {shape} (channels × bins × frames): {str(error).splitlines()[0]}; "
            "set view.crop_s to the length that it was trained on"
        ) from None


def _key(description: dict[str, Any], inputs: Iterable[str | Path], device: torch.device) -> str:
    """A digest of everything that the result depends on: settings, inputs byte by byte, and the code that runs."""
    settings = [description, precision.made_on(device, torch.float32), files.digest([*_code(), *map(Path, inputs)])]
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _code() -> list[Path]:
    """The files of this package that the process has loaded."""
    loaded = [module.__file__ for name, module in sorted(sys.modules.items()) if name.startswith("dalsegno.")]
    return [Path(file) for file in loaded if file]
