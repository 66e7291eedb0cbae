"""The spectrograms that a run stores: each entry of `spectrograms:` in params.yaml names a kind and its options."""

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
    """Compute the spectrogram of each of `clips`, in order, into a store at `folder`.

    clips: rows of clips.csv, whose paths are below `root`; desc: the name on the progress bar. Raises UserError naming the
    file that cannot be read; `folder` is then as it was.
    """
    kind = params.component("dalsegno.spectrograms", p.kind)
    paths = [Path(root, path) for path in clips["path"]]
    frames = runtime.map(partial(kind.frames, p=p.options), paths, len(paths), r, desc)
    spectrogram_store.write(folder, zip(clips["clip_id"], frames, strict=True), kind.meta(p.options))
