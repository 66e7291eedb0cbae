"""Drum kits: three sounds, drawn from the ranges of a kind of kit."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Float

from dalsegno.synth import sound


@dataclass(frozen=True)
class Kit:
    """One drum kit; a kind of kit gives the range that each of these values is drawn from."""

    kick_hz: float  # pitch that the kick falls to
    kick_s: float
    snare_hz: float  # lower edge of the snare's noise
    snare_s: float
    snare_tone: float  # weight of its skin against its wires
    hat_hz: float  # lower edge of the hi-hat's noise
    hat_s: float


KINDS: dict[str, tuple[tuple[float, float], ...]] = {
    "acoustic": ((55, 75), (0.08, 0.16), (900, 2000), (0.08, 0.16), (0.3, 0.8), (5000, 8000), (0.02, 0.06)),
    "electronic": ((42, 58), (0.14, 0.35), (1200, 3000), (0.06, 0.2), (0, 0.5), (6000, 9000), (0.015, 0.06)),
    "brushes": ((60, 85), (0.05, 0.1), (1500, 3500), (0.1, 0.25), (0, 0.2), (3500, 6500), (0.05, 0.14)),
    "percussion": ((90, 160), (0.06, 0.14), (700, 1800), (0.03, 0.08), (0.6, 1.5), (4500, 8000), (0.03, 0.08)),
}


def draw(kind: str, rng: np.random.Generator) -> Kit:
    """A kit, drawn from the ranges of `kind`."""
    return Kit(**{f.name: float(rng.uniform(*r)) for f, r in zip(fields(Kit), KINDS[kind], strict=True)})


def hits(kit: Kit, rate_hz: int, rng: np.random.Generator) -> dict[str, Float[np.ndarray, " _"]]:
    """One stroke of each drum, kick, snare and hat, with a peak near 1."""
    return {"kick": _kick(kit, rate_hz), "snare": _snare(kit, rate_hz, rng), "hat": _hat(kit, rate_hz, rng)}


def _kick(kit: Kit, rate_hz: int) -> Float[np.ndarray, " n_samples"]:
    """A sine that falls in pitch and dies away."""
    t = np.arange(int(5 * kit.kick_s * rate_hz)) / rate_hz
    drop_s = 0.02  # the skin is struck tight and slackens
    phase = kit.kick_hz * (t + 3 * drop_s * (1 - np.exp(-t / drop_s)))
    return np.sin(2 * np.pi * phase) * np.exp(-t / kit.kick_s)


def _snare(kit: Kit, rate_hz: int, rng: np.random.Generator) -> Float[np.ndarray, " n_samples"]:
    """The noise of the wires over the tone of the skin."""
    t = np.arange(int(5 * kit.snare_s * rate_hz)) / rate_hz
    wires = 0.35 * sound.noise(len(t), rate_hz, kit.snare_hz, 9000, rng)
    skin = kit.snare_tone * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05)
    return (wires + skin) * np.exp(-t / kit.snare_s)


def _hat(kit: Kit, rate_hz: int, rng: np.random.Generator) -> Float[np.ndarray, " n_samples"]:
    """A burst of high noise."""
    t = np.arange(int(5 * kit.hat_s * rate_hz)) / rate_hz
    return 0.3 * sound.noise(len(t), rate_hz, kit.hat_hz, 0.45 * rate_hz, rng) * np.exp(-t / kit.hat_s)
