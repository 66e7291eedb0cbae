"""Pieces: what a band plays, bar by bar, as sound."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dalsegno.synth import drums, sound
from dalsegno.synth.bands import Band
from dalsegno.synth.instruments import Instrument, note
from dalsegno.synth.sound import Samples

NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
CHORD_DEGREES = {"1": 0, "3": 1, "5": 2, "7": 3, "8": 4}  # index in the list that `_chord` returns
STRENGTH = {"x": 1.0, "o": 0.45}


@dataclass(frozen=True)
class Grid:
    """Where the sixteenths lie: the excerpt starts somewhere within the piece."""

    step_s: float
    steps: int  # to the bar
    first: int  # sixteenth that the excerpt begins with
    n: int
    swing: float

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Each sixteenth and the time it sounds, in seconds from the start of the excerpt."""
        for step in range(self.first, self.first + self.n):
            late = 2 * self.swing * self.step_s if step % 4 in (2, 3) else 0.0
            yield step, (step - self.first) * self.step_s + late


def play(band: Band, duration_s: float, rate_hz: int, rng: np.random.Generator) -> Samples:
    """An excerpt of a piece by `band`, within ±1."""
    n = max(round(duration_s * rate_hz), 1)
    step_s = 15 / (band.tempo_bpm * rng.uniform(0.95, 1.05))
    first = int(rng.integers(8 * band.style.steps))
    grid = Grid(step_s, band.style.steps, first, int(duration_s / step_s) + 1, band.swing)
    root = 36 + (band.key + int(rng.choice((0, 0, 5, 7)))) % 12
    chords = [_chord(c, band.minor) for c in str(rng.choice(band.style.progressions)).split()]
    tracks = (
        _drums(band, grid, n, rate_hz, rng),
        _bass(band, grid, chords, root, n, rate_hz, rng),
        _chords(band, grid, chords, root, n, rate_hz, rng),
        _melody(band, grid, chords, root, n, rate_hz, rng),
    )
    return _mixed(band, tracks, rate_hz, rng)


def _chord(name: str, minor: bool) -> list[int]:
    """Semitones above the key's root of root, third, fifth, seventh and octave of a chord such as `ii7`."""
    numeral = name.rstrip("7")
    root = (MINOR if minor else MAJOR)[NUMERALS.index(numeral.lower())]
    third = 3 if numeral.islower() else 4
    seventh = 10 if name.endswith("7") else 12
    return [root + d for d in (0, third, 7, seventh, 12)]


def _at(pattern: str, step: int, grid: Grid) -> str:
    """The character of a pattern at a sixteenth of the piece; patterns repeat within the bar."""
    return pattern[step % grid.steps % len(pattern)]


def _now(chords: list[list[int]], step: int, grid: Grid) -> list[int]:
    """The chord at a sixteenth of the piece; each lasts a bar."""
    return chords[step // grid.steps % len(chords)]


def _drums(band: Band, grid: Grid, n: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """The three drums in the groove of the band; a stroke is left out now and then."""
    track = np.zeros(n, np.float32)
    strokes = drums.hits(band.kit, rate_hz, rng)
    for pattern, stroke in zip(band.groove, strokes.values(), strict=True):
        for step, at_s in grid:
            strength = STRENGTH.get(_at(pattern, step, grid), 0.0) * (rng.random() > 0.04)
            if strength:
                sound.add(track, round(at_s * rate_hz), strength * rng.uniform(0.75, 1) * stroke)
    return track


def _bass(
    band: Band, grid: Grid, chords: list[list[int]], root: int, n: int, rate_hz: int, rng: np.random.Generator
) -> Samples:
    """The bass line, along the chords, kept within the range of the instrument."""
    track = np.zeros(n, np.float32)
    play_note = _player(band.bass, rate_hz, rng)
    gap = 16 / max(sum(c != "." for c in band.bassline), 1)  # sixteenths from note to note
    for step, at_s in grid:
        degree = CHORD_DEGREES.get(_at(band.bassline, step, grid))
        if degree is not None:
            pitch = root - 12 + _now(chords, step, grid)[degree]
            pitch = pitch - 12 if pitch > 50 else pitch + 12 if pitch < 28 else pitch
            sound.add(track, round(at_s * rate_hz), play_note(pitch, 0.8 * gap * grid.step_s))
    return track


def _chords(
    band: Band, grid: Grid, chords: list[list[int]], root: int, n: int, rate_hz: int, rng: np.random.Generator
) -> Samples:
    """The chords, in the register of the band and struck as its style does."""
    track = np.zeros(n, np.float32)
    play_note = _player(band.chords, rate_hz, rng)
    lift = 12 * int(rng.integers(1, 3))
    for step, at_s in grid:
        if _at(band.comp, step, grid) != "." and rng.random() > 0.05:
            strength = rng.uniform(0.6, 1)
            for semitones in sorted({s % 12 for s in _now(chords, step, grid)}):
                sound.add(
                    track, round(at_s * rate_hz), strength * play_note(root + lift + semitones, band.hold * grid.step_s)
                )
    return sound.drive(track, band.mix.overdrive)


def _melody(
    band: Band, grid: Grid, chords: list[list[int]], root: int, n: int, rate_hz: int, rng: np.random.Generator
) -> Samples:
    """A walk along the scale that likes to land on a note of the chord."""
    track = np.zeros(n, np.float32)
    play_note = _player(band.soloist, rate_hz, rng)
    scale = MINOR if band.minor else MAJOR
    pitches = [p for p in range(band.soloist_low, band.soloist_low + 20) if (p - root) % 12 in scale]
    place = len(pitches) // 2
    for step, at_s in grid:
        if rng.random() < band.lead * (1.5 if step % 2 == 0 else 0.5):
            place = int(np.clip(place + rng.integers(-2, 3), 0, len(pitches) - 1))
            homes = [
                k for k, p in enumerate(pitches) if any((p - root - c) % 12 == 0 for c in _now(chords, step, grid))
            ]
            if homes and rng.random() < 0.5:
                place = min(homes, key=lambda k: abs(k - place))
            held_s = grid.step_s * float(rng.choice((1, 2, 2, 4)))
            sound.add(track, round(at_s * rate_hz), rng.uniform(0.6, 1) * play_note(pitches[place], held_s))
    return track


def _player(instrument: Instrument, rate_hz: int, rng: np.random.Generator) -> Callable[[int, float], Samples]:
    """A function that plays (pitch, seconds); a note heard before is not made anew."""
    known: dict[tuple[int, float], Samples] = {}

    def play_note(pitch: int, held_s: float) -> Samples:
        if (pitch, held_s) not in known:
            known[pitch, held_s] = note(instrument, pitch, held_s, 0.8, rate_hz, rng)
        return known[pitch, held_s]

    return play_note


def _mixed(band: Band, tracks: tuple[Samples, ...], rate_hz: int, rng: np.random.Generator) -> Samples:
    """The tracks at the band's levels, in its room, through its desk, with its noise."""
    mix = band.mix
    total = np.zeros_like(tracks[0])
    for track, level_db, weight in zip(tracks, mix.levels_db, (1, 0.25, 0.12, 0.2), strict=True):
        total += 10 ** ((level_db + rng.normal(0, 1)) / 20) * weight * track
    total = sound.room(total, rate_hz, mix.room_s, mix.reverb, rng)
    total = sound.equalise(total, rate_hz, mix.tilt_db, mix.low_hz, mix.high_hz)
    level = np.sqrt(np.mean(total**2)) + 1e-6  # a pause may fill the whole of a very short excerpt
    total += level * 10 ** (mix.noise_db / 20) * sound.noise(len(total), rate_hz, 50, 8000, rng)
    return mix.peak * total / np.max(np.abs(total))
