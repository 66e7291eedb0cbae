"""Single notes with NSynth's fields, played by instruments drawn as those of the bands are.

Format: Engel et al., "Neural Audio Synthesis of Musical Notes with WaveNet Autoencoders", ICML 2017, and
https://magenta.tensorflow.org/datasets/nsynth. The real notes last 4 s (3 held, 1 released); these are shorter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dalsegno.synth import instruments
from dalsegno.synth.sound import Samples

RATE_HZ = 16_000
PARTS = ("train", "valid", "test")
FAMILY_NUMBERS = dict(
    bass=0, brass=1, flute=2, guitar=3, keyboard=4, mallet=5, organ=6, reed=7, string=8, synth_lead=9, vocal=10
)  # fmt: skip
QUALITIES = (
    "bright", "dark", "distortion", "fast_decay", "long_release", "multiphonic", "nonlinear_env", "percussive",
    "reverb", "tempo-synced",
)  # fmt: skip
VELOCITIES = (25, 50, 75, 100, 127)


@dataclass(frozen=True)
class Note:
    """One note, before it sounds."""

    instrument: instruments.Instrument
    part: str  # train, valid or test: a property of the instrument, so no two parts share one
    fields: dict[str, Any]  # its entry in examples.json


def score(n_instruments: int, n_notes: int, seed: int) -> Iterator[Note]:
    """Notes of `n_instruments` of each family, `n_notes` of each instrument, in order of their numbers."""
    number = 0
    for k in range(n_instruments * len(instruments.FAMILIES)):
        family = list(instruments.FAMILIES)[k // n_instruments]
        nth = k % n_instruments
        rng = np.random.default_rng([seed, 2, FAMILY_NUMBERS[family], nth])
        source = "synthetic" if family == "synth_lead" else str(rng.choice(instruments.SOURCES))
        instrument = instruments.draw(family, source, rng)
        low, high = instruments.PITCHES[family]
        n_notes_here = min(n_notes, (high - low) * len(VELOCITIES))
        for place in sorted(rng.choice((high - low) * len(VELOCITIES), n_notes_here, replace=False)):
            pitch, velocity = low + int(place) // len(VELOCITIES), VELOCITIES[place % len(VELOCITIES)]
            entry = _fields(instrument, family, source, nth, pitch, velocity)
            yield Note(instrument, _part(nth, n_instruments), {"note": number, "instrument": k, **entry})
            number += 1


def play(n: Note, duration_s: float, seed: int) -> Samples:
    """The sound of a note at RATE_HZ, within ±1: held for three quarters of `duration_s`, as NSynth's are."""
    rng = np.random.default_rng([seed, 3, n.fields["note"]])
    wave = instruments.note(
        n.instrument, n.fields["pitch"], 0.75 * duration_s, n.fields["velocity"] / 127, RATE_HZ, rng
    )
    out = np.zeros(max(round(duration_s * RATE_HZ), 1))
    m = min(len(wave), len(out))
    out[:m] = wave[:m]
    return 0.8 * out / max(np.abs(wave).max(), 1.0)


def _part(nth: int, n_instruments: int) -> str:
    """The last sixth of a family's instruments is for testing, the sixth before for validation; at least one each."""
    held_out = max(n_instruments // 6, 1)
    left = n_instruments - nth
    return "test" if left <= held_out else "valid" if left <= 2 * held_out else "train"


def _fields(
    instrument: instruments.Instrument, family: str, source: str, nth: int, pitch: int, velocity: int
) -> dict[str, Any]:
    """The entry of a note in examples.json, but for its number and that of its instrument."""
    name = f"{family}_{source}_{nth:03d}"
    qualities = _qualities(instrument)
    return {
        "note_str": f"{name}-{pitch:03d}-{velocity:03d}",
        "instrument_str": name,
        "pitch": pitch,
        "velocity": velocity,
        "sample_rate": RATE_HZ,
        "qualities": [int(q in qualities) for q in QUALITIES],
        "qualities_str": [q for q in QUALITIES if q in qualities],
        "instrument_family": FAMILY_NUMBERS[family],
        "instrument_family_str": family,
        "instrument_source": instruments.SOURCES.index(source),
        "instrument_source_str": source,
    }


def _qualities(instrument: instruments.Instrument) -> set[str]:
    """The qualities that an instrument's values imply; reverb and tempo-synced never occur here."""
    return {
        quality
        for quality, present in {
            "bright": instrument.rolloff < 0.9,
            "dark": instrument.rolloff > 2.0,
            "distortion": instrument.drive > 0.5,
            "fast_decay": instrument.sustain < 0.1 and instrument.decay_s < 0.4,
            "long_release": instrument.release_s > 0.25,
            "multiphonic": instrument.detune > 0.1,
            "nonlinear_env": instrument.vibrato > 0.2,
            "percussive": instrument.attack_s < 0.005 and instrument.sustain < 0.1,
        }.items()
        if present
    }
