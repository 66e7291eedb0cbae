"""Settings of params.yaml in plain words with their units; what is switched off is not said."""

import json
from collections.abc import Mapping
from typing import Any

WORDS: dict[str, str | dict[str, str]] = {
    "sample_rate_hz": "sampled at {} Hz",
    "peak_normalise": "each clip scaled to a peak of full scale",
    "first_s": "the first {} s of each clip",
    "denoise": "{} of steady noise taken out",
    "trim_db": "silent ends more than {} dB down cut off",
    "n_fft": "frames of {} samples",
    "win_length": "windows of {} samples",
    "window": "{} window",
    "windows_ms": "windows of {} ms",
    "mean": "less their mean of {}",
    "std": "divided by twice their standard deviation of {}",
    "hop_length": "hop length {} samples",
    "n_mels": "{} mel bins",
    "max_bins": "the lowest {} bins",
    "edges_hz": "bands divided at {} Hz",
    "f_min_hz": "from {} Hz",
    "f_max_hz": "up to {} Hz",
    "top_db": "a range of {} dB",
    "reference": {"clip": "0 dB at the loudest point of each clip", "full_scale": "0 dB at full scale"},
    "bins": "{} bins",
    "frame_rate_hz": "{} frames per second",
    "gain_db": "gains of up to {} dB",
    "equaliser_db": "an equaliser of up to {} dB",
    "contrast_share": "contrast changed by up to a share of {}",
    "time_shift_share": "moved in time by up to a share of {}",
    "rotation_degrees": "pictures turned by up to {} degrees",
    "noise_std": "noise of up to {} standard deviations",
    "crop_s": "crops of {} s",
    "hop_s": "windows every {} s",
    "evaluate": {"windows": "held-out clips seen in windows end to end", "whole": "held-out clips seen whole"},
    "vote": {"mean": "the probabilities of the windows of a clip averaged", "majority": "a majority vote of the windows of a clip"},
    "normalise": {"bin": "each frequency bin standardised", "dataset": "all values standardised together", "clip": "each picture standardised by itself", "minmax": "each picture scaled from 0 to 1", "none": "values as they are stored"},
    "channels": {"one": "one channel", "repeat": "one channel, given three times", "colour": "three channels from a colour map", "deltas": "three channels: the spectrogram and its first two slopes"},
    "widths": "hidden layers of {} units",
    "name": "{}",
    "size": {"as_is": "pictures in the size that they have"},
    "pool": {"average": "the last feature maps averaged", "none": "the last feature maps as they are", "{}": "means of {} samples"},
    "resize": "scaled to {} (bins, frames)",
    "parts": "trained on all {} equal parts of each clip",
    "activation": "activation {}",
    "dropout": "dropout {}",
    "batch_norm": "batch normalisation",
    "kernel_size": "kernels of size {}",
    "kernel_sizes": "kernels of size {}",
    "pooling": "{} pooling",
    "convolutions": "convolutions per pooling: {}",
    "pool_size": "pools of size {}",
    "pool_sizes": "pools of size {}",
    "global_average": "global average pooling",
    "dense": "dense layers of {} units",
    "width": "width {}",
    "cepstra": "{} profiles that start as cosines",
    "bands": "{} profiles that start as means of neighbouring bins",
    "rates": "{} rates of change of each profile",
    "hidden": "the hidden layers of its classifier kept",
    "l1": "a penalty of {} on absolute weights",
    "l2": "a penalty of {} on squared weights",
    "penalised": "on the first {} layers alone",
    "depth": "{} blocks per stage",
    "stem": {"image": "stem of 7 × 7 kernels and pooling", "small": "stem of 3 × 3 kernels"},
    "over": {"windows": "on each window of a clip", "mean": "on the mean embedding of a clip", "mean_std": "on the mean and the standard deviation of the embeddings of a clip", "attention": "on a weighted mean of the embeddings of a clip, with weights that are learnt", "neighbours": "by the nearest training clips"},
    "time_masks": "time masks per crop: {}",
    "frequency_masks": "frequency masks per crop: {}",
    "mixup_alpha": "mixup with α = {}",
    "class_weights": "classes weighted by the inverse of their number of clips",
    "balanced": "every class drawn equally often",
    "epochs": "at most {} epochs",
    "batch_size": "batches of {}",
    "lr": "learning rate {}",
    "patience": "ended after {} epochs without improvement",
    "C": "C = {}",
    "n_neighbors": "k = {}",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy",
    "val_balanced_accuracy": "validation balanced accuracy",
    "val_macro_f1": "validation macro F1",
}  # fmt: skip
"""By setting: a phrase for its value, or a phrase for each of its values, with that of any number under `{}`."""
FEATURES = {
    "mfcc": "MFCC", "delta": "slopes of MFCC", "delta_delta": "curvatures of MFCC", "chroma": "pitch classes (chroma)",
    "contrast": "spectral contrast", "centroid": "spectral centroid", "bandwidth": "spectral bandwidth", "rolloff": "spectral roll-off",
    "flatness": "spectral flatness", "zcr": "zero-crossing rate", "rms": "root mean square", "stft": "mel bands of the spectrum",
    "tonnetz": "tonal centroid (tonnetz)", "onset": "onset strength", "std": "standard deviation",
}  # fmt: skip
"""What features and statistics are called, where it is not by their word in params.yaml."""
UNSAID = frozenset({"dtype"})  # how a file is stored, which changes no result worth a word


def listed(values: Mapping[str, Any]) -> str:
    """`crops of 3 s, each frequency bin standardised`: what is set, without what is off."""
    return ", ".join(phrase(name, value) for name, value in values.items() if is_on(value) and name not in UNSAID)


def phrase(name: str, value: Any) -> str:
    """One setting in words; one that WORDS does not know, as it is called."""
    words, bare = WORDS.get(name, {}), name.replace("_", " ")
    if isinstance(words, str):
        return words.format(plain(value))
    if "{}" in words and isinstance(value, int):
        return words["{}"].format(plain(value))
    return words.get(str(value), bare if name not in WORDS and value is True else f"{bare} {plain(value)}")


def metric(name: str) -> str:
    """`validation loss` for val_loss."""
    return str(WORDS.get(name, name.replace("_", " ")))


def is_on(value: Any) -> bool:
    """Whether a setting does anything: zero, false, null and an empty list switch it off."""
    return any(map(is_on, value)) if isinstance(value, list | tuple) else bool(value)


def plain(value: Any) -> str:
    """A value as text, without brackets and quotes."""
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, dict):
        return "{" + listed(value) + "}"
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
