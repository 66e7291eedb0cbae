"""Framing in blocks: the same padding as of the whole recording, however it comes."""

import numpy as np
import pytest

from dalsegno.sound import spectrum


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_recording_in_blocks_is_padded_as_the_whole_of_it(mode, n):
    """Every way to cut up to 22 samples into two blocks, and blocks of one to five: the last may be shorter than the padding."""
    for length in range(1, 23):
        whole = np.arange(1, length + 1, dtype=np.float32)
        cuts = [[at] for at in range(1, length)] + [list(range(size, length, size)) for size in range(1, 6)]
        for cut in cuts:
            found = np.concatenate(list(spectrum._padded(np.split(whole, cut), n, mode)))
            assert np.array_equal(found, np.pad(whole, n, mode)), (length, cut)
