"""Store a spectrogram of every clip, whole clips end to end in one memory-mapped file."""

import time

from dalsegno.artefacts import input_cost
from dalsegno.artefacts.data_set import clips_csv
from dalsegno.pipeline import params, runtime, stage
from dalsegno.sound import storing


def main(clips_path: str, folder: str, key: str, cost_json: str) -> None:
    """Read the clips that `clips_path` lists, write the store that `spectrograms.<key>` describes."""
    began = time.perf_counter()
    p = params.variant(key, spectrograms=storing.Params)
    r = params.load(runtime=runtime.Runtime)
    clips = clips_csv.with_copies(clips_csv.read(clips_path))
    storing.write(folder, params.value("dataset.root", str), clips, p, r, desc=key)
    input_cost.write(cost_json, time.perf_counter() - began, len(clips))


if __name__ == "__main__":
    stage.run(main)
