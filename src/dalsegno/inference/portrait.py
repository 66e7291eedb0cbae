"""A file as a model sees it, as one picture: its spectrogram, where the answer comes from, and the answer over time."""

import io
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from dalsegno.artefacts.spectrogram_store import Store
from dalsegno.inference import asked, saliency, timeline
from dalsegno.inference.hearing import changes, spill
from dalsegno.inference.hearing.silence import Unheard
from dalsegno.inference.kinds.on_spectrograms import OnSpectrograms
from dalsegno.inference.model import Model
from dalsegno.inference.saliency import Saliency
from dalsegno.pipeline import headless, params
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.sound import audio
from dalsegno.sound.opening import stream

with headless.no_backend():
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

LONGEST_S = 30.0  # of a recording that is explained: its beginning; the timeline is of all of that
WINDOW_S, N_WINDOWS = 3.0, 20  # of the timeline: of a model that sees no crops of its own; their largest number
MARKS = "os^D"  # of the classes in the timeline, which are so many at most and not told apart by colour alone


@dataclass(frozen=True)
class Portrait:
    """What the picture shows.

    p: of the excerpt, which lasts `seconds` and is all of the file, or its `beginning`. db (frame, bin): a spectrogram of it, as the model sees it if it sees one.
    times, over_time: the middle of each part of a recording, in seconds, and its probabilities; empty for pictures.
    """

    name: str
    beginning: bool
    labels: list[str]
    p: Float[np.ndarray, " label"]
    seconds: float
    db: Float32[np.ndarray, "frame bin"]
    saliency: Saliency
    times: list[float]
    over_time: list[Float[np.ndarray, " label"]]


def explained(model: Model, path: Path, label: str | None = None) -> Portrait:
    """The portrait of a file for its most probable class, or for `label`. Raises UserError as `Model.clip` does."""
    if label is not None and label not in model.labels:
        raise UserError(
            f"the model has no class {label!r}{hint(label, model.labels)}; it has {', '.join(model.labels)}"
        )
    if fault := asked.fault(path):
        raise UserError(f"{path}: {fault}")
    watch = changes.Watch(path)
    try:
        with stream.quiet():
            return _explained(model, path, label)
    finally:
        watch.refuse()  # in place of an error that only the change caused


def _explained(model: Model, path: Path, label: str | None) -> Portrait:
    with spill.folder() as folder:
        excerpt = path if model.of_pictures else _beginning(path, folder)
        p = _answer(model, path, excerpt)
        place = int(p.argmax()) if label is None else model.labels.index(label)
        member, several = model.members[0], len(model.members) > 1
        if isinstance(member, OnSpectrograms) and not several and member.spectrogram.meta["bins"] > 1:
            store = member.spectrogram.store(excerpt, folder)
            db, seconds = _of_store(store), len(store.frames) / store.meta["frame_rate_hz"]
            found = saliency.of_spectrogram(member, store, place)
        else:
            db, seconds = _mel(excerpt), sum(len(block) / rate_hz for block, rate_hz in audio.mono(excerpt))
            found = saliency.of_sound(model, excerpt, place)
        times, over_time = ([], []) if model.of_pictures else _sliding(model, excerpt, folder)
        return Portrait(path.name, excerpt != path, model.labels, p, seconds, db, found, times, over_time)


def png(portrait: Portrait) -> bytes:
    """The portrait as a PNG picture."""
    figure = Figure(figsize=(9, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(3 if portrait.times else 2, sharex=True)
    label, extent = _short(portrait.labels[portrait.saliency.label], 40), (0.0, portrait.seconds, 0.0, 1.0)
    best = ", ".join(f"{_short(portrait.labels[i])} {portrait.p[i]:.1%}" for i in _likeliest(portrait)[:3])
    part = f", its first {LONGEST_S:g} s" * portrait.beginning
    _title(figure, f"{_short(portrait.name, 40)}{part}: {best}")
    rows[0].imshow(portrait.db.T, origin="lower", aspect="auto", extent=extent, cmap="magma")
    rows[0].set_ylabel("frequency, low to high")
    rows[0].set_yticks([])
    _saliency(rows[1], portrait.saliency, extent)
    _title(
        rows[1], f"what speaks for {label} (red) and against it (blue): loss of log probability where hidden, in nats"
    )
    if portrait.times:
        _timeline(rows[2], portrait)
    rows[-1].set_xlabel("seconds")
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # of letters in a name that the font lacks, which are drawn as boxes
        figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
    return out.getvalue()


def _answer(model: Model, path: Path, excerpt: Path) -> Float[np.ndarray, " label"]:
    """What the model says of the excerpt, which is `path` or its beginning; messages are about `path`."""
    try:
        return model.clip(excerpt)
    except UserError as error:
        of = "" if excerpt == path else f"in its first {LONGEST_S:g} s, which are explained: "
        raise UserError(f"{path}: {of}{str(error).removeprefix(f'{excerpt}: ')}") from None


def _sliding(model: Model, path: Path, folder: Path) -> tuple[list[float], list[np.ndarray]]:
    """The middle of each window of a recording, as long as the crops that the model is used to, and its probabilities.

    Of a window without a sound these are NaN.
    """
    member = model.members[0]
    window_s = WINDOW_S
    if isinstance(member, OnSpectrograms) and member.view.evaluate == "windows":
        window_s = member.crops[0] / member.spectrogram.meta["frame_rate_hz"]
    blocks = list(audio.mono(path))
    samples, rate_hz = np.concatenate([block for block, _ in blocks]), blocks[0][1]
    n = min(len(samples), round(window_s * rate_hz))
    starts = np.linspace(0, len(samples) - n, min(N_WINDOWS, 1 + 4 * (len(samples) - n) // n)).astype(int)
    over_time = []
    for start in starts:
        window = spill.write(folder / "window.wav", samples[start : start + n], rate_hz)
        try:
            over_time.append(model.clip(window))
        except Unheard:
            over_time.append(np.full(len(model.labels), np.nan))
    return [(start + n / 2) / rate_hz for start in starts], over_time


def _saliency(axes: Axes, found: Saliency, extent: tuple[float, float, float, float]) -> None:
    most = max(float(np.abs(found.nats).max()), 1e-3)
    drawn = axes.imshow(found.nats, origin="lower", aspect="auto", extent=extent, cmap="RdBu_r", vmin=-most, vmax=most)
    axes.figure.colorbar(drawn, ax=axes, pad=0.01)
    axes.set_ylabel("frequency, low to high" if len(found.nats) > 1 else "all frequencies")
    axes.set_yticks([])


def _timeline(axes: Axes, portrait: Portrait) -> None:
    likeliest, explained = _likeliest(portrait)[: len(MARKS)], portrait.saliency.label
    named = likeliest if explained in likeliest else [*likeliest[:-1], explained]
    for i, mark in zip(named, MARKS, strict=False):
        name = " " + _short(portrait.labels[i], 40).replace("$", r"\$")  # one that begins with _ stands in no legend
        axes.plot(portrait.times, [p[i] for p in portrait.over_time], marker=mark, markersize=4, label=name)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("probability around a time")
    axes.legend(loc="upper right", fontsize=8)


def _likeliest(portrait: Portrait) -> list[int]:
    """All classes, the most probable first: what stands above the picture leads in its timeline as well."""
    return np.argsort(-portrait.p, kind="stable").tolist()


def _short(name: str, most: int = 24) -> str:
    """A name in one line of at most so many letters."""
    line = "".join(c if c.isprintable() else " " for c in name)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _title(where: Figure | Axes, words: str) -> None:
    """Write `words` as they are: a dollar sign is not mathematics."""
    title = where.suptitle(words) if isinstance(where, Figure) else where.set_title(words, fontsize=9)
    title.set_parse_math(False)


def _beginning(path: Path, folder: Path) -> Path:
    """The file itself if it is short, else a file of its beginning."""
    (samples, rate_hz), *more = islice(timeline.cut(path, LONGEST_S), 2)
    if not more:
        return path
    return spill.write(folder / "beginning.wav", samples, rate_hz)


def _of_store(store: Store) -> Float32[np.ndarray, "frame bin"]:
    """The spectrogram as a picture: the first of its channels."""
    x = store.frames if store.frames.ndim == 2 else store.frames[..., 0]
    return np.asarray(x, np.float32)


def _mel(path: Path) -> Float32[np.ndarray, "frame bin"]:
    """A log-mel spectrogram to look at, of a model that sees none."""
    logmel = params.component("dalsegno.spectrograms", "logmel")
    p = logmel.Params(sample_rate_hz=22050, n_fft=2048, hop_length=512, n_mels=96)
    return np.concatenate(list(logmel.blocks(path, p))).astype(np.float32)
