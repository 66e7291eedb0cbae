"""The spectrograms that a run stores: each entry of `spectrograms:` in params.yaml names a kind and its options."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd

from dalsegno.artefacts import spectrogram_store
from dalsegno.pipeline import files, params, runtime
from dalsegno.pipeline.params import chosen, section
from dalsegno.sound import cleaning, on_device

if TYPE_CHECKING:
    import torch


@section
class Params:
    """`spectrograms.<key>:` in params.yaml."""

    kind: str  # a file of spectrograms/: logmel, stft, windows, phase, waveform, …
    options: Annotated[Any, chosen("dalsegno.spectrograms", by="kind")]  # that file's Params


def write(folder: str | Path, root: str | Path, clips: pd.DataFrame, p: Params, r: runtime.Runtime, desc: str) -> None:
    """Compute the spectrogram of each of `clips`, in order, into a store at `folder`, whose meta.json has the options.

    clips: rows of clips.csv, whose paths are below `root`; desc: the name on the progress bar. Raises UserError naming the
    file that cannot be read; `folder` is then as it was.
    """
    kind = params.component("dalsegno.spectrograms", p.kind)
    needs_cpu = not isinstance(kind, on_device.Analysed)
    gpu = None if needs_cpu else r.gpu()
    blocks = partial(_on_gpu, kind.analysis(p.options), gpu) if gpu else kind.blocks
    paths = [Path(root, path) for path in clips["path"]]
    with files.scratch(folder) as spill:
        spill.mkdir()
        frames = runtime.map(
            partial(_stored, spill, blocks, p.options), paths, len(paths), r, desc, threads=gpu is not None
        )
        meta = kind.meta(p.options) | {"options": asdict(p.options), "computed_on": gpu.type if gpu else "cpu"}
        spectrogram_store.write(folder, zip(clips["clip_id"], frames, strict=True), meta)


def _on_gpu(a: on_device.Analysis, gpu: "torch.device", path: Path, options: Any) -> Iterator[spectrogram_store.Frames]:
    """The blocks of one file; it is read on the CPU."""
    return on_device.blocks(cleaning.recording(path, options), options, a, gpu)


def _stored(
    spill: Path, blocks: Callable[[Path, Any], Iterator[spectrogram_store.Frames]], options: Any, path: Path
) -> spectrogram_store.Frames | Path:
    """The spectrogram of one file; if it is large, a file in `spill` that has it, which the store takes in."""
    return spectrogram_store.joined(blocks(path, options), spill / f"{uuid.uuid4().hex}.npy")
