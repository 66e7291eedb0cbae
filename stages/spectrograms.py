"""Store a spectrogram of every clip, whole clips end to end in one memory-mapped file."""

from functools import partial
from pathlib import Path

from dalsegno import manifest, params, runtime, spectrogram, store


def main(root: str, clips_csv: str, folder: str, key: str) -> None:
    """Read the clips below `root` that `clips_csv` lists, write the store that `spectrograms.<key>` describes."""
    p = params.variant(key, spectrograms=spectrogram.Params)
    r = params.load(runtime=runtime.Runtime)
    kind = params.component("dalsegno.spectrograms", p.kind)
    clips = manifest.usable(manifest.read(clips_csv))
    paths = [Path(root, path) for path in clips["path"]]
    frames = runtime.map(partial(kind.frames, p=p.options), paths, len(paths), r, desc=key)
    store.write(folder, zip(clips["clip_id"], frames, strict=True), kind.meta(p.options))


if __name__ == "__main__":
    params.run(main)
