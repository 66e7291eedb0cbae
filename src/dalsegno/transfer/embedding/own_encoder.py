"""An encoder of one's own, a Python file with `embed(samples, sample_rate_hz)`, and what may be wrong with it."""

import hashlib
import importlib.util
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from dalsegno.pipeline.errors import UserError, counted

ARCH = "encoder"  # the file of models/ that stands for every one of these
CONTRACT = "embed(samples, sample_rate_hz) -> (frames, dims)"

Embed = Callable[[np.ndarray, int], Any]


def load(path: str | Path) -> Embed:
    """The function `embed` of the file `path`. Raises UserError, with the line, if the file does not run or has none."""
    spec = importlib.util.spec_from_file_location("own_encoder", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise UserError(f"{path}: expected a Python file with {CONTRACT}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UserError(f"{_where(path, error)}: {_words(error)}") from None
    embed = getattr(module, "embed", None)
    if not callable(embed):
        raise UserError(f"{path}: there is no function `embed`; expected {CONTRACT}")
    return embed


def identity(path: str | Path) -> dict[str, str]:
    """path and sha256 of the file, by which a stored model names the encoder that its head was trained on."""
    return {"path": str(path), "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}


def same(wanted: dict[str, str]) -> str:
    """The path of the encoder that `identity` described. Nothing of it has run yet.

    Raises UserError unless the file lies in the folder of the call and is, byte for byte, the one that was described: a model
    from elsewhere may not choose what runs here.
    """
    path, here = Path(wanted["path"]), Path.cwd().resolve()
    if not path.resolve().is_relative_to(here):
        raise UserError(
            f"the model needs the encoder {path}, which lies outside {here}; an encoder is run only from the repository"
        )
    if not path.is_file():
        raise UserError(
            f"the model needs the encoder {path}, and there is no such file in {here}; run from the repository of its run"
        )
    if identity(path)["sha256"] != wanted["sha256"]:
        raise UserError(
            f"the model was trained on another {path}: this one has other bytes (SHA-256), so it is not run; bring that version "
            "back, or train the model again with dvc repro"
        )
    return str(path)


def frames(path: str | Path, embed: Embed, samples: np.ndarray, sample_rate_hz: int) -> Float[np.ndarray, "frame dim"]:
    """What `embed` gives for mono `samples` [shape=(n,)] float32, full scale ±1. Raises UserError if that is not an embedding."""
    try:
        given = embed(samples.copy(), sample_rate_hz)
    except Exception as error:
        raise UserError(f"{_where(path, error)}: {_words(error)}") from None
    try:
        e = np.asarray(given.detach().cpu() if hasattr(given, "detach") else given, dtype=np.float32)
    except (TypeError, ValueError):
        raise UserError(f"{path}: embed gave {type(given).__name__}; expected numbers (frames, dims)") from None
    if given is None or e.ndim != 2:
        got = "nothing" if given is None else f"an array of shape {e.shape}"
        raise UserError(f"{path}: embed gave {got}; expected two axes (frames, dims)")
    if not e.size:
        raise UserError(f"{path}: embed gave no frame, shape {e.shape}; fill a sound up that is too short")
    if not np.isfinite(e).all():
        raise UserError(
            f"{path}: embed gave {int((~np.isfinite(e)).sum())} of {e.size} numbers that are NaN or infinite"
        )
    return e


def sounds(sample_rate_hz: int) -> Iterator[tuple[str, np.ndarray]]:
    """What an encoder is tried on: silence, noise, a tone, very short sounds and a long one."""
    rng = np.random.default_rng(0)
    t = np.arange(3 * sample_rate_hz) / sample_rate_hz
    yield "a tone of 3 s", (0.5 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)
    yield "silence of 3 s", np.zeros(3 * sample_rate_hz, np.float32)
    yield "noise of 3 s", rng.normal(0, 0.1, 3 * sample_rate_hz).astype(np.float32)
    yield "noise of 0.5 s", rng.normal(0, 0.1, sample_rate_hz // 2).astype(np.float32)
    yield "noise of 10 ms", rng.normal(0, 0.1, sample_rate_hz // 100).astype(np.float32)
    yield "noise of 60 s", rng.normal(0, 0.1, 60 * sample_rate_hz).astype(np.float32)


def check(path: str | Path, sample_rate_hz: int) -> tuple[list[str], list[str]]:
    """What an encoder gives for each of `sounds`, and what is wrong with it, in lines."""
    embed, said, wrong, dims = load(path), [], [], {}
    for name, y in sounds(sample_rate_hz):
        try:
            e = frames(path, embed, y, sample_rate_hz)
            again = frames(path, embed, y, sample_rate_hz)
        except UserError as error:
            wrong.append(f"{name}: {error}")
            continue
        said.append(f"{name}: {counted(e.shape[0], 'frame')} of {counted(e.shape[1], 'number')}")
        dims.setdefault(e.shape[1], name)
        if e.shape != again.shape or not np.allclose(e, again, rtol=1e-4, atol=1e-5):
            wrong.append(f"{name}: the same sound gave two results; set it to evaluation, and draw nothing at random")
    if len(dims) > 1:
        wrong.append(
            "dims differ: " + ", ".join(f"{n} of {name}" for n, name in dims.items()) + "; all sounds need the same"
        )
    return said, wrong


def _where(path: str | Path, error: Exception) -> str:
    """File and line of the user's own code that an error comes from."""
    if isinstance(error, SyntaxError):
        return f"{path}, line {error.lineno}"
    lines = [
        step.lineno
        for step in traceback.extract_tb(error.__traceback__)
        if Path(step.filename).resolve() == Path(path).resolve()
    ]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
