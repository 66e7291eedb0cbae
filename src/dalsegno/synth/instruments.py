"""Pitched instruments: families with NSynth's names, single instruments drawn from them, and the notes they play."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float

from dalsegno.synth import sound
from dalsegno.synth.sound import Samples


@dataclass(frozen=True)
class Instrument:
    """One instrument; a family gives the range that each of these values is drawn from."""

    rolloff: float  # harmonic h has amplitude h**-rolloff
    even: float = 1.0  # gain of the even harmonics: a clarinet has few
    formant_hz: float = 1000.0  # where a resonance lies
    formant: float = 0.0  # its gain, 0 for none
    attack_s: float = 0.005
    decay_s: float = 1.0
    sustain: float = 0.0  # level that the decay ends in
    release_s: float = 0.08
    fade_s: float = 0.5  # time in which the upper harmonics die away
    vibrato: float = 0.0  # depth in semitones, at about 5.5 Hz
    detune: float = 0.0  # a second voice is so many semitones off; 0: there is none
    breath: float = 0.0  # noise of breath or bow
    bell: float = 0.0  # weight of partials that are not harmonics, as of a struck bar
    drive: float = 0.0  # overdrive


SOURCES = ("acoustic", "electronic", "synthetic")  # NSynth's, in the order of its numbers

FAMILIES: dict[str, dict[str, tuple[float, float]]] = {
    "bass": dict(rolloff=(1.0, 2.0), attack_s=(0.004, 0.015), decay_s=(0.3, 1.2), sustain=(0, 0.5), fade_s=(0.05, 0.4)),
    "brass": dict(
        rolloff=(0.7, 1.2), formant_hz=(900, 1800), formant=(0.5, 2), attack_s=(0.03, 0.08), sustain=(0.6, 0.9),
        fade_s=(0.6, 2), vibrato=(0, 0.12), breath=(0, 0.03),
    ),
    "flute": dict(
        rolloff=(1.7, 2.8), even=(0.5, 1), attack_s=(0.04, 0.1), sustain=(0.7, 1), fade_s=(0.5, 2), vibrato=(0.05, 0.3),
        breath=(0.03, 0.15),
    ),
    "guitar": dict(
        rolloff=(0.8, 1.5), even=(0.5, 1), attack_s=(0.002, 0.006), decay_s=(0.25, 1), fade_s=(0.06, 0.35),
        detune=(0, 0.03),
    ),
    "keyboard": dict(
        rolloff=(1.1, 2.0), attack_s=(0.002, 0.008), decay_s=(0.4, 1.6), fade_s=(0.1, 0.6), detune=(0, 0.04),
        bell=(0, 0.2),
    ),
    "mallet": dict(
        rolloff=(1.8, 3.0), attack_s=(0.001, 0.004), decay_s=(0.1, 0.6), fade_s=(0.03, 0.15), bell=(0.5, 1.2)
    ),
    "organ": dict(
        rolloff=(0.6, 1.6), even=(0.4, 1.3), attack_s=(0.005, 0.03), sustain=(0.9, 1), fade_s=(2, 5), detune=(0, 0.06),
        vibrato=(0, 0.1),
    ),
    "reed": dict(
        rolloff=(0.7, 1.3), even=(0.1, 0.6), formant_hz=(700, 1500), formant=(0.3, 1.5), attack_s=(0.02, 0.06),
        sustain=(0.6, 0.95), fade_s=(0.6, 2), vibrato=(0, 0.2), breath=(0.01, 0.06),
    ),
    "string": dict(
        rolloff=(0.9, 1.4), formant_hz=(400, 1200), formant=(0, 1), attack_s=(0.06, 0.25), sustain=(0.7, 1),
        release_s=(0.15, 0.4), fade_s=(1, 3), vibrato=(0.05, 0.25), detune=(0.03, 0.12), breath=(0, 0.04),
    ),
    "synth_lead": dict(
        rolloff=(0.5, 1.2), even=(0, 1), attack_s=(0.002, 0.02), decay_s=(0.2, 1), sustain=(0.4, 0.9), fade_s=(0.1, 1),
        detune=(0, 0.2),
    ),
}  # fmt: skip

PITCHES = dict(
    bass=(28, 50), brass=(46, 76), flute=(60, 90), guitar=(40, 76), keyboard=(36, 90), mallet=(53, 89), organ=(36, 84),
    reed=(49, 80), string=(43, 88), synth_lead=(48, 84),
)  # fmt: skip
BELL_RATIOS = (2.76, 5.4, 8.93)
"""Partials of a free bar: Fletcher and Rossing, The Physics of Musical Instruments, 2.15."""


def draw(family: str, source: str, rng: np.random.Generator) -> Instrument:
    """One instrument of a family. Electronic ones may be overdriven; synthetic ones are wider, duller and drier."""
    ranges = FAMILIES[family]
    values = {f.name: float(rng.uniform(*ranges[f.name])) for f in fields(Instrument) if f.name in ranges}
    overdriven, width, duller = rng.uniform(0, 3), rng.uniform(0, 0.15), rng.uniform(0, 0.6)
    if source == "electronic":
        values["drive"] = max(overdriven - 1, 0.0)
    if source == "synthetic":
        values |= {"detune": values.get("detune", 0.0) + width, "rolloff": values["rolloff"] + duller, "breath": 0.0}
    return Instrument(**values)


def note(
    instrument: Instrument, pitch: float, duration_s: float, velocity: float, rate_hz: int, rng: np.random.Generator
) -> Samples:
    """A note held for `duration_s` and released after it. velocity: 0 … 1, louder is also brighter; pitch: as in MIDI."""
    n = max(round((duration_s + instrument.release_s) * rate_hz), 2)
    t = np.arange(n) / rate_hz
    wave = _voice(instrument, sound.hz(pitch), t, velocity, rate_hz, rng.uniform(0, 1, 2))
    if instrument.bell:
        wave += instrument.bell * _bell(instrument, sound.hz(pitch), t, rate_hz)
    if instrument.breath:
        wave += instrument.breath * sound.noise(n, rate_hz, 500, 6000, rng)
    wave *= sound.envelope(n, rate_hz, instrument.attack_s, instrument.decay_s, instrument.sustain, duration_s)
    return velocity**1.2 * sound.drive(wave, instrument.drive)


def _voice(
    instrument: Instrument, f_hz: float, t: Samples, velocity: float, rate_hz: int, start: Float[np.ndarray, " 2"]
) -> Samples:
    """The harmonics: a bright period that fades into a dull one, with vibrato, and doubled where detuned."""
    harmonics = np.arange(1, max(min(int(0.45 * rate_hz / f_hz), 60), 1) + 1)
    formant = 1 + instrument.formant * np.exp(-0.5 * (np.log2(harmonics * f_hz / instrument.formant_hz) / 0.5) ** 2)
    bright = harmonics**-instrument.rolloff * np.where(harmonics % 2 == 0, instrument.even, 1) * formant
    bright, dull = sound.table(bright), sound.table(bright * harmonics**-1.2)
    share = (0.4 + 0.6 * velocity) * np.exp(-t / instrument.fade_s)
    phase = f_hz * t
    if instrument.vibrato:
        bend = instrument.vibrato * np.log(2) / 12  # relative change of frequency; its integral bends the phase
        phase = phase + f_hz * bend / (2 * np.pi * 5.5) * np.sin(2 * np.pi * 5.5 * t + start[1])
    voices = [phase, phase * 2 ** (instrument.detune / 12) + start[0]] if instrument.detune else [phase]
    wave = np.zeros(len(t))
    for at in map(sound.places, voices):
        wave += dull[at] + share * (bright - dull)[at]
    return wave / np.sqrt(len(voices))


def _bell(instrument: Instrument, f_hz: float, t: Samples, rate_hz: int) -> Samples:
    """Partials of a struck bar; the higher, the sooner gone."""
    partials = [(r, r * f_hz) for r in BELL_RATIOS if r * f_hz < 0.45 * rate_hz]
    return sum(
        (np.sin(2 * np.pi * f * t) * np.exp(-t * r / instrument.decay_s / 2) for r, f in partials), np.zeros(len(t))
    )
