"""How long it takes to find which notes to compare in the search for near copies, and what memory.

python bench/neighbours.py [N …]; the notes are synthesised, of as many instruments per note as NSynth has, which takes 3 ms
each. Bar: its 305,979 notes in under ten minutes.
"""

import resource
import sys
import time
from itertools import groupby

import numpy as np

from dalsegno.clips.copies import by_waveform, chart
from dalsegno.clips.copies.neighbours import neighbours
from dalsegno.pipeline import runtime
from dalsegno.synth import notes

PER_INSTRUMENT = 304  # of NSynth; an instrument with a small range has fewer here


def spectra(score):
    """The average spectra of some notes [shape=(n, 60)], as their charts keep them."""
    sounds = (np.asarray(notes.play(note, 1.2, seed=0), np.float32) for note in score)
    tones = np.array([chart.average(sound, notes.RATE_HZ) for sound in sounds], np.float32)
    return tones - tones.mean(axis=1, keepdims=True)


def main(*sizes):
    """Print the time, pairs and memory for each number of notes, on all cores."""
    sizes = sorted(map(int, sizes or (5_000, 10_000, 20_000)))
    score = notes.score(sizes[-1] // 1_800 + 1, PER_INSTRUMENT, seed=0)
    instruments = [list(its_notes) for _, its_notes in groupby(score, lambda note: note.fields["instrument"])]
    np.random.default_rng(0).shuffle(instruments)
    rows = np.concatenate(list(runtime.each(spectra, instruments, runtime.Runtime(), None)))
    for n in sizes:
        began, cpu_s = time.perf_counter(), time.process_time()
        found = neighbours(rows[:n], by_waveform.RADIUS_DB, by_waveform.NEIGHBOURS, threads=None)
        pairs = sum(len(others) for _, others in found)
        took, cpu_s = time.perf_counter() - began, time.process_time() - cpu_s
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{n:,} notes: {took:.1f} s, {cpu_s:.1f} of CPU; {pairs / n:.1f} pairs per note; peak {peak} MiB",
            flush=True,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
