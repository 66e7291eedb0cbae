"""A long recording is asked about part by part, so that memory does not grow with it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.families.convolutional.view import View
from dalsegno.inference.kinds.on_spectrograms import shown

META = {"kind": "logmel", "scale": 1.0, "offset": 0.0, "floor": 0.0, "bins": 64, "channels": 1, "frame_rate_hz": 100.0}
N_FRAMES = 40_000  # 10 MB
needs_smaps = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="memory is read off as Linux tells it")


def resident_kb(path):
    """How much of a mapped file lies in the memory of this process."""
    lines, of_file = Path("/proc/self/smaps").read_text().splitlines(), False
    total = 0
    for line in lines:
        if "-" in line.split(" ")[0]:
            of_file = line.endswith(str(path))
        elif of_file and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


@needs_smaps
@pytest.mark.parametrize("evaluate", ["windows", "whole"])
def test_what_has_been_shown_of_a_memory_map_is_given_back(tmp_path, evaluate):
    path = tmp_path / "frames.npy"
    expected = np.random.default_rng(0).random((N_FRAMES, 64), np.float32)
    np.save(path, expected)
    frames = np.load(path, mmap_mode="c")
    store = Store(frames, pd.DataFrame({"start": [0], "n_frames": [N_FRAMES]}, index=["clip"]), META)
    view = View(crop_s=5.0, evaluate=evaluate)
    seen, most = [], 0
    for x, _ in shown(store, view, 500, torch.device("cpu")):
        seen.append(x.clone())
        most = max(most, resident_kb(path))
    assert np.array_equal(torch.cat([part for x in seen for part in x], 2)[0].mT.numpy(), expected)
    assert 0 < most < 7_000 and resident_kb(path) < 100
