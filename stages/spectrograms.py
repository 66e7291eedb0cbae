"""Store a spectrogram of every clip, whole clips end to end in one memory-mapped file."""

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.pipeline import params, runtime, stage
from dalsegno.sound import storing


def main(clips_path: str, folder: str, key: str) -> None:
    """Read the clips that `clips_path` lists, write the store that `spectrograms.<key>` describes."""
    p = params.variant(key, spectrograms=storing.Params)
    r = params.load(runtime=runtime.Runtime)
    clips = clips_csv.with_copies(clips_csv.read(clips_path))
    storing.write(folder, params.value("dataset.root", str), clips, p, r, desc=key)


if __name__ == "__main__":
    stage.run(main)
