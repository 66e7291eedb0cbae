"""Store a spectrogram of every clip, whole clips end to end in one memory-mapped file."""

from dalsegno import manifest, params, runtime, spectrogram


def main(root: str, clips_csv: str, folder: str, key: str) -> None:
    """Read the clips below `root` that `clips_csv` lists, write the store that `spectrograms.<key>` describes."""
    p = params.variant(key, spectrograms=spectrogram.Params)
    r = params.load(runtime=runtime.Runtime)
    spectrogram.write(folder, root, manifest.usable(manifest.read(clips_csv)), p, r, desc=key)


if __name__ == "__main__":
    params.run(main)
