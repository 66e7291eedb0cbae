"""Bands, the groups of the corpus: each has instruments, habits and a sound of its own within its style."""

from dataclasses import dataclass, replace

import numpy as np

from dalsegno.synth import drums, instruments
from dalsegno.synth.styles import STYLES, Groove, Style

FUSION = 0.03  # chance that a band takes a part from another style; what keeps a model from being perfect


@dataclass(frozen=True)
class Mix:
    """How a band's recordings are mixed."""

    levels_db: tuple[float, ...]  # drums, bass, chords, lead
    overdrive: float
    tilt_db: float  # per octave
    low_hz: float
    high_hz: float
    room_s: float
    reverb: float
    noise_db: float
    peak: float


@dataclass(frozen=True)
class Band:
    """One artist: what its recordings have in common."""

    style: Style  # its own, with the parts it has borrowed
    tempo_bpm: float
    swing: float
    key: int  # pitch class
    minor: bool
    kit: drums.Kit
    groove: Groove
    bassline: str
    comp: str
    lead: float
    hold: float
    bass: instruments.Instrument
    chords: instruments.Instrument
    soloist: instruments.Instrument
    soloist_low: int  # lowest pitch of its melodies
    mix: Mix


def form(name: str, names: list[str], rng: np.random.Generator) -> Band:
    """A band of the style `name`, which may borrow from the styles `names`."""
    style = _fused(name, names, rng)
    soloist = str(rng.choice(style.lead_on))
    low, high = instruments.PITCHES[soloist]
    return Band(
        style=style,
        tempo_bpm=rng.uniform(*style.tempo_bpm),
        swing=rng.uniform(*style.swing),
        key=int(rng.integers(12)),
        minor=bool(rng.random() < style.minor),
        kit=drums.draw(str(rng.choice(style.kits)), rng),
        groove=style.grooves[rng.integers(len(style.grooves))],
        bassline=str(rng.choice(style.basslines)),
        comp=str(rng.choice(style.comps)),
        lead=rng.uniform(*style.lead),
        hold=float(np.exp(rng.uniform(*np.log(style.hold)))),
        bass=instruments.draw("bass", str(rng.choice(style.sources)), rng),
        chords=instruments.draw(str(rng.choice(style.chords_on)), str(rng.choice(style.sources)), rng),
        soloist=instruments.draw(soloist, str(rng.choice(style.sources)), rng),
        soloist_low=int(rng.integers(max(low, 52), max(min(high - 14, 74), 53))),
        mix=_mix(style, rng),
    )


def _fused(name: str, names: list[str], rng: np.random.Generator) -> Style:
    """The style with parts of others in it: drums, bass, chords, lead and the sound, each by chance."""
    parts = (
        ("kits", "grooves"),
        ("basslines", "sources"),
        ("comps", "hold", "chords_on", "overdrive"),
        ("lead_on", "lead"),
        ("tilt_db", "treble_hz", "reverb", "levels_db"),
        ("tempo_bpm", "swing"),
    )
    style = STYLES[name]
    for part in parts:
        other = STYLES[str(rng.choice(names))]
        if rng.random() < FUSION:
            style = replace(style, **{field: getattr(other, field) for field in part})
    return style


def _mix(style: Style, rng: np.random.Generator) -> Mix:
    """A way of mixing, drawn from the ranges of the style."""
    return Mix(
        levels_db=tuple(level + rng.normal(0, 1) for level in style.levels_db),
        overdrive=rng.uniform(*style.overdrive),
        tilt_db=rng.uniform(*style.tilt_db) + rng.normal(0, 0.1),
        low_hz=rng.uniform(25, 90),
        high_hz=rng.uniform(*style.treble_hz),
        room_s=rng.uniform(0.2, 1.4),
        reverb=rng.uniform(*style.reverb),
        noise_db=rng.uniform(-70, -45),
        peak=rng.uniform(0.4, 0.95),
    )
