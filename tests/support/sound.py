"""Whole recordings and spectrograms, joined from the blocks that the code makes."""

import numpy as np

from dalsegno.sound import audio


def samples(path, rate_hz, **options):
    """All samples of a file, as audio.recording gives them (n_samples,)."""
    return np.concatenate(list(audio.recording(path, rate_hz, **options)))


def stored(kind, p, path):
    """The spectrogram of a file as a store has it (n_frames, bins[, channels])."""
    return np.concatenate(list(kind.blocks(path, p)))


def joined(blocks):
    """Blocks end to end."""
    return np.concatenate(list(blocks))
