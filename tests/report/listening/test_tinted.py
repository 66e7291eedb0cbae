"""A spectrogram tinted by what speaks for an answer and against it, silence included."""

import base64
import io

import numpy as np
import pandas as pd
from PIL import Image

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.report.listening import tinted


def store(frames):
    index = pd.DataFrame({"start": [0], "n_frames": [len(frames)]}, index=["clip"])
    return Store(frames, index, {"scale": 0.5, "offset": -100.0})


def test_below_the_spectrogram_it_stands_again_with_evidence_in_red_and_counter_evidence_in_blue():
    frames = np.zeros((120, 60), np.uint8)
    frames[:60, :30] = 200  # loud in its first half, low down
    nats = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, -1.0]])  # for: the lowest band, first; against: the highest, last
    picture = Image.open(io.BytesIO(base64.b64decode(tinted.webp(store(frames), nats)))).convert("RGB")
    pixels = np.asarray(picture).astype(int)
    height = (len(pixels) - tinted.GAP) // 2
    upper, lower = pixels[:height], pixels[-height:]
    assert np.abs(upper - upper.mean(2, keepdims=True)).max() < 12  # grey
    dark = upper.mean(2) < 100
    assert dark[60:90, 20:140].all() and not dark[:40].any() and not dark[:, 180:].any()
    red, blue = lower[..., 0] - lower[..., 2] > 60, lower[..., 2] - lower[..., 0] > 40
    assert red[60:90, 20:90].all() and not red[:, 120:].any()
    assert blue[5:40, 230:300].all() and not blue[:, :200].any()


def test_silence_and_no_evidence_make_a_picture_all_the_same():
    for frames in (np.zeros((1, 2), np.uint8), np.zeros((4, 3, 2), np.float32)):
        assert tinted.webp(store(frames), np.zeros((1, 1)))
