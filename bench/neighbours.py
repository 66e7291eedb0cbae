"""How long it takes to find which notes to compare in the search for near copies, and what memory.

python bench/neighbours.py [N …]; spectra of N notes are generated, of as many instruments per note as NSynth has. Bar: its
305,979 notes in under ten minutes.
"""

import resource
import sys
import time

import numpy as np

from dalsegno.clips.copies import by_waveform, chart
from dalsegno.clips.copies.neighbours import neighbours

NOTES, INSTRUMENTS = 305_979, 1006  # of NSynth
PITCHES, VELOCITIES = (21, 109), 5


def spectra(n, seed=0):
    """Average spectra of `n` notes [shape=(n, 60)], as `chart.chart` keeps them: each instrument has overtones of its own,
    which are duller the softer it is played, and no note is quite as the one beside it."""
    rng, rows = np.random.default_rng(seed), []
    overtone = np.arange(1, 41)
    for _ in range(max(1, round(n * INSTRUMENTS / NOTES))):
        roll_off, uneven = rng.uniform(4, 16), rng.normal(0, 6, len(overtone))
        formants = np.cumsum(rng.normal(0, 1.5, chart.TONE_EDGES_HZ.size - 1))
        noise_db = rng.uniform(-60, -15)
        for place in rng.choice((PITCHES[1] - PITCHES[0]) * VELOCITIES, round(NOTES / INSTRUMENTS), replace=False):
            pitch, velocity = PITCHES[0] + place // VELOCITIES, place % VELOCITIES
            hz = 440 * 2 ** ((pitch - 69) / 12) * overtone
            db = uneven - (roll_off - velocity) * np.log2(overtone)
            power = np.histogram(hz, chart.TONE_EDGES_HZ, weights=10 ** (db / 10))[0] + 10 ** (noise_db / 10)
            levels = 10 * np.log10(power) + formants + rng.normal(0, 0.5, len(power))
            tones = np.maximum(levels - levels.max(), -chart.TONE_RANGE_DB)
            rows.append(tones - tones.mean())
    return np.array(rows[:n], np.float32)


def main(*sizes):
    """Print seconds of one core, pairs and memory for each number of notes."""
    for n in map(int, sizes or (1_000, 10_000, 20_000)):
        rows, began = spectra(n), time.process_time()
        pairs = sum(len(others) for _, others in neighbours(rows, by_waveform.RADIUS_DB, by_waveform.NEIGHBOURS))
        seconds, peak = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{len(rows):,} notes: {seconds:.1f} s, {pairs / len(rows):.1f} pairs per note; peak {peak} MiB", flush=True
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
