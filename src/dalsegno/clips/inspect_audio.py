"""Inspect one audio file: decode it once and say what is wrong with it."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile as sf

from dalsegno.artefacts.data_set import clips_csv
from dalsegno.clips import decoding, entry
from dalsegno.clips.copies import chart
from dalsegno.clips.copies.chart import Chart
from dalsegno.clips.decoding import Decoded
from dalsegno.clips.groups import tags
from dalsegno.sound import excerpt
from dalsegno.sound.excerpt import Opened
from dalsegno.sound.opening import stated, stream

SILENT = 1e-4  # of full scale (-80 dB), from trough to peak
CANCELLED_DB = 20  # by which the mean of the channels may lie below them without a remark
BEYOND = 2.0  # times full scale, from where on a sample is not the overshoot of a decoder, as of a clipped mp3
CLIPPED = 1e-3  # share of samples in runs of full scale that is worth a remark


@dataclass(frozen=True)
class Facts:
    """What inspecting one file tells about it."""

    duration_s: float | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    sha256: str = ""  # of the decoded samples, rate and channels: the same in whatever lossless container
    fault: str = ""  # "kind: explanation", why the file cannot be used; empty: it can
    remarks: tuple[str, ...] = ()  # "kind: explanation", worth knowing but no reason to leave the file out
    tagged: tags.Names = tags.Names()  # artist and album, by the file's own tags
    chart: Chart | None = None  # of a usable file, for the search of near copies


def inspect(path: Path, min_duration_s: float, charted: bool) -> Facts:
    """Decode the audio file `path` and judge it; with `charted`, chart it as well. Never raises for what the file holds."""
    fault = entry.file_fault(excerpt.place(path)[0])
    if fault:
        return Facts(fault=fault)
    try:
        with stream.quiet(), excerpt.opened(path) as clip:
            sound = clip.sound
            decoded = decoding.decode(clip, chart.LONGEST_S * sound.samplerate if charted else 0)
            facts = replace(_judge(clip, decoded, path, min_duration_s), tagged=tags.names(sound.copy_metadata()))
            if not charted or facts.fault:
                return facts
            return replace(facts, chart=chart.chart(np.concatenate(decoded.beginning), sound.samplerate))
    except (sf.SoundFileError, OSError, ValueError) as error:
        return Facts(fault=f"unreadable: {stream.reason(error)}")


def _judge(clip: Opened, decoded: Decoded, path: Path, min_duration_s: float) -> Facts:
    """The facts, with the first fault that applies."""
    sound = clip.sound
    duration_s = decoded.n / sound.samplerate
    fault = (
        _shortfall(clip, decoded, path)
        or ("empty: not one sample" if not decoded.n else "")
        or ("" if np.isfinite([decoded.low, decoded.high]).all() else "not finite: holds NaN or infinite samples")
        or (
            ""
            if max(-decoded.low, decoded.high) <= stream.LOUDEST
            else "not finite: holds samples of more than 1e10 times full scale"
        )
        or (f"too short: {duration_s:.3f} s" if duration_s < min_duration_s else "")
        or (_silence(decoded) if decoded.high - decoded.low < SILENT else "")
    )
    remarks = tuple(_remarks(clip, decoded, path))
    return Facts(round(duration_s, 6), sound.samplerate, sound.channels, decoded.digest, fault, remarks)


def _silence(decoded: Decoded) -> str:
    if decoded.cancelled_db > CANCELLED_DB:
        return "silent: its channels cancel, and their mean, which is what counts, has nothing above -80 dB"
    return "silent: nothing above -80 dB"


def _remarks(clip: Opened, decoded: Decoded, path: Path) -> list[str]:
    """Oddities of the file that are no reason to leave it out."""
    sound = clip.sound
    share, loudest = decoded.n_clipped / max(1, decoded.n * sound.channels), max(-decoded.low, decoded.high)
    remarks = [f"clipped: {share:.1%} of its samples"] if share > CLIPPED and loudest < BEYOND else []
    if loudest >= BEYOND:
        remarks = [f"beyond full scale: samples of up to {loudest:.3g} times it, which only floating point can hold"]
    if decoded.cancelled_db > CANCELLED_DB:
        remarks.append(f"channels cancel: their mean lies {decoded.cancelled_db:.0f} dB below them, and is what counts")
    if sound.format not in clips_csv.FORMATS.get(excerpt.place(path)[0].suffix.lower(), ()):
        remarks.append(f"wrong extension: it is {sound.format}")
    if _end(clip, path) == "open":
        remarks.append("open end: its stream was never closed, so more may have followed")
    if clip.whole and (n := stated.uncounted(sound)):
        remarks.append(f"odd end: {n} bytes stand behind its samples, perhaps sound that its header does not count")
    return remarks


def _end(clip: Opened, path: Path) -> str:
    """How an Ogg stream ends, as `stream.end_of_ogg` tells; `closed` of anything else."""
    return stream.end_of_ogg(path) if clip.whole and clip.sound.format == "OGG" else "closed"


def _shortfall(clip: Opened, decoded: Decoded, path: Path) -> str:
    """How much of what the header promises is missing; empty if nothing worth mention is."""
    sound = clip.sound
    there = f"{decoded.n / sound.samplerate:.2f} s are there"
    if decoded.error:
        if not decoded.n:
            return f"unreadable: {decoded.error}"
        return f"truncated: decoding breaks off, {there} ({decoded.error})"
    if decoded.gap:
        of = f" of {clip.n_frames / sound.samplerate:.2f}" if clip.stated else ""
        return f"damaged: its stream has holes, {decoded.n / sound.samplerate:.2f}{of} s can be decoded"
    if clip.whole and (lacking := stated.missing(sound)):
        return f"truncated: {lacking}"
    if _end(clip, path) == "cut":
        return f"truncated: the stream has no end, {there}"
    if clip.stated and decoded.n < 0.99 * clip.n_frames:
        promised_by = "its header" if clip.whole else "its row"
        return f"truncated: {promised_by} promises {clip.n_frames / sound.samplerate:.2f} s, {there}"
    return ""
