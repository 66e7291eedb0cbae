"""How many clips per second a GPU turns into spectra, against two workers on the CPU, and how far apart the results are in dB.

python bench/gpu/spectra.py [--device cuda] [--small]
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # bench/clips.py, bench/goals.py
import goals
from clips import make

from dalsegno.pipeline import params, runtime
from dalsegno.sound import cleaning, on_device, spectrum, storing

FILES, TIMES = 24, 16  # files of 30 s, and how often each is computed
GOAL_TIMES, GOAL_MEDIAN_DB, GOAL_MOST_DB = 10, 1e-3, 0.05  # of two workers; differences of points above the floor


def apart(path, p, a, device):
    """Differences in dB of all points of a file above its floor, before they are rounded."""
    transformed = spectrum.transforms(cleaning.recording(path, p), a.weights, p.hop_length)
    powers = [spectrum.power(x)[:, : a.n_bins] for x in transformed]
    ours = spectrum.decibels(np.concatenate(powers if a.filters is None else [p.mel(x) for x in powers]))
    theirs = torch.cat(list(on_device.levels(cleaning.recording(path, p), p, a, device))).cpu().numpy()
    return np.abs(ours - theirs)[ours > ours.max() - p.top_db]


def clips_per_second(folder, paths, name, p, r):
    """Of a store written to disk, by workers that have started already."""
    clips = pd.DataFrame({"clip_id": [f"c{i}" for i in range(len(paths))], "path": [path.name for path in paths]})
    asked = storing.Params(kind=name, options=p)
    for _ in range(2):  # the first starts the workers
        began = time.perf_counter()
        storing.write(folder / "store", paths[0].parent, clips, asked, r, name)
        took = time.perf_counter() - began
    return len(clips) / took


def main():
    """Print a row for each kind."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    n_files, times = (4, 4) if options.small else (FILES, TIMES)
    there, here = runtime.Runtime(device=options.device), runtime.Runtime(workers=2, device="cpu")
    print(
        f"| spectra | clips/s on {options.device} | with two workers | times | goal | median difference, dB | goal | greatest, dB | goal |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with TemporaryDirectory() as tmp:
        files = make(Path(tmp), n_files)
        for name in ("logmel", "stft"):
            kind = params.component("dalsegno.spectrograms", name)
            p = kind.Params()
            gaps = np.concatenate([apart(f, p, kind.analysis(p), there.torch_device()) for f in files[:4]])
            fast = clips_per_second(Path(tmp), files * times, name, p, there)
            slow = clips_per_second(Path(tmp), files * max(2, times // 4), name, p, here)
            median, most = np.median(gaps), gaps.max()
            print(
                f"| {name} | {fast:,.0f} | {slow:,.0f} | {fast / slow:.1f} | {goals.at_least(fast / slow, GOAL_TIMES)} "
                f"| {median:.1e} | {goals.under(median, GOAL_MEDIAN_DB)} | {most:.1e} | {goals.under(most, GOAL_MOST_DB)} |"
            )


if __name__ == "__main__":
    main()
