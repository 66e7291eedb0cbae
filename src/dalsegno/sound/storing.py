"""The spectrograms a run stores: `spectrograms:` in params.yaml, one entry a kind and its options."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from dalsegno.artefacts import spectrogram_store
from dalsegno.pipeline import params, runtime
from dalsegno.pipeline.params import chosen, section


@section
class Params:
    """`spectrograms.<key>:` in params.yaml."""

    kind: str  # a file of spectrograms/: logmel, stft, windows, phase, waveform, …
    options: Annotated[Any, chosen("dalsegno.spectrograms", by="kind")]  # that file's Params


def write(folder: str | Path, root: str | Path, clips: pd.DataFrame, p: Params, r: runtime.Runtime, desc: str) -> None:
    """Decode `clips` (rows of the manifest, whose paths are below `root`) once each into a store at `folder`."""
    kind = params.component("dalsegno.spectrograms", p.kind)
    paths = [Path(root, path) for path in clips["path"]]
    frames = runtime.map(partial(kind.frames, p=p.options), paths, len(paths), r, desc)
    spectrogram_store.write(folder, zip(clips["clip_id"], frames, strict=True), kind.meta(p.options))
